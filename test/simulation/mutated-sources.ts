import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type Edit, MUTATIONS } from './mutations.ts';

const ROOT = new URL('../../', import.meta.url);

/** Loads the sources of this process with the mistakes of one mutation in them; the files stay as they are. */
export function mutateSources(name: string): void {
  const mutation = MUTATIONS.find((known) => known.name === name);
  if (mutation === undefined) throw new Error(`there is no mutation ${name}`);
  const edits = new Map<string, Edit[]>();
  for (const edit of mutation.edits) {
    const url = new URL(edit.file, ROOT).href;
    edits.set(url, [...(edits.get(url) ?? []), edit]);
  }
  registerHooks({
    load(url, context, nextLoad) {
      const own = edits.get(url);
      if (own === undefined) return nextLoad(url, context);
      let text = readFileSync(fileURLToPath(url), 'utf8');
      for (const edit of own) text = edited(text, edit);
      return { format: 'module', source: stripTypeScriptTypes(text), shortCircuit: true };
    },
  });
}

/** Refuses a text that is not there exactly once: then the source has moved on, and the mutation must too. */
export function edited(text: string, { file, from, to }: Edit): string {
  if (text.split(from).length !== 2) throw new Error(`not once in ${file}: ${from}`);
  return text.replace(from, () => to);
}
