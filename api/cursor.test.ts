import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Refusal } from '../ledger/core/refusal.ts';
import { cursorKey, cursorNumber, pageOf } from './cursor.ts';

test('pages of any size, one after the other, are the list', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string(), { maxLength: 40 }),
      fc.integer({ min: 1, max: 9 }),
      (keys, limit) => {
        const list = keys.toSorted();
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const after = cursorKey(cursor, 'all');
          const from = after === undefined ? 0 : list.indexOf(after) + 1;
          const page = pageOf(list.slice(from, from + limit + 1), limit, 'all', (key) => key);
          seen.push(...page.data);
          cursor = page.next;
        } while (cursor !== undefined);
        expect(seen).toEqual(list);
      },
    ),
  );
});

test('a cursor does not go on in a list with another filter', () => {
  const { next } = pageOf(['a', 'b'], 1, 'accounts harbour', (key) => key);
  expect(cursorKey(next, 'accounts harbour')).toBe('a');
  expect(codeOf(() => cursorKey(next, 'accounts other'))).toBe('cursor-mismatch');
});

test('what is no cursor is refused, whatever it is', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(codeOf(() => cursorKey(text, 'all'))).toBe('bad-cursor');
    }),
  );
  const { next } = pageOf(['a', 'b'], 1, 'all', (key) => key);
  expect(codeOf(() => cursorNumber(next, 'all'))).toBe('bad-cursor');
});

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
  return 'accepted';
}
