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
