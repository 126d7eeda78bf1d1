import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AccessChange, AccessStore } from '../../ledger/access/access-store.ts';

/** One kept place, which several processes may open. */
export interface AccessPlace {
  open(): AccessStore;
  remove(): void;
}

/** What every adapter of the access store promises. */
export function accessStoreContract(name: string, makePlace: () => AccessPlace): void {
  describe(`${name}, as an access store`, () => {
    let place: AccessPlace;
    let store: AccessStore;

    beforeEach(() => {
      place = makePlace();
      store = place.open();
    });
    afterEach(async () => {
      await store.close();
      place.remove();
    });

    it('has nothing at first', async () => {
      expect(await store.find('person', 'anna')).toBeUndefined();
      expect(await store.page('person', { limit: 10 })).toEqual([]);
      expect(await store.kinds()).toEqual([]);
    });

    it('keeps what was written, also after it was opened again', async () => {
      const doc = { role: 'admin', name: 'Ännchen 安娜', list: [1, null, { a: true }] };
      expect(await store.write([put('anna', 0, doc)])).toBe(true);
      await store.close();
      store = place.open();
      expect(await store.find('person', 'anna')).toEqual({ id: 'anna', version: 1, doc });
      expect(await store.find('session', 'anna')).toBeUndefined();
      expect(await store.kinds()).toEqual(['person']);
    });

    it('shows at once to one what another has written', async () => {
      const other = place.open();
      await store.write([put('anna', 0, { n: 1 })]);
      expect((await other.find('person', 'anna'))?.doc).toEqual({ n: 1 });
      await other.write([put('anna', 1, { n: 2 })]);
      expect((await store.find('person', 'anna'))?.doc).toEqual({ n: 2 });
      await other.write([{ kind: 'person', id: 'anna', was: 2 }]);
      expect(await store.find('person', 'anna')).toBeUndefined();
      await other.close();
    });

    it('writes nothing at all when one document is not as it was read', async () => {
      await store.write([put('anna', 0, { n: 1 })]);
      const before = await store.page('person', { limit: 10 });
      for (const stale of [
        put('anna', 0, { n: 9 }),
        put('anna', 2, { n: 9 }),
        put('otto', 1, {}),
      ]) {
        expect(await store.write([put('berta', 0, {}), stale])).toBe(false);
        expect(await store.write([stale, put('berta', 0, {})])).toBe(false);
      }
      expect(await store.write([{ kind: 'person', id: 'anna', was: 7 }])).toBe(false);
      expect(await store.page('person', { limit: 10 })).toEqual(before);
    });

    it('lets one of many who change the same document do so', async () => {
      const stores = [store, place.open(), place.open()];
      const tries = Array.from({ length: 12 }, (_, i) => i);
      const made = await Promise.all(
        tries.map((i) => (stores[i % 3] ?? store).write([put('anna', 0, { by: i })])),
      );
      expect(made.filter((done) => done).length).toBe(1);
      expect((await store.find('person', 'anna'))?.doc).toEqual({ by: made.indexOf(true) });
      await stores[1]?.close();
      await stores[2]?.close();
    });

    it('lists in the order of the bytes of the ids, by prefix, page by page', async () => {
      const ids = ['B', 'a', 'a.x', 'a.x~1', 'a.x~2', 'a.y', 'b', 'é', '\u{1f600}'];
      await store.write(ids.map((id) => put(id, 0, { id })));
      const list = async (page: { prefix?: string; after?: string; limit: number }) =>
        (await store.page('person', page)).map(({ id }) => id);
      expect(await list({ limit: 99 })).toEqual(ids);
      expect(await list({ prefix: 'a.x', limit: 99 })).toEqual(['a.x', 'a.x~1', 'a.x~2']);
      expect(await list({ prefix: 'a.x', after: 'a.x', limit: 1 })).toEqual(['a.x~1']);
      expect(await list({ prefix: '\u{1f600}', limit: 2 })).toEqual(['\u{1f600}']);
      expect(await list({ after: 'b', limit: 1 })).toEqual(['é']);
      expect(await list({ prefix: 'a%', limit: 9 })).toEqual([]);
    });

    it('does the same as a map of versions', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(step, { minLength: 1, maxLength: 3 })),
          async (writes) => {
            const own = makePlace();
            const subject = own.open();
            const model = new Map<string, { version: number; n: number }>();
            for (const steps of writes) {
              const changes = distinct(steps).map(({ id, was, n }): AccessChange => {
                return { kind: 'k', id, was, ...(n === null ? {} : { doc: { n } }) };
              });
              const fits = changes.every(({ id, was }) => (model.get(id)?.version ?? 0) === was);
              expect(await subject.write(changes)).toBe(fits);
              if (!fits) continue;
              for (const { id, was, n } of distinct(steps)) {
                if (n === null) model.delete(id);
                else model.set(id, { version: was + 1, n });
              }
            }
            const kept = await subject.page('k', { limit: 99 });
            const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
            expect(kept).toEqual(
              expected.map(([id, { version, n }]) => ({ id, version, doc: { n } })),
            );
            await subject.close();
            own.remove();
          },
        ),
        { numRuns: 15 },
      );
    });
  });
}

const step = fc.record({
  id: fc.constantFrom('a', 'b', 'c'),
  was: fc.integer({ min: 0, max: 2 }),
  n: fc.option(fc.integer({ min: 0, max: 9 })),
});

/** One change of each document. */
function distinct<T extends { readonly id: string }>(steps: readonly T[]): T[] {
  return [...new Map(steps.map((one) => [one.id, one])).values()];
}

function put(id: string, was: number, doc: object): AccessChange {
  return { kind: 'person', id, was, doc };
}
