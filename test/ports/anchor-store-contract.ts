import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  Anchor,
  AnchorPlace,
  AnchorStore,
  PendingAnchor,
} from '../../ledger/anchor/anchor-store.ts';

/** One kept place, which several processes may open. */
export interface AnchorsPlace {
  open(): AnchorStore;
  remove(): void;
}

const TOWER = { site: 'tower', chain: 'fabric/anchors/anchor/0123' };
const BEGUN_ANEW = { site: 'tower', chain: 'fabric/anchors/anchor/4567' };
const YARD = { site: 'yard', chain: 'ethereum/1/0xab' };

/** What every adapter of the anchor store promises. */
export function anchorStoreContract(name: string, makePlace: () => AnchorsPlace): void {
  describe(`${name}, as an anchor store`, () => {
    let place: AnchorsPlace;
    let store: AnchorStore;

    beforeEach(() => {
      place = makePlace();
      store = place.open();
    });
    afterEach(async () => {
      await store.close();
      place.remove();
    });

    async function reopen(): Promise<void> {
      await store.close();
      store = place.open();
    }

    it('has nothing of a log that was never anchored', async () => {
      expect(await store.pending(TOWER)).toBeUndefined();
      expect(await store.newest(TOWER)).toBeUndefined();
      expect(await store.covering(TOWER, 0)).toBeUndefined();
      expect(await store.list(TOWER, Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
      expect(await store.unconfirmed(TOWER)).toEqual([]);
      expect([await store.places(), await store.followed()]).toEqual([[], []]);
      expect(await store.askedRounds()).toBe(0);
      await expect(store.receipt(TOWER, 1)).rejects.toThrow('assertion failed');
    });

    it('keeps one pending transaction for a place, across a restart, and no other beside it', async () => {
      expect(await store.keep(TOWER, pending(3, 'a'))).toBe(true);
      expect(await store.keep(TOWER, pending(3, 'a'))).toBe(true);
      expect(await store.keep(TOWER, pending(3, 'b'))).toBe(false);
      expect(await store.keep(TOWER, pending(9, 'c'))).toBe(false);
      expect(await store.keep(BEGUN_ANEW, pending(9, 'c'))).toBe(true);
      await reopen();
      expect(await store.pending(TOWER)).toEqual(pending(3, 'a'));
      expect(await store.pending(BEGUN_ANEW)).toEqual(pending(9, 'c'));
      expect(await store.pending(YARD)).toBeUndefined();
    });

    it('drops the transaction that is named, and none that came after it', async () => {
      await store.keep(TOWER, pending(3, 'a'));
      await store.drop(TOWER, 'b');
      await store.drop(YARD, 'a');
      expect(await store.pending(TOWER)).toEqual(pending(3, 'a'));
      for (let times = 0; times < 2; times += 1) await store.drop(TOWER, 'a');
      expect(await store.pending(TOWER)).toBeUndefined();
      expect(await store.keep(TOWER, pending(3, 'b'))).toBe(true);
      await store.drop(TOWER, 'a');
      expect(await store.pending(TOWER)).toEqual(pending(3, 'b'));
    });

    it('puts an anchor in the place of what was pending for it, once however often it is told', async () => {
      await store.keep(TOWER, pending(3, 'a'));
      for (let times = 0; times < 2; times += 1) {
        await store.record(TOWER, anchor(3), receipt(3));
        expect(await store.pending(TOWER)).toBeUndefined();
      }
      await store.record(TOWER, { ...anchor(3), atMs: 9 }, receipt(4));
      expect(await store.list(TOWER, 100, 10)).toEqual([anchor(3)]);
      expect(await store.receipt(TOWER, 3)).toBe(receipt(3));
      // As of a connection that was given up and comes late.
      await store.keep(TOWER, pending(7, 'b'));
      await store.record(TOWER, anchor(3), receipt(3));
      expect(await store.pending(TOWER)).toEqual(pending(7, 'b'));
      // What is smaller than an anchor can have no effect any more.
      await store.record(TOWER, anchor(8), receipt(8));
      expect(await store.pending(TOWER)).toBeUndefined();
    });

    it('finds anchors by size, the newest and the earliest that holds so much, each place for itself', async () => {
      for (const size of [40, 3, 17]) await store.record(TOWER, anchor(size), receipt(size));
      await store.record(YARD, anchor(5), receipt(5));
      await reopen();
      expect(await store.newest(TOWER)).toEqual(anchor(40));
      expect(await store.newest(YARD)).toEqual(anchor(5));
      const covering = [0, 3, 4, 17, 18, 40, 41].map((size) => store.covering(TOWER, size));
      const sizes = (await Promise.all(covering)).map((found) => found?.size);
      expect(sizes).toEqual([3, 3, 17, 17, 40, 40, undefined]);
      expect(await store.list(TOWER, 40, 1)).toEqual([anchor(17)]);
      expect(await store.list(TOWER, 41, 9)).toEqual([anchor(40), anchor(17), anchor(3)]);
    });

    it('tells what no event has told of yet, by size, until it is confirmed', async () => {
      for (const size of [40, 3]) await store.record(TOWER, anchor(size), receipt(size));
      expect(await store.unconfirmed(TOWER)).toEqual([anchor(3), anchor(40)]);
      for (let times = 0; times < 2; times += 1) await store.confirm(TOWER, 3);
      await store.confirm(YARD, 40);
      await reopen();
      expect(await store.unconfirmed(TOWER)).toEqual([anchor(40)]);
      await store.record(TOWER, anchor(3), receipt(3));
      expect(await store.unconfirmed(TOWER)).toEqual([anchor(40)]);
    });

    it('gives back every receipt as it was, with long texts that many share and without', async () => {
      const long = fc
        .tuple(fc.constantFrom('A', '+/', 'Zz09'), fc.integer({ min: 11_990, max: 12_010 }))
        .map(([letters, length]) => letters.repeat(length).slice(0, length));
      const texts = fc.array(fc.oneof(fc.string({ unit: 'binary' }), long), { maxLength: 4 });
      let size = 0;
      await fc.assert(
        fc.asyncProperty(texts, async (members) => {
          size += 1;
          const text = JSON.stringify(members);
          await store.record(TOWER, anchor(size), text);
          expect(await store.receipt(TOWER, size)).toBe(text);
        }),
        { numRuns: 40 },
      );
    });

    it('says where each site is anchored now, and which places hold something', async () => {
      await store.follow('tower', [TOWER.chain]);
      await store.follow('yard', [YARD.chain, TOWER.chain]);
      await store.record(TOWER, anchor(3), receipt(3));
      await store.keep({ ...YARD, site: 'mill' }, pending(3, 'a'));
      expect(await store.followed()).toEqual([TOWER, YARD, { ...TOWER, site: 'yard' }]);
      await store.follow('tower', [BEGUN_ANEW.chain]);
      await store.follow('yard', []);
      await reopen();
      expect(await store.followed()).toEqual([BEGUN_ANEW]);
      expect(await store.places()).toEqual([{ ...YARD, site: 'mill' }, TOWER, BEGUN_ANEW]);
    });

    it('lets every process know that a round was asked for, each time', async () => {
      const other = place.open();
      const seen = async () => [await store.askedRounds(), await other.askedRounds()];
      const [before = 0] = await seen();
      await other.askForRound();
      const [first = 0, same] = await seen();
      expect(first).toBeGreaterThan(before);
      expect(same).toBe(first);
      await store.askForRound();
      await reopen();
      const [second = 0, again] = await seen();
      expect(second).toBeGreaterThan(first);
      expect(again).toBe(second);
      await other.close();
    });

    it('is as a map of places to sizes, whoever of two processes writes', async () => {
      const rival = place.open();
      const [stores, places] = [
        [store, rival],
        [TOWER, BEGUN_ANEW, YARD],
      ];
      const step = fc.record({
        ...{ who: fc.nat({ max: 1 }), where: fc.nat({ max: 2 }), size: fc.nat({ max: 6 }) },
        what: fc.constantFrom('keep' as const, 'drop' as const, 'record' as const),
        id: fc.constantFrom('a', 'b'),
      });
      let made = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          made += 1;
          const model = new Model();
          for (const { who, where, size, what, id } of steps) {
            const own = stores[who] ?? store;
            const { site, chain } = places[where] ?? TOWER;
            const at = { site: `${site}-${made}`, chain };
            if (what === 'record') await own.record(at, anchor(size), receipt(size));
            else if (what === 'drop') await own.drop(at, `${id}${size}`);
            else {
              const kept = await own.keep(at, pending(size, `${id}${size}`));
              expect(kept).toBe(model.mayKeep(at, `${id}${size}`));
            }
            model.take(at, what, size, `${id}${size}`);
            for (const each of stores) await model.expectSame(each, at);
          }
        }),
        { numRuns: 25 },
      );
      await rival.close();
    });

    it('lets one of many that keep at once win, and all of them know which', async () => {
      const rivals = Array.from({ length: 4 }, () => place.open());
      const ids = rivals.map((_, i) => `rival-${i}`);
      const kept = await Promise.all(
        rivals.map((rival, i) => rival.keep(TOWER, pending(3, ids[i] ?? ''))),
      );
      const winner = (await store.pending(TOWER))?.id ?? '';
      expect(kept).toEqual(ids.map((id) => id === winner));
      for (const rival of rivals) await rival.close();
    });
  });
}

