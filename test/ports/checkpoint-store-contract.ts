import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CheckpointStore, LastCheckpoint } from '../../ledger/checkpoint-store.ts';

/** One kept place, which several processes may open. */
export interface CheckpointPlace {
  open(): CheckpointStore;
  remove(): void;
}

const ORIGIN = 'bills.example/log/tower-a';
const OTHER = 'bills.example/log/tower-b';

/** What every adapter of the checkpoint store promises. */
export function checkpointStoreContract(name: string, makePlace: () => CheckpointPlace): void {
  describe(`${name}, as a checkpoint store`, () => {
    let place: CheckpointPlace;
    let store: CheckpointStore;

    beforeEach(() => {
      place = makePlace();
      store = place.open();
    });
    afterEach(() => {
      store.close();
      place.remove();
    });

    it('has nothing for a log that never signed', () => {
      expect(store.fetch(ORIGIN)).toBeUndefined();
    });

    it('takes the first checkpoint once, each log for itself', () => {
      expect(store.replace(ORIGIN, undefined, checkpoint(0))).toBe(true);
      expect(store.replace(ORIGIN, undefined, checkpoint(1))).toBe(false);
      expect(store.replace(OTHER, undefined, checkpoint(7))).toBe(true);
      expect(store.fetch(ORIGIN)).toEqual(checkpoint(0));
      expect(store.fetch(OTHER)).toEqual(checkpoint(7));
    });

    it('replaces what is there and nothing else', () => {
      store.replace(ORIGIN, undefined, checkpoint(3));
      const sameSize = { ...checkpoint(3), note: 'another note of 3\n' };
      for (const expected of [undefined, checkpoint(2), sameSize]) {
        expect(store.replace(ORIGIN, expected, checkpoint(9))).toBe(false);
      }
      expect(store.replace(OTHER, checkpoint(3), checkpoint(9))).toBe(false);
      expect(store.fetch(OTHER)).toBeUndefined();
      expect(store.replace(ORIGIN, checkpoint(3), checkpoint(9))).toBe(true);
      expect(store.fetch(ORIGIN)).toEqual(checkpoint(9));
    });

    it('remembers across a restart', () => {
      store.replace(ORIGIN, undefined, checkpoint(3));
      store.close();
      store = place.open();
      expect(store.fetch(ORIGIN)).toEqual(checkpoint(3));
      expect(store.replace(ORIGIN, checkpoint(3), checkpoint(4))).toBe(true);
    });

    it('lets one of two signers win each time, whoever has looked when', () => {
      const rival = place.open();
      const moves = fc.array(fc.record({ who: fc.nat({ max: 1 }), looks: fc.boolean() }));
      let made = 0;
      fc.assert(
        fc.property(moves, (list) => {
          const origin = `bills.example/log/${made++}`;
          const stores = [store, rival];
          const seen: (LastCheckpoint | undefined)[] = [undefined, undefined];
          let last: LastCheckpoint | undefined;
          for (const [i, { who, looks }] of list.entries()) {
            const own = stores[who] ?? store;
            if (looks) seen[who] = own.fetch(origin);
            const next = checkpoint(i);
            const fits = seen[who]?.note === last?.note;
            expect(own.replace(origin, seen[who], next)).toBe(fits);
            if (fits) {
              seen[who] = next;
              last = next;
            }
            expect(stores.map((each) => each.fetch(origin))).toEqual([last, last]);
          }
        }),
        { numRuns: 30 },
      );
      rival.close();
    });
  });
}

function checkpoint(size: number): LastCheckpoint {
  return { size, root: size.toString(16).padStart(64, '0'), note: `note of ${size}\n` };
}
