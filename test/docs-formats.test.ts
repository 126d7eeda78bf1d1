import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPES } from '../ledger/core/event.ts';
import { READING_STATUSES } from '../ledger/core/reading.ts';
import { verifyBundle } from '../ledger/core/verdict.ts';
import { exampleBill } from './support/example-bill.ts';
import { formatExamples } from './support/format-examples.ts';

const page = readFileSync(new URL('../docs/formats.md', import.meta.url), 'utf8');
const file = readFileSync(new URL('../docs/example.billproof', import.meta.url), 'utf8');
const shown = Object.fromEntries(
  [...page.matchAll(/^```text example=(\S+)\n([\s\S]*?)\n```$/gm)].map(([, name, body]) => [
    name,
    body,
  ]),
);

describe('the page of formats', () => {
  it('shows in each framed example the bytes that the code computes', () => {
    expect(shown).toEqual(formatExamples());
  });

  it('frames every example, and none twice', () => {
    expect(page.match(/^```text/gm)).toHaveLength(Object.keys(shown).length);
  });

  it('names every type of event and every status of a reading', () => {
    const missing = [...EVENT_TYPES, ...READING_STATUSES].filter(
      (name) => !page.includes(`\`${name}\``),
    );
    expect(missing).toEqual([]);
  });

  it('comes with the whole bill as a file, which verifies', () => {
    expect(file).toBe(exampleBill().bundle);
    const { overall, layers } = verifyBundle(file, {});
    expect(overall).toBe('verified');
    expect(
      layers.map(({ status, findings }) => [status, ...findings.map(({ code }) => code)]),
    ).toEqual([
      ['verified', 'bundle-whole'],
      ['verified', 'identity-first-use'],
      ['verified', 'readings-authentic'],
      ['verified', 'readings-complete'],
      ['verified', 'tariff-ok', 'tariff-order-shown'],
      ['verified', 'money-ok'],
      ['verified', 'in-log'],
      ['verified', 'signed-ok', 'witnessed-by-file'],
      ['not-present', 'anchor-none'],
      ['not-present', 'history-first-use'],
    ]);
  });
});

/** Codes of findings as the verdict's own files write them, and of refusals that a bundle can meet. */
const sources = [
  'verdict.ts',
  ...[
    'account-end',
    'bill-facts',
    'bill-setup',
    'case',
    'check-history',
    'check-identity',
    'check-log',
  ].map(verdict),
  ...['check-readings', 'check-signed', 'explain-usage', 'replay-charges', 'replay-usage'].map(
    verdict,
  ),
  ...['wallets.ts'].map((name) => `verdict/${name}`),
  ...['usage.ts', 'bundle.ts', 'batch.ts', 'tariff-book.ts'],
  ...['unreadable', 'block', 'channel-config', 'endorsed-transaction', 'verify-receipt'].map(
    fabric,
  ),
  ...['unreadable', 'trie', 'verify-receipt'].map(ethereum),
];

function ethereum(name: string): string {
  return `ethereum/${name}.ts`;
}

function fabric(name: string): string {
  return `fabric/${name}.ts`;
}

function verdict(name: string): string {
  return `verdict/${name}.ts`;
}

describe('the verdict on the page', () => {
  it('names every code that the verdict can give', () => {
    const codes = new Set(
      sources.flatMap((name) => {
        const text = readFileSync(new URL(`../ledger/core/${name}`, import.meta.url), 'utf8');
        const patterns = [
          /\bfail\(\d+, '([a-z0-9-]+)'/g,
          /\bcode: '([a-z0-9-]+)'/g,
          /\[\d, '([a-z0-9-]+)'/g,
          /\['([a-z0-9-]+)', \d/g,
          /\bRefusal\(\s*'([a-z0-9-]+)'/g,
        ];
        return patterns.flatMap((pattern) =>
          [...text.matchAll(pattern)].map(([, code = '']) => code),
        );
      }),
    );
    expect(codes.size).toBeGreaterThan(60);
    expect([...codes].filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });
});
