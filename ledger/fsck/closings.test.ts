import { expect, test } from 'vitest';
import { canonicalize, type JsonObject } from '../core/canonical-json.ts';
import { ZERO_HASH } from '../core/reading.ts';
import { Findings } from './finding.ts';
import { LogRebuild } from './replay-log.ts';

const LOG = 'ledger.example/log/tower';
const SITE = { site: 'tower', origin: LOG, currency: 'CNY', zone: 'Asia/Shanghai', vkey: 'v' };
const TWO = { asked: 'books', approved: 'head' };

/** What `fsck` says of a log with these events, each of an account and a time. */
function findingsOf(events: readonly (readonly [account: string, at: string, data: JsonObject])[]) {
  const found = new Findings(SITE.site);
  const rebuild = new LogRebuild({ row: SITE, names: [] }, found, false, () => undefined);
  const ns = new Map<string, number>();
  for (const [leaf, [account, at, data]] of events.entries()) {
    const n = ns.get(account) ?? 0;
    ns.set(account, n + 1);
    const prev = n === 0 ? ZERO_HASH : HASH;
    const type = n === 0 ? 'account.opened' : 'books.closed';
    const id = '0199d0c0-0000-7000-8000-000000000004';
    const text = canonicalize({ v: 1, log: LOG, account, n, prev, type, at, id, data });
    rebuild.take({ kind: 'event', text, leaf, commitment: HASH });
  }
  return found.list.filter(({ code }) => code !== 'event-other-log').map(({ code }) => code);
}

const HASH = '11'.repeat(32);
const OPEN: JsonObject = { currency: 'CNY', zone: 'Asia/Shanghai' };
const AUGUST = '2026-08-01T00:00:00.000Z';
const BOOKS = ['books', AUGUST, OPEN] as const;
const closing = (at: string, period = '2026-08', account = 'books', approval = TWO) =>
  [account, at, { period, approval }] as const;

test('a closing after the end of the month is in order', () => {
  expect(findingsOf([BOOKS, closing('2026-08-31T16:00:00.000Z')])).toEqual([]);
});

test.each([
  ['before the end of the month', [BOOKS, closing('2026-08-31T15:59:59.999Z')]],
  [
    'for the second time',
    [BOOKS, closing('2026-09-02T00:00:00.000Z'), closing('2026-09-03T00:00:00.000Z')],
  ],
  [
    'while a bill of it is missing',
    [BOOKS, ['a-1', AUGUST, OPEN] as const, closing('2026-09-02T00:00:00.000Z')],
  ],
])('a closing %s is found', (_, events) => {
  expect(findingsOf(events)).toEqual(['closing-misplaced']);
});

test('a closing by one person, or in another chain, is found', () => {
  const alone = { asked: 'books', approved: 'books' };
  const at = '2026-09-02T00:00:00.000Z';
  expect(findingsOf([BOOKS, closing(at, '2026-08', 'books', alone)])).toEqual(['entry-misplaced']);
  const elsewhere = [['suspense', AUGUST, OPEN] as const, closing(at, '2026-08', 'suspense')];
  expect(findingsOf([BOOKS, ...elsewhere])).toEqual(['entry-misplaced']);
});
