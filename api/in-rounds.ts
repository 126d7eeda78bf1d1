import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Does round after round with a pause between them, from now on. A round tells of its own failures and
 * throws none. What it answers ends that, and resolves when the round under way is over.
 */
export function inRounds(
  everyMs: number,
  round: () => Promise<void>,
  ending = new AbortController(),
): () => Promise<void> {
  const { signal } = ending;
  const going = (async () => {
    while (!signal.aborted) {
      await round();
      await sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  })();
  return async () => {
    ending.abort();
    await going;
  };
}
