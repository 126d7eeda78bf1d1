import { expect, test } from 'vitest';
import type { JsonObject } from '../core/canonical-json.ts';
import type { EventType } from '../core/event.ts';
import { entryFault } from './check-entry.ts';

const posting = (account: string, amount: string): JsonObject => {
  return { account, amount, currency: 'CNY' };
};
const entry: JsonObject = {
  ...{ kind: 'entry', moves: [], period: '2026-07', reason: 'fee' },
  approval: { asked: 'desk-1', approved: 'head-2' },
  postings: [posting('fees:wechat', '0.600000'), posting('transit:wechat', '-0.600000')],
};
const faultOf = (account: string, data: JsonObject, type: EventType = 'adjustment.posted') =>
  entryFault({
    ...{ v: 1, log: 'x', account, n: 1, prev: '', type, at: '', id: '', data },
  });

test('an entry is in order in the chain of the books', () => {
  expect(faultOf('books', entry)).toBeUndefined();
  expect(faultOf('books', {}, 'account.opened')).toBeUndefined();
  expect(faultOf('a-1', {}, 'topup.credited')).toBeUndefined();
});

const drawer = (amount: string, reason: string): JsonObject => {
  const opposite = amount.startsWith('-') ? amount.slice(1) : `-${amount}`;
  const { approval: _, ...rest } = entry;
  return {
    ...{ ...rest, reason, order: 'desk-1', reference: 'shift-1' },
    postings: [posting('cash:cash', amount), posting('write-off:drawer', opposite)],
  };
};

test('a drawer’s difference is posted by one person up to ten, over or short, and no further', () => {
  for (const [amount, reason] of [
    ['0.010000', 'cash-over'],
    ['10.000000', 'cash-over'],
    ['-10.000000', 'cash-short'],
  ] as const) {
    expect(faultOf('books', drawer(amount, reason))).toBeUndefined();
  }
  const { order: _, ...ofNobody } = drawer('1.000000', 'cash-over');
  for (const data of [
    drawer('10.000001', 'cash-over'),
    drawer('-10.000001', 'cash-short'),
    drawer('1.000000', 'cash-short'),
    drawer('1.000000', 'fee'),
    ofNobody,
    { ...drawer('1.000000', 'cash-over'), postings: entry['postings'] ?? [] },
  ]) {
    expect(faultOf('books', data)).toContain('one person');
  }
});

test.each<[string, string, JsonObject, EventType?]>([
  ['an account’s chain', 'a-1', {}],
  ['of kind goodwill', 'books', { kind: 'goodwill' }],
  [
    'moves a wallet',
    'books',
    { moves: [{ wallet: 'water', amount: '1.000000', balance: '1.000000' }] },
  ],
  ['one person', 'books', { approval: { asked: 'desk-1', approved: 'desk-1' } }],
  [
    'not zero',
    'books',
    { postings: [posting('fees:wechat', '0.600000'), posting('transit:wechat', '-0.500000')] },
  ],
  [
    'books of the house',
    'books',
    {
      postings: [
        posting('prepaid:a-1:water', '0.6'.padEnd(8, '0')),
        posting('fees:x', '-0.600000'),
      ],
    },
  ],
  ['topup.credited', 'books', {}, 'topup.credited'],
])('finds what is otherwise: %s', (words, account, change, type) => {
  expect(faultOf(account, { ...entry, ...change }, type)).toContain(words);
});
