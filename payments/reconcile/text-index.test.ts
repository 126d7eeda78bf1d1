import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TextIndex } from './text-index.ts';

test('numbers texts as a map of them would, however many come and come again', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.stringMatching(/^[ab]{0,5}$/))), (texts) => {
      const index = new TextIndex();
      const map = new Map<string, number>();
      for (const text of texts.map((text) => text.toWellFormed())) {
        const number = map.get(text) ?? map.size;
        expect(index.find(text)).toBe(map.has(text) ? number : -1);
        map.set(text, number);
        expect(index.add(text)).toBe(number);
      }
      expect([index.size, [...map.values()].map((number) => index.text(number))]).toEqual([
        map.size,
        [...map.keys()],
      ]);
    }),
  );
});

test('grows far beyond its first size and finds every text', () => {
  const index = new TextIndex();
  for (let n = 0; n < 100_000; n += 1) index.add(`42000020260901${n}`);
  for (let n = 0; n < 100_000; n += 997) expect(index.find(`42000020260901${n}`)).toBe(n);
  expect(index.find('42000020260901')).toBe(-1);
});
