import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { wordsFor } from './render.ts';
import { sayTariff, tariffWords } from './tariff-words.ts';
import { namesIn, parseTemplate } from './template.ts';

const core = join(import.meta.dirname, '..');
const entries = Object.entries(tariffWords);

function codesOf(folder: string, files: RegExp, patterns: readonly RegExp[]): string[] {
  const text = readdirSync(join(core, folder))
    .filter((name) => files.test(name) && !name.endsWith('.test.ts'))
    .map((name) => readFileSync(join(core, folder, name), 'utf8'))
    .join('');
  const found = patterns.flatMap((pattern) => [...text.matchAll(pattern)]);
  return [...new Set(found.map(([, code = '']) => code))];
}

const findingPatterns = [/\bcode: '([a-z-]+)'/g, /\breport\('([a-z-]+)'/g];
const refusalPattern = /\bRefusal\(\s*'([a-z-]+)'/g;

describe('the words about tariffs', () => {
  it('fill the same places in both languages', () => {
    const places = (which: 0 | 1) =>
      entries.map(([code, words]) => [code, namesIn(parseTemplate(words[which])).toSorted()]);
    expect(places(1)).toEqual(places(0));
  });

  it('are sentences, in Chinese with full-width punctuation', () => {
    const halfWidth = /[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]/;
    const wrong = entries.filter(
      ([, [english, chinese]]) =>
        !/^[A-Z{].*\.$/.test(english) || !chinese.endsWith('\u3002') || halfWidth.test(chinese),
    );
    expect(wrong).toEqual([]);
  });

  it('are there for every finding about a tariff of either format', () => {
    const codes = [
      ...codesOf('.', /^tariff.*\.ts$/, findingPatterns),
      ...codesOf('charges', /\.ts$/, findingPatterns),
    ];
    expect(codes.length).toBeGreaterThan(35);
    expect(codes.filter((code) => !Object.hasOwn(tariffWords, code))).toEqual([]);
  });

  it('are there for every refusal of a charge, here or in the catalogue of bills', () => {
    const codes = codesOf('charges', /\.ts$/, [refusalPattern]);
    expect(codes.length).toBeGreaterThan(15);
    const wordless = codes.filter(
      (code) => !Object.hasOwn(tariffWords, code) && wordsFor(code) === undefined,
    );
    expect(wordless).toEqual([]);
  });

  it('name place and values', () => {
    const gap = { season: 'summer', day: 'mon,tue', from: '08:00', to: '08:30' };
    expect([sayTariff('en', 'tariff-gap', gap), sayTariff('zh-CN', 'tariff-gap', gap)]).toEqual([
      'Season summer, mon,tue: nothing is priced from 08:00 to 08:30.',
      '季节 summer\uff08mon,tue\uff0908:00 至 08:30 无价。',
    ]);
    expect(sayTariff('en', 'no-such-code')).toContain('no-such-code');
  });
});
