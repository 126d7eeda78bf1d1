import type { JsonObject } from '../../ledger/core/canonical-json.ts';
import { type Forger, json } from '../support/forge.ts';
import { type Attack, arranged, forged, honestSite } from './attack.ts';
import { all, honest, poll, type Step, serviceFee, TENANT, tell } from './story.ts';

const paid = (lie: JsonObject): { 'top-up': Step } => ({
  'top-up': (f) => f.topUp(TENANT, '2026-09-02T02:00:00.000Z', '60.000000', lie),
});
const posted = (
  ...postings: readonly (readonly [account: string, amount: string, currency?: string])[]
) => ({
  postings: postings.map(([account, amount, currency = 'CNY']) => ({ account, amount, currency })),
});
const OWN = 'prepaid:acc-1:electricity';
const charged = (lie: JsonObject): { fee: Step } => ({
  fee: (f) => f.fee(TENANT, '2026-09-30T16:00:00.000Z', serviceFee(f), lie),
});
const billed = (
  lie: (bill: JsonObject) => JsonObject,
  at = '2026-09-30T16:05:00.000Z',
): { bill: Step } => ({
  bill: (f) => f.bill(TENANT, at, '2026-09', lie),
});
/** Changes members of the first item of a list. */
const firstOf =
  (list: string, change: JsonObject) =>
  (bill: JsonObject): JsonObject => {
    const items: JsonObject[] = JSON.parse(JSON.stringify(bill[list] ?? []));
    return { ...bill, [list]: items.map((item, i) => (i === 0 ? { ...item, ...change } : item)) };
  };
const transferred: { fee: Step } = {
  fee: all(
    honest.fee,
    (f) =>
      void f.write(
        TENANT,
        'account.transferred',
        '2026-09-30T16:00:00.000Z',
        posted([OWN, '5.000000'], ['revenue:electricity', '-5.000000']),
      ),
  ),
};

