import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { en } from './en.ts';
import { catalogues, say, sayFinding, wordsFor } from './render.ts';
import { namesIn, parseTemplate } from './template.ts';

const codes = Object.keys(en).flatMap((code) => wordsFor(code) ?? []);

describe('the catalogue', () => {
  it('fills the same places in both languages', () => {
    const places = (lang: 'en' | 'zh-CN') =>
      codes.map((code) => [code, namesIn(parseTemplate(catalogues[lang][code])).toSorted()]);
    expect(places('zh-CN')).toEqual(places('en'));
  });

  it('starts no English sentence in lower case, whatever is left out', () => {
    const lower = codes.filter(
      (code) => /[.]$/.test(en[code]) && /^(?:\[[^\]]*\])*[a-z]/.test(en[code]),
    );
    expect(lower).toEqual([]);
  });

  it('leaves no brace or bracket unread in any template', () => {
    const texts = (['en', 'zh-CN'] as const).flatMap((lang) =>
      codes.flatMap((code) => textsIn(parseTemplate(catalogues[lang][code]))),
    );
    expect(texts.filter((text) => /[{}[\]|]/.test(text))).toEqual([]);
  });

  it('writes Chinese with full-width punctuation', () => {
    const halfWidth = /[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]/;
    const wrong = codes.filter((code) =>
      textsIn(parseTemplate(catalogues['zh-CN'][code])).some((text) => halfWidth.test(text)),
    );
    expect(wrong).toEqual([]);
  });

  it('costs a page at most 10 kB', () => {
    expect(gzipSync(JSON.stringify(catalogues), { level: 9 }).length).toBeLessThanOrEqual(10_000);
  });
});

describe('say', () => {
  const rate = {
    line: 3,
    period: 'peak',
    at: '2026-08-12T02:00:00.000Z',
    charged: '1.200000',
    published: '0.926841',
    currency: 'CNY',
    unit: 'kWh',
    money: '46.310000',
  };

  it('tells a wrong price with its meaning in money', () => {
    expect(say('en', 'rate-differs', rate, 'Asia/Shanghai')).toBe(
      'Line 3 (peak, 12 Aug): charged 1.200000, published 0.926841 yuan/kWh; 46.31 yuan too much.',
    );
    expect(say('zh-CN', 'rate-differs', rate, 'Asia/Shanghai')).toBe(
      '第 3 行\uff088 月 12 日峰\uff09计价 1.200000\uff0c公布价 0.926841 元/kWh\uff0c多收 46.31 元。',
    );
  });

  it('tells too little from too much and from no difference', () => {
    const rest = (money: string) => say('en', 'rate-differs', { ...rate, money }).split('; ')[1];
    expect([rest('-0.500000'), rest('0.000000'), rest('1234.567800')]).toEqual([
      '0.50 yuan too little.',
      'no difference in money.',
      '1,234.5678 yuan too much.',
    ]);
  });

  it('gives missing readings with the times on the wall of the site', () => {
    const gap = {
      first: 4812,
      last: 4815,
      meter: '0012',
      from: '2026-08-12T18:00:00.000Z',
      to: '2026-08-12T18:45:00.000Z',
    };
    expect(say('en', 'reading-gap', gap, 'Asia/Shanghai')).toBe(
      'Readings 4812-4815 of meter 0012 (13 Aug 02:00-02:45) are missing; that use cannot be confirmed.',
    );
    expect(say('zh-CN', 'reading-gap', gap, 'Asia/Shanghai')).toBe(
      '表 0012 缺第 4812-4815 条读数\uff088 月 13 日 02:00-02:45\uff09\uff0c用量无法确认。',
    );
    expect(say('en', 'reading-gap', { ...gap, to: '2026-08-13T18:45:00.000Z' })).toContain(
      '(12 Aug 18:00 UTC - 13 Aug 18:45 UTC)',
    );
  });

  it('adds the year where two dates of a sentence differ in it', () => {
    const late = { published: '2026-08-03T01:00:00.000Z', validFrom: '2026-08-01T01:00:00.000Z' };
    expect(say('en', 'tariff-late', late)).toBe('Published 3 Aug, used from 1 Aug.');
    const older = { ...late, validFrom: '2025-08-01T01:00:00.000Z' };
    expect(say('en', 'tariff-late', older)).toBe('Published 3 Aug 2026, used from 1 Aug 2025.');
    expect(say('zh-CN', 'tariff-late', late)).toBe('8 月 3 日公布\uff0c却自 8 月 1 日执行。');
  });

  it('takes currency and the day of the last check from what is known of the bill', () => {
    const about = { zone: 'Asia/Shanghai', currency: 'CNY', seenAt: '2026-09-01T23:00:00.000Z' };
    const fee = {
      code: 'fee-differs',
      params: { fee: 'lift', found: '9.000000', expected: '8.90' },
    };
    expect(sayFinding('en', fee, about)).toBe('Fee lift: charged 9.00, right is 8.90 yuan.');
    expect(sayFinding('en', { code: 'history-forked', params: { seen: 9, size: 9 } }, about)).toBe(
      "Today's log contradicts the one seen here on 2 Sep. Keep both files, call the auditor.",
    );
  });

  it('leaves out what is optional and unknown', () => {
    expect(say('en', 'history-forked')).toBe(
      "Today's log contradicts the one seen here. Keep both files, call the auditor.",
    );
    expect(say('zh-CN', 'history-forked', { at: '2026-09-02T04:00:00.000Z' }, 'UTC')).toBe(
      '今日日志与本机 9 月 2 日所见矛盾\uff0c请保留文件并联系审计方。',
    );
  });

  it('states the verdict with amount and number of readings', () => {
    const params = { amount: '1286.400000', currency: 'CNY', readings: 2976 };
    expect(say('en', 'state-verified', params)).toBe(
      'This bill checks out: 1,286.40 yuan, recalculated here from 2,976 signed readings.',
    );
    expect(say('zh-CN', 'state-verified', params)).toBe(
      '账单核验一致\uff1a1,286.40 元\uff0c由本设备根据 2,976 条签名读数复算。',
    );
    expect(say('en', 'state-failed', { layer: 5 })).toBe(
      'Do not rely on this bill. Step 5 of 10, prices, failed.',
    );
  });

  it('names a code that it has no words for, even one that objects inherit', () => {
    expect(['new-in-2030', 'constructor', '__proto__'].map((code) => say('en', code))).toEqual([
      'Reason new-in-2030. This version has no words for it; use a newer one.',
      'Reason constructor. This version has no words for it; use a newer one.',
      'Reason __proto__. This version has no words for it; use a newer one.',
    ]);
  });

  it('never throws and never loses a value, whatever a forged bundle puts into parameters', () => {
    const values = fc.dictionary(fc.constantFrom('line', 'at', 'money', 'charged'), fc.string());
    fc.assert(
      fc.property(fc.constantFrom(...codes), values, fc.string(), (code, params, zone) => {
        expect(say('en', code, params, zone)).not.toBe('');
        expect(say('zh-CN', code, params, zone)).not.toBe('');
      }),
    );
    expect(say('en', 'bad-shape', { pointer: '{limit} [x]' })).toContain('at {limit} [x].');
  });
});

