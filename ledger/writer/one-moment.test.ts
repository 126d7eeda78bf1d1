import { expect, it } from 'vitest';
import { SITE_ACCOUNT } from '../core/event.ts';
import { parseTime } from '../core/time.ts';
import type { CommandContext } from './commands.ts';
import { returnDeposit, takeDeposit } from './deposits.ts';
import { EventAppender, SiteGroup } from './group.ts';
import type { ReadAccountEvents } from './issue-statement.ts';
import { payRefund, postAdjustment, postReversal } from './move-money.ts';
import { postEntry } from './post-entry.ts';
import { SiteState } from './site-state.ts';

const approval = { asked: 'desk-1', approved: 'head-2' };
const money = { account: 'a-1', wallet: 'water', amount: '5.000000', method: 'cash', approval };
const deposit = { account: 'a-1', deposit: 'D-1', amount: '9.000000', method: 'cash' };
const pair = [
  { book: 'cash:cash', amount: '1.000000' },
  { book: 'bank:main', amount: '-1.000000' },
];

/** Each in its turn, on one account. */
const ACTS: readonly ((context: CommandContext, read: ReadAccountEvents) => unknown)[] = [
  (context) => takeDeposit(context, deposit),
  (context) => returnDeposit(context, { ...deposit, reason: 'moved-out', approval }),
  (context) => {
    const moves = [{ wallet: 'water', amount: '20.000000' }];
    const gift = { account: 'a-1', kind: 'goodwill', reason: 'gift' } as const;
    return postAdjustment(context, { ...gift, moves, approval });
  },
  (context, read) => payRefund(context, { ...money, reason: 'asked' }, read),
  (context, read) => postReversal(context, { account: 'a-1', of: 3, reason: 'x', approval }, read),
  (context) => postEntry(context, { postings: pair, reason: 'banked', approval }),
];

it('money moves in the month of its own moment, though the month ends while it is written', () => {
  const state = new SiteState({ site: 's', origin: 'o', currency: 'CNY', zone: 'Asia/Shanghai' });
  for (const id of [SITE_ACCOUNT, 'books', 'a-1']) state.newAccount(id, '2026-08-01T00:00:00.000Z');
  const group = new SiteGroup(state);
  // The last millisecond of August in Shanghai is over when the clock is read once more.
  const times = ['2026-08-31T15:59:59.999Z', '2026-08-31T16:00:00.000Z'].map(parseTime);
  let reads = 0;
  const appender = new EventAppender(
    () => {
      reads += 1;
      return times[Math.min(reads, times.length) - 1] ?? 0;
    },
    () => new Uint8Array(),
  );
  const read: ReadAccountEvents = ({ account }, fromN) =>
    group.events.filter((text) => {
      const event: { account: string; n: number } = JSON.parse(text);
      return event.account === account && event.n >= fromN;
    });
  for (const act of ACTS) {
    reads = 0;
    act({ appender, group }, read);
  }
  const found = group.events.map((text) => {
    const { type, at, data }: { type: string; at: string; data: { period: string } } =
      JSON.parse(text);
    return [type, at, data.period];
  });
  const moment = ['2026-08-31T15:59:59.999Z', '2026-08'];
  expect(found).toEqual(
    [
      ...['deposit.taken', 'deposit.returned', 'adjustment.posted', 'refund.paid'],
      ...['reversal.posted', 'adjustment.posted'],
    ].map((type) => [type, ...moment]),
  );
});