/** The slow, obvious one. */
class Model {
  readonly #pending = new Map<string, { size: number; id: string }>();
  readonly #anchored = new Map<string, Set<number>>();

  mayKeep(at: AnchorPlace, id: string): boolean {
    return (this.#pending.get(keyOf(at))?.id ?? id) === id;
  }

  take(at: AnchorPlace, what: 'keep' | 'drop' | 'record', size: number, id: string): void {
    const key = keyOf(at);
    const known = this.#pending.get(key);
    if (what === 'keep') this.#pending.set(key, known ?? { size, id });
    else if (what === 'drop' ? known?.id === id : (known?.size ?? Infinity) <= size) {
      this.#pending.delete(key);
    }
    const anchored = this.#anchored.get(key) ?? new Set();
    this.#anchored.set(key, what === 'record' ? anchored.add(size) : anchored);
  }

  async expectSame(store: AnchorStore, at: AnchorPlace): Promise<void> {
    const known = this.#pending.get(keyOf(at));
    const kept = known === undefined ? undefined : pending(known.size, known.id);
    expect(await store.pending(at)).toEqual(kept);
    const sizes = [...(this.#anchored.get(keyOf(at)) ?? [])].sort((a, b) => b - a);
    expect(await store.list(at, 1000, 1000)).toEqual(sizes.map(anchor));
  }
}

function keyOf({ site, chain }: AnchorPlace): string {
  return `${site} ${chain}`;
}

export function pending(size: number, id: string): PendingAnchor {
  const bytes = createHash('sha256').update(`${id}/${size}`).digest();
  return { size, id, note: `note of ${size}\n— signed\n`, bytes };
}

export function anchor(size: number): Anchor {
  return {
    ...{ size, note: `note of ${size}\n— signed\n`, kind: 'fabric', network: 'development' },
    ...{ atMs: 1_700_000_000_000 + size, place: `{"block":${size}}` },
  };
}

export function receipt(size: number): string {
  return JSON.stringify({ config: 'Q29u'.repeat(4_000), n: size, note: '№ "#"' });
}