/** Payments, balances and bills by an operator who makes everything else fit. */
export const moneyAttacks: readonly Attack[] = [
  forged(
    'operator',
    'top-up credited with less than was posted',
    [6, 'postings-differ'],
    paid({ amount: '6.000000', balance: '88.220000' }),
  ),
  forged(
    'operator',
    'balance after a top-up',
    [6, 'balance-differs'],
    paid({ balance: '10.000000' }),
  ),
  forged('operator', 'top-up without a balance', [6, 'bad-shape'], paid({ balance: '' })),
  forged('operator', 'top-up of less than nothing', [6, 'amount-not-positive'], {
    'top-up': (f) => f.topUp(TENANT, '2026-09-02T02:00:00.000Z', '-60.000000'),
  }),
  forged(
    'operator',
    'postings that do not add up',
    [6, 'postings-unbalanced'],
    paid(posted(['cash:cash', '60.000000'], [OWN, '-59.000000'])),
  ),
  forged(
    'operator',
    "top-up posted to the neighbour's wallet",
    [6, 'postings-differ'],
    paid(posted(['cash:cash', '60.000000'], ['prepaid:acc-2:electricity', '-60.000000'])),
  ),
  forged(
    'operator',
    "top-up out of the neighbour's wallet",
    [6, 'postings-differ'],
    paid(posted(['prepaid:acc-2:electricity', '60.000000'], [OWN, '-60.000000'])),
  ),
  forged(
    'operator',
    'third posting beside the two',
    [6, 'postings-differ'],
    paid(posted(['cash:cash', '60.000000'], [OWN, '-60.000000'], ['cash:pocket', '0.000000'])),
  ),
  forged(
    'operator',
    'posting in another currency',
    [6, 'postings-differ'],
    paid(posted(['cash:cash', '60.000000', 'JPY'], [OWN, '-60.000000', 'JPY'])),
  ),
  forged(
    'operator',
    'fee posted as somebody else’s income',
    [6, 'postings-differ'],
    charged(posted([OWN, '3.000000'], ['revenue:pocket', '-3.000000'])),
  ),
  forged(
    'operator',
    'balance after a fee',
    [6, 'balance-differs'],
    charged({ balance: '1.000000' }),
  ),
  forged(
    'operator',
    'top-up on the bill of another month',
    [6, 'period-differs'],
    paid({ period: '2026-10' }),
  ),
  forged(
    'operator',
    'top-up on a bill that never comes',
    [6, 'period-differs'],
    paid({ period: '2099-12' }),
  ),
  forged(
    'operator',
    'top-up and fee on a bill that was issued',
    [6, 'period-differs', { 5: 'period-differs' }],
    {
      ...paid({ period: '2026-08' }),
      ...charged({ period: '2026-08' }),
    },
  ),
  forged('operator', 'top-up from before the last bill left out of both', [6, 'range-differs'], {
    'border-use': poll('2026-08-31T16:00:00.000Z', '101.85'),
    'top-up': all(forgetEarlyTopUp, honest['top-up']),
  }),
  forged(
    'operator',
    'opening balance',
    [6, 'statement-differs'],
    billed((b) => ({ ...b, opening: '0.000000' })),
  ),
  forged(
    'operator',
    'closing balance',
    [6, 'statement-differs'],
    billed((b) => ({ ...b, closing: '0.000000' })),
  ),
  forged(
    'operator',
    'closing balance of a wallet',
    [6, 'statement-differs'],
    billed(firstOf('wallets', { closing: '0.000000' })),
  ),
  forged(
    'operator',
    'credits left off the bill',
    [6, 'statement-differs'],
    billed((b) => ({ ...b, credits: '0.000000' })),
  ),
  forged(
    'operator',
    'total',
    [6, 'statement-differs'],
    billed((b) => ({ ...b, total: '99.000000' })),
  ),
  forged(
    'operator',
    'charges',
    [6, 'statement-differs'],
    billed((b) => ({ ...b, charges: '99.000000' })),
  ),
  forged(
    'operator',
    'number of charges',
    [6, 'statement-differs'],
    billed((b) => ({ ...b, usage: 4 })),
  ),
  forged(
    'operator',
    'amount of a bill line',
    [6, 'statement-differs'],
    billed(firstOf('lines', { amount: '9.000000' })),
  ),
  forged(
    'operator',
    'quantity of a bill line',
    [6, 'statement-differs'],
    billed(firstOf('lines', { qty: '99.000000' })),
  ),
  forged(
    'operator',
    'bill line left out',
    [6, 'statement-differs'],
    billed((b) => ({ ...b, lines: [] })),
  ),
  forged(
    'operator',
    'fee twice on the bill',
    [6, 'statement-differs'],
    billed((b) => ({ ...b, fees: [...listOf(b, 'fees'), ...listOf(b, 'fees')] })),
  ),
  forged(
    'operator',
    'use of a meter',
    [6, 'statement-differs'],
    billed(firstOf('meters', { quantity: '99.000000' })),
  ),
  forged(
    'operator',
    'serial number on the bill',
    [6, 'statement-differs'],
    billed(firstOf('meters', { serial: 'S-x' })),
  ),
  forged(
    'operator',
    'use so far, for the next bill',
    [6, 'statement-differs'],
    billed(firstOf('meters', { used: '99.000000' })),
  ),
  forged(
    'operator',
    'meter that used nothing',
    [6, 'statement-differs'],
    billed((b) => ({ ...b, meters: [...listOf(b, 'meters'), idleMeter(b)] })),
  ),
  forged(
    'operator',
    'where the next bill begins to read',
    [6, 'statement-differs'],
    billed((b) => ({ ...b, open: 7 })),
  ),
  forged(
    'operator',
    'bill that begins in the middle of its month',
    [6, 'period-bounds'],
    billed((b) => ({ ...b, from: '2026-09-10T16:00:00.000Z' })),
  ),
  forged(
    'operator',
    'bill in another time zone',
    [6, 'zone-differs', { 5: 'zone-differs' }],
    billed((b) => ({ ...b, zone: 'UTC' })),
  ),
  forged(
    'operator',
    'bill in a time zone that is none',
    [5, 'zone-differs'],
    billed((b) => ({ ...b, zone: 'Mars/Base' })),
  ),
  forged(
    'operator',
    'bill of another month',
    [6, 'statement-order', { 4: 'reading-skipped', 5: 'interval-mismatch' }],
    billed((b) => ({ ...b, period: '2026-08' })),
  ),
  forged(
    'operator',
    'bill issued before its month has ended',
    [6, 'period-bounds'],
    billed((b) => b, '2026-09-30T15:00:00.000Z'),
  ),
  forged(
    'operator',
    'bill in another currency',
    [6, 'currency-differs', { 5: 'currency-differs' }],
    billed((b) => ({ ...b, currency: 'USD' })),
  ),
  forged(
    'operator',
    'unknown member in a bill',
    [1, 'bad-shape'],
    billed((b) => ({ ...b, vip: true })),
  ),
  forged('operator', 'bill twice', [6, 'statement-order', { 4: 'reading-skipped' }], {
    bill: all(honest.bill, (f) => f.bill(TENANT, '2026-09-30T16:06:00.000Z', '2026-09')),
  }),
  forged('operator', 'bill after one in another currency', [6, 'currency-differs'], {
    'august-bill': (f) =>
      f.bill(TENANT, '2026-09-01T02:00:00.000Z', '2026-08', (b) => ({ ...b, currency: 'USD' })),
  }),
  forged('operator', 'bill after one in another time zone', [6, 'zone-differs'], {
    'august-bill': (f) =>
      f.bill(TENANT, '2026-09-01T02:00:00.000Z', '2026-08', (b) => ({ ...b, zone: 'Asia/Macau' })),
  }),
  forged('operator', 'account opened a second time', [6, 'currency-differs'], {
    'failed-poll': all(
      honest['failed-poll'],
      (f) =>
        void f.write(TENANT, 'account.opened', '2026-09-04T03:00:00.000Z', { currency: 'CNY' }),
    ),
  }),
  forged('operator', 'transfer that nobody checks', [6, 'event-unsupported'], transferred),
  arranged('operator', 'top-up dropped and the log written anew', [10, 'history-forked'], () => {
    const honestLog = honestSite();
    const f = tell({ 'top-up': undefined });
    const earlier = [f.earlier(15)];
    return {
      text: f.bundle(TENANT, (parts) => ({ ...parts, earlier })),
      options: { trust: f.trust, remembered: honestLog.seen(15) },
    };
  }),
  arranged('outsider', 'other total on paper', [0, 'paper-differs'], () =>
    onPaper({ minorUnits: '1' }),
  ),
  arranged('outsider', 'other bill on paper', [0, 'paper-other-bill'], () =>
    onPaper({ commitment: 'ab'.repeat(16) }),
  ),
  arranged('outsider', 'short commitment on paper', [0, 'paper-other-bill'], () =>
    onPaper({
      commitment: (honestSite().account(TENANT).events.at(-1)?.commitment ?? '').slice(0, 8),
    }),
  ),
];

/** Goes on after the bill of August as if nothing had been paid in between. */
function forgetEarlyTopUp(f: Forger): void {
  const { wallets, bills, statements } = f.account(TENANT);
  wallets.set('electricity', f.balance(TENANT, 'electricity') - 40_000_000n);
  bills.delete('2026-09');
  const [august] = statements;
  if (august !== undefined) statements[0] = { ...august, open: undefined };
}

function onPaper(expected: { readonly commitment?: string; readonly minorUnits?: string }) {
  const f = honestSite();
  return { text: f.bundle(TENANT), options: { trust: f.trust, expected } };
}

function listOf(bill: JsonObject, name: string): JsonObject[] {
  return JSON.parse(JSON.stringify(bill[name] ?? []));
}

/** A register that stands still, as no bill before has seen it. */
function idleMeter(bill: JsonObject): JsonObject {
  const [meter] = listOf(bill, 'meters');
  return json({ ...meter, meter: 'm-9', from: meter?.['to'], quantity: '0.000000' });
}
