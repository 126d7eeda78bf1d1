import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { edited } from './mutated-sources.ts';
import { FOUND_WITHIN, MUTATIONS, type Mutation } from './mutations.ts';
import { runSimulation } from './run-simulation.ts';

/** Only what hangs is ended; a machine that does much else is slow, not wrong. */
const LONGEST_MS = 900_000;

describe('a mistake in our own code', () => {
  it('is still one that somebody could make: its text is in the source, once', () => {
    for (const edit of MUTATIONS.flatMap(({ edits }) => edits)) {
      const text = readFileSync(new URL(`../../${edit.file}`, import.meta.url), 'utf8');
      expect(edited(text, edit)).not.toBe(text);
    }
    expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
    expect(MUTATIONS.length).toBeGreaterThanOrEqual(16);
  });

  it(`is found within ${FOUND_WITHIN} seeds`, { timeout: LONGEST_MS }, async () => {
    const found: string[] = [];
    const missed: string[] = [];
    for (const mutation of MUTATIONS) {
      const line = await firstFailure(mutation);
      (line === undefined ? missed : found).push(`${mutation.name}: ${line ?? 'not found'}`);
    }
    process.stdout.write(`${found.join('\n')}\n`);
    expect(missed).toEqual([]);
    expect(found.length).toBe(MUTATIONS.length);
  });
});

/** From the seed that found it last: most changes of the code leave the course of a run as it was. */
async function firstFailure({ name, seed }: Mutation): Promise<string | undefined> {
  const range = `${seed}..${seed + FOUND_WITHIN - 1}`;
  const { code, lines } = await runSimulation('--mutation', name, '--seeds', range);
  const last = lines.at(-1);
  return code === 1 && last?.startsWith('seed ') ? last.split(';')[0] : undefined;
}
