import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Mark, RegistryChange, RegistryStore } from '../../ledger/registry/registry-store.ts';

/** One kept place, which several processes may open. */
export interface RegistryPlace {
  open(): RegistryStore;
  remove(): void;
}

const SITE = 'tower';

/** What every adapter of the registry promises. */
export function registryStoreContract(name: string, makePlace: () => RegistryPlace): void {
  describe(`${name}, as a registry store`, () => {
    let place: RegistryPlace;
    let store: RegistryStore;

    beforeEach(() => {
      place = makePlace();
      store = place.open();
    });
    afterEach(async () => {
      await store.close();
      place.remove();
    });

    const ids = async (mark?: Mark, after?: string, limit = 99) => {
      return (await store.page(SITE, 'room', { mark, after, limit })).map(({ id }) => id);
    };

    it('has nothing at first', async () => {
      expect(await store.find(SITE, 'room', 'A-1')).toBeUndefined();
      expect(await store.several(SITE, 'room', ['A-1'])).toEqual([]);
      expect(await ids()).toEqual([]);
      expect(await ids(['building', 'A'])).toEqual([]);
      expect(await store.keys(SITE, ['t-1'])).toEqual([]);
    });

    it('keeps what was written, also after it was opened again, each site for itself', async () => {
      const doc = { name: 'Ännchen 安娜', list: [1, null, { a: true }] };
      expect(await store.write(SITE, [room('A-1', 0, doc)])).toBe(true);
      await store.close();
      store = place.open();
      expect(await store.find(SITE, 'room', 'A-1')).toEqual({ id: 'A-1', version: 1, doc });
      expect(await store.find(SITE, 'lease', 'A-1')).toBeUndefined();
      expect(await store.find('yard', 'room', 'A-1')).toBeUndefined();
    });

    it('finds by every mark that a record has now, and by none that it had', async () => {
      const marks: Mark[] = [
        ['building', 'A'],
        ['lease', 'l-1'],
        ['lease', 'l-2'],
      ];
      await store.write(SITE, [room('A-1', 0, {}, marks), room('A-2', 0, {}, [['building', 'A']])]);
      expect(await ids(['building', 'A'])).toEqual(['A-1', 'A-2']);
      expect(await ids(['lease', 'l-2'])).toEqual(['A-1']);
      await store.write(SITE, [room('A-1', 1, {}, [['lease', 'l-2']])]);
      expect(await ids(['building', 'A'])).toEqual(['A-2']);
      expect(await ids(['lease', 'l-1'])).toEqual([]);
      expect(await ids(['lease', 'l-2'])).toEqual(['A-1']);
      await store.write(SITE, [{ kind: 'room', id: 'A-1', was: 2 }]);
      expect(await ids(['lease', 'l-2'])).toEqual([]);
      expect(await ids()).toEqual(['A-2']);
    });

    it('lists in the order of the bytes of the ids, page by page', async () => {
      const all = ['B', 'a', 'a.x', 'b', 'é', '\u{1f600}'];
      const mark: Mark = ['floor', 'A/3'];
      await store.write(
        SITE,
        all.map((id) => room(id, 0, {}, [mark])),
      );
      for (const by of [undefined, mark]) {
        expect(await ids(by)).toEqual(all);
        expect(await ids(by, 'a', 2)).toEqual(['a.x', 'b']);
        expect(await ids(by, '\u{1f600}')).toEqual([]);
      }
      const found = await store.several(SITE, 'room', ['é', 'none', 'B']);
      expect(found.map(({ id }) => id).sort()).toEqual(['B', 'é']);
    });

    it('writes nothing at all when one document is not as it was read', async () => {
      await store.write(SITE, [room('A-1', 0, { n: 1 }, [['building', 'A']])]);
      for (const stale of [room('A-1', 0, {}), room('A-1', 2, {}), room('A-9', 1, {})]) {
        const others = [room('A-2', 0, {}, [['building', 'A']])];
        expect(await store.write(SITE, [...others, stale])).toBe(false);
        expect(await store.write(SITE, [stale, ...others])).toBe(false);
      }
      expect(await ids(['building', 'A'])).toEqual(['A-1']);
      expect((await store.find(SITE, 'room', 'A-1'))?.doc).toEqual({ n: 1 });
    });

    it('lets one of many who change the same document do so', async () => {
      const stores = [store, place.open(), place.open()];
      const made = await Promise.all(
        Array.from({ length: 9 }, (_, i) => {
          return (stores[i % 3] ?? store).write(SITE, [room('A-1', 0, { by: i })]);
        }),
      );
      expect(made.filter((done) => done).length).toBe(1);
      expect((await store.find(SITE, 'room', 'A-1'))?.doc).toEqual({ by: made.indexOf(true) });
      await stores[1]?.close();
      await stores[2]?.close();
    });

    it('takes thousands of documents in one write', async () => {
      const many = Array.from({ length: 20_000 }, (_, i) => {
        return room(String(i).padStart(5, '0'), 0, { i }, [['building', String(i % 7)]]);
      });
      expect(await store.write(SITE, many)).toBe(true);
      expect((await ids(['building', '3'], '19000', 2)).length).toBe(2);
      expect(await ids(undefined, '19998')).toEqual(['19999']);
    });

    it('keeps the first key of a subject, and gives none after it was erased', async () => {
      const [one, two] = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6)];
      const kept = async (wrapped: Uint8Array) => {
        const [key] = await store.keepKeys(SITE, [{ subject: 't-1', wrapped }]);
        return hexOf(key?.wrapped);
      };
      expect(await kept(one)).toBe('010203');
      expect(await kept(two)).toBe('010203');
      await store.keepKeys(SITE, [{ subject: 't-2', wrapped: two }]);
      expect((await store.keys(SITE, ['t-1', 't-2', 't-3'])).length).toBe(2);
      expect(await store.keys('yard', ['t-1'])).toEqual([]);
      expect(await store.eraseKey(SITE, 't-1')).toBe(true);
      expect(await store.eraseKey(SITE, 't-1')).toBe(false);
      expect(await store.eraseKey(SITE, 't-3')).toBe(false);
      const left = await store.keys(SITE, ['t-1', 't-2']);
      expect(left.map(({ subject, wrapped }) => [subject, hexOf(wrapped)])).toEqual([
        ['t-2', '040506'],
      ]);
      expect(await kept(two)).toBeUndefined();
    });

    it('does the same as a map of versions and marks', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 3 })), async (runs) => {
          const own = makePlace();
          const subject = own.open();
          const model = new Map<string, { version: number; marks: string[] }>();
          for (const steps of runs) {
            const each = [...new Map(steps.map((one) => [one.id, one])).values()];
            const changes = each.map(({ id, was, marks }) => {
              const named = marks?.map((value): Mark => ['m', value]);
              return room(id, was, marks === null ? undefined : { marks }, named);
            });
            const fits = each.every(({ id, was }) => (model.get(id)?.version ?? 0) === was);
            expect(await subject.write(SITE, changes)).toBe(fits);
            if (!fits) continue;
            for (const { id, was, marks } of each) {
              if (marks === null) model.delete(id);
              else model.set(id, { version: was + 1, marks });
            }
          }
          for (const value of ['x', 'y']) {
            const page = await subject.page(SITE, 'room', { mark: ['m', value], limit: 9 });
            const expected = [...model].filter(([, { marks }]) => marks.includes(value)).sort();
            expect(page).toEqual(
              expected.map(([id, { version, marks }]) => ({ id, version, doc: { marks } })),
            );
          }
          await subject.close();
          own.remove();
        }),
        { numRuns: 10 },
      );
    });
  });
}

const step = fc.record({
  id: fc.constantFrom('a', 'b', 'c'),
  was: fc.integer({ min: 0, max: 2 }),
  marks: fc.option(fc.subarray(['x', 'y'])),
});

function room(id: string, was: number, doc?: object, marks?: readonly Mark[]): RegistryChange {
  return { kind: 'room', id, was, ...(doc && { doc }), ...(marks && { marks }) };
}

function hexOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString('hex');
}
