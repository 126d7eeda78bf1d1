import fc from 'fast-check';
import { ADJUSTMENT_KINDS } from '../../ledger/core/money-moves.ts';

/** What somebody may do next; what it names may exist or not. Indexes are taken modulo what there is. */
export type Doing =
  | {
      readonly what: 'top-up';
      readonly account: number;
      readonly wallet: number;
      readonly cents: number;
    }
  | {
      readonly what: 'order';
      readonly account: number;
      readonly parts: readonly (readonly [wallet: number, cents: number])[];
    }
  | {
      readonly what: 'pay';
      readonly order: number;
      /** The provider's number: a few, so that they come again. */
      readonly payment: number;
      /** Of the order's amount. */
      readonly offCents: number;
      readonly provider: number;
    }
  | { readonly what: 'close'; readonly order: number }
  | {
      readonly what: 'refund';
      readonly account: number;
      readonly wallet: number;
      readonly cents: number;
      readonly of: number | undefined;
      readonly alone: boolean;
    }
  | {
      readonly what: 'reverse';
      readonly account: number;
      readonly of: number;
      readonly alone: boolean;
    }
  | {
      readonly what: 'adjust';
      readonly account: number;
      readonly kind: number;
      readonly moves: readonly (readonly [wallet: number, cents: number])[];
    }
  | {
      readonly what: 'transfer';
      readonly account: number;
      readonly from: number;
      readonly to: number;
      readonly cents: number;
    }
  | {
      readonly what: 'resolve';
      readonly payment: number;
      readonly account: number;
      readonly whole: boolean;
    }
  | {
      readonly what: 'agree';
      readonly account: number;
      readonly wallet: number;
      readonly overdraft: number;
      readonly most: number | undefined;
      readonly emergency: number | undefined;
      readonly percent: number | undefined;
      readonly perWeek: number | undefined;
      readonly alone: boolean;
    }
  | {
      readonly what: 'draw';
      readonly account: number;
      readonly wallet: number;
      readonly cents: number;
    }
  | {
      readonly what: 'deposit';
      readonly account: number;
      readonly deposit: number;
      readonly cents: number;
    }
  | {
      readonly what: 'give-back';
      readonly account: number;
      readonly deposit: number;
      readonly cents: number;
      readonly alone: boolean;
    }
  | { readonly what: 'wait'; readonly days: number }
  | { readonly what: 'restart'; readonly project: boolean }
  | { readonly what: 'fail'; readonly hidden: boolean };

export const KINDS = ADJUSTMENT_KINDS.filter((kind) => kind !== 'transfer');

const account = fc.nat(3);
/** Mostly the first, so that acts meet on one wallet. */
const wallet = fc.constantFrom(0, 0, 0, 1, 2);
/** Two people mostly. */
const alone = fc.constantFrom(false, false, false, true);
const cents = fc.integer({ min: -200, max: 20_000 });
const some = fc.nat(11);
const parts = fc.array(fc.tuple(wallet, cents), { maxLength: 3 });

/** Two hundred of them are one sequence. Who starts anew reads all again, so that it happens seldom. */
export const doing: fc.Arbitrary<Doing> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ what: fc.constant('top-up' as const), account, wallet, cents }),
  },
  { weight: 12, arbitrary: fc.record({ what: fc.constant('order' as const), account, parts }) },
  {
    weight: 18,
    arbitrary: fc.record({
      ...{ what: fc.constant('pay' as const), order: some, payment: some },
      offCents: fc.constantFrom(0, 0, 0, 0, 1, -1),
      provider: fc.nat(1),
    }),
  },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('close' as const), order: some }) },
  {
    weight: 12,
    arbitrary: fc.record({
      ...{ what: fc.constant('refund' as const), account, wallet, cents },
      of: fc.option(fc.nat(6), { nil: undefined }),
      alone,
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      ...{ what: fc.constant('reverse' as const), account, of: fc.nat(25), alone },
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      ...{ what: fc.constant('adjust' as const), account, kind: fc.nat(9), moves: parts },
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      ...{ what: fc.constant('transfer' as const), account, from: wallet, to: wallet, cents },
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      ...{ what: fc.constant('resolve' as const), payment: some, account, whole: fc.boolean() },
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      ...{ what: fc.constant('agree' as const), account, wallet, overdraft: cents, alone },
      most: fc.option(fc.integer({ min: 20_000, max: 90_000 }), { nil: undefined }),
      emergency: fc.option(cents, { nil: undefined }),
      percent: fc.option(fc.nat(101), { nil: undefined }),
      perWeek: fc.option(fc.nat(3_000), { nil: undefined }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ what: fc.constant('draw' as const), account, wallet, cents }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      ...{ what: fc.constant('deposit' as const), account, deposit: fc.nat(3), cents },
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      ...{ what: fc.constant('give-back' as const), account, deposit: fc.nat(3), cents, alone },
    }),
  },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('wait' as const), days: fc.nat(9) }) },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('restart' as const), project: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('fail' as const), hidden: fc.boolean() }) },
);