describe('every code', () => {
  const core = fileURLToPath(new URL('../', import.meta.url));
  const sourceOf = (folder: string) =>
    readdirSync(join(core, folder))
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => readFileSync(join(core, folder, name), 'utf8'))
      .join('');
  const codesIn = (source: string, patterns: readonly RegExp[]) => [
    ...new Set(
      patterns.flatMap((pattern) => [...source.matchAll(pattern)].map(([, code = '']) => code)),
    ),
  ];
  const wordless = (given: readonly string[]) =>
    given.filter((code) => wordsFor(code) === undefined);

  it('that the verdict gives has words', () => {
    const given = codesIn(sourceOf('verdict'), [
      /fail\(\s*\d+,\s*'([a-z0-9-]+)'/g,
      /code: '([a-z0-9-]+)'/g,
      /Refusal\(\s*'([a-z0-9-]+)'/g,
      /\[(?:\d+, )?'([a-z]+(?:-[a-z]+)+)',/g,
    ]);
    expect(given.length).toBeGreaterThan(60);
    expect(wordless(given)).toEqual([]);
  });

  it('with which a part of a bundle is refused has words', () => {
    const given = codesIn(sourceOf('.'), [
      /(?:Refusal|\bat|\brefusal)\(\s*'([a-z]+(?:-[a-z0-9]+)+)'/g,
    ]);
    expect(given.length).toBeGreaterThan(40);
    // C2SP tlog-proof files, the making of a period close, and reconciliations: no bundle has them.
    const elsewhere = /^(?:proof-file|close|reconciliation)-/;
    expect(wordless(given).filter((code) => !elsewhere.test(code))).toEqual([]);
  });
});

function textsIn(parts: ReturnType<typeof parseTemplate>): string[] {
  return parts.flatMap((part) => {
    if (part.is === 'text') return [part.text];
    return part.is === 'optional' ? textsIn(part.parts) : [];
  });
}
