import { expect, test } from 'vitest';
import { word } from './language.ts';
import { PAGE_WORDS } from './words.ts';

const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();

test('both languages have the same texts with the same places to fill', () => {
  const shape = (words: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(words).map(([key, text]) => [key, places(text)]));
  expect(shape(PAGE_WORDS['zh-CN'])).toEqual(shape(PAGE_WORDS.en));
});

test('Chinese sentences use full-width punctuation', () => {
  const half = /[\u4e00-\u9fff][,:;?!]|[,:;?!][\u4e00-\u9fff]/;
  expect(Object.values(PAGE_WORDS['zh-CN']).filter((text) => half.test(text))).toEqual([]);
});

test('a text is filled with what it is given, and nothing is left open', () => {
  expect(word('en', 'fee', { fee: 'meter', days: 3, of: 30 })).toBe('Fee meter, 3 of 30 days');
  expect(word('zh-CN', 'tier', { tier: '2' })).toBe('第 2 档');
});
