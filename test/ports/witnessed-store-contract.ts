import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  KEEP_EVERY_MS,
  type WitnessedCheckpoint,
  type WitnessedStore,
} from '../../ledger/witness/witnessed-store.ts';
import { History } from '../witness/branching-log.ts';

/** One kept place, which can be opened again. */
export interface WitnessedPlace {
  open(): WitnessedStore;
  remove(): void;
}

/** What every adapter of the store of witnessed checkpoints promises. */
export function witnessedStoreContract(name: string, makePlace: () => WitnessedPlace): void {
  describe(`${name}, as a store of witnessed checkpoints`, () => {
    let place: WitnessedPlace;
    let store: WitnessedStore;
    let made = 0;

    beforeEach(() => {
      place = makePlace();
      store = place.open();
    });
    afterEach(async () => {
      await store.close();
      place.remove();
    });

    it('has nothing of a log that was never witnessed', async () => {
      expect(await store.last('tower')).toBeUndefined();
      expect(await store.covering('tower', 0)).toBeUndefined();
    });

    it('gives back the last note of each site, across a restart', async () => {
      await store.putLast('tower', checkpoint(3));
      await store.putLast('yard', checkpoint(8));
      await store.putLast('tower', checkpoint(5));
      // One cosignature more.
      await store.putLast('tower', checkpoint(5, 'b'));
      await store.close();
      store = place.open();
      expect(await store.last('tower')).toBe(noteOf(5, 'b'));
      expect(await store.last('yard')).toBe(noteOf(8));
    });

    it('lets no smaller tree take the place of a larger, as of a machine that has lost the site', async () => {
      await store.putLast('tower', checkpoint(5));
      await store.close();
      store = place.open();
      await store.putLast('tower', checkpoint(4));
      expect(await store.last('tower')).toBe(noteOf(5));
      const puts = [9, 7, 8].map((size) => store.putLast('tower', checkpoint(size)));
      await Promise.all(puts);
      expect(await store.last('tower')).toBe(noteOf(9));
    });

    it('thins out what it keeps for dates: one in ten minutes, each site for itself', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.nat({ max: KEEP_EVERY_MS }), { maxLength: 8 }),
          async (gaps) => {
            made += 1;
            const site = `tower-${made}`;
            let [nowMs, keptMs] = [1_700_000_000_000, 0];
            const kept: number[] = [];
            for (const [i, gap] of gaps.entries()) {
              nowMs += gap;
              await store.keep(site, checkpoint(i + 1), nowMs);
              if (nowMs - keptMs < KEEP_EVERY_MS) continue;
              kept.push(i + 1);
              keptMs = nowMs;
            }
            for (let size = 0; size <= gaps.length + 1; size += 1) {
              const first = kept.find((one) => one >= size);
              const found = first === undefined ? undefined : checkpoint(first);
              expect(await store.covering(site, size)).toEqual(found);
            }
          },
        ),
        { numRuns: 20 },
      );
    });
    it('knows after a restart when it kept one last, and keeps a size once', async () => {
      const nowMs = 1_700_000_000_000;
      await store.keep('tower', checkpoint(3), nowMs);
      await store.close();
      store = place.open();
      await store.keep('tower', checkpoint(4), nowMs + KEEP_EVERY_MS - 1);
      await store.keep('tower', checkpoint(3, 'b'), nowMs + KEEP_EVERY_MS);
      expect(await store.covering('tower', 1)).toEqual(checkpoint(3));
      expect(await store.covering('tower', 4)).toBeUndefined();
    });
  });
}

/** A note of so many events; other words make other ones. */
export function noteOf(size: number, words = 'a'): string {
  return new History().grown(size, words).checkpoint();
}

function checkpoint(size: number, words = 'a'): WitnessedCheckpoint {
  return { size, note: noteOf(size, words) };
}
