import { describe, expect, test } from 'vitest';
import { delayName } from './log-view.ts';
import { spanName, timeName, troubleName, word } from './say.ts';
import type { Log } from './status.ts';
import { LOG_WORDS } from './words.ts';

const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();

test('both languages have the same texts with the same places to fill', () => {
  const shape = (words: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(words).map(([key, text]) => [key, [text.split(' | ').length, places(text)]]),
    );
  expect(shape(LOG_WORDS['zh-CN'])).toEqual(shape(LOG_WORDS.en));
});

test('Chinese sentences use full-width punctuation', () => {
  const half = /[\u4e00-\u9fff][,:;?!]|[,:;?!][\u4e00-\u9fff]/;
  expect(Object.values(LOG_WORDS['zh-CN']).filter((text) => half.test(text))).toEqual([]);
});

test('both languages call a development network by that name', () => {
  for (const lang of ['en', 'zh-CN'] as const) {
    expect(word(lang, 'developmentNetwork')).toContain('development network');
  }
});

test('a span is told in the largest unit of which there are two, and a second at least', () => {
  const spans = [0, 1_999, 2_000, 60_000, 119_999, 120_000, 7_199_999, 7_200_000, 200_000_000];
  expect(spans.map((ms) => spanName('en', ms))).toEqual([
    ...['1 second', '1 second', '2 seconds', '60 seconds', '119 seconds', '2 minutes'],
    ...['119 minutes', '2 hours', '2 days'],
  ]);
  expect(spanName('zh-CN', 60_000)).toBe('60 秒');
});

test('a time stands on the clock of the site', () => {
  const at = '2026-10-14T03:00:05.000Z';
  expect(timeName('en', at, 'Asia/Shanghai')).toBe('14 Oct 2026, 11:00:05');
  expect(timeName('zh-CN', at, 'Asia/Shanghai')).toBe('2026 年 10 月 14 日 11:00:05');
  expect(timeName('en', at, 'Nowhere/Land')).toBe(at);
});

test('a failure is told in words and by its code, also one that has no words', () => {
  expect(troubleName('en', 'no-answer')).toBe('does not answer (no-answer)');
  expect(troubleName('zh-CN', 'fabric-quorum')).toBe('失败（fabric-quorum）');
  expect(troubleName('en', '<b>')).toBe('it fails (<b>)');
});

describe('what delay to expect', () => {
  const log: Log = {
    ...{ site: 'tower', origin: 'o', zone: 'UTC', checkpoint: undefined, anchors: [] },
    witnessing: undefined,
  };
  const lag = { size: 1, lag: 0, lagMs: 0 };
  const witnessing = { ...lag, everyMs: 2_000, needed: 1, witnesses: [] };
  const fabric = {
    ...{ ...lag, everyMs: 60_000, chain: 'c', kind: 'fabric', network: 'real' as const },
    ...{ at: undefined, code: undefined },
  };

  test('follows from the settings', () => {
    const english = (change: Partial<Log>) => delayName('en', { ...log, ...change });
    expect(english({})).toBe('A bill is signed about a second after it is issued.');
    expect(english({ witnessing })).toBe('A bill is witnessed about 2 seconds after it is issued.');
    expect(english({ witnessing: { ...witnessing, needed: 0 }, anchors: [fabric] })).toBe(
      'A bill is anchored about 60 seconds after it is issued.',
    );
    const slow = { ...fabric, everyMs: 3_600_000 };
    expect(english({ witnessing, anchors: [slow, fabric] })).toBe(
      'A bill is witnessed about 2 seconds and anchored about 60 seconds after it is issued.',
    );
    expect(english({ anchors: [{ ...fabric, kind: 'ethereum' }] })).toBe(
      'A bill is anchored about 60 seconds after it is issued. The chain takes some minutes more until that is final.',
    );
  });

  test('is told in Chinese as well', () => {
    expect(delayName('zh-CN', { ...log, witnessing, anchors: [fabric] })).toBe(
      '账单出具后约 2 秒获得见证，约 60 秒上链存证。',
    );
  });
});
