import { registerHooks } from 'node:module';
import { type Edit, MUTATIONS } from './mutations.ts';

const ROOT = new URL('../../', import.meta.url);

/** Loads the sources of this process with the mistakes of one mutation in them; the files stay as they are. */
export function mutateSources(name: string): void {
  const mutation = MUTATIONS.find((known) => known.name === name);
  if (mutation === undefined) throw new Error(`there is no mutation ${name}`);
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const own = mutation.edits.filter(({ file }) => new URL(file, ROOT).href === url);
      if (own.length === 0) return loaded;
      const { source = '' } = loaded;
      let text =
        typeof source === 'string' ? source : new TextDecoder().decode(source ?? undefined);
      for (const edit of own) text = edited(text, edit);
      return { ...loaded, source: text };
    },
  });
}

/** Refuses a text that is not there exactly once: then the source has moved on, and the mutation must too. */
export function edited(text: string, { file, from, to }: Edit): string {
  if (text.split(from).length !== 2) throw new Error(`not once in ${file}: ${from}`);
  return text.replace(from, () => to);
}
