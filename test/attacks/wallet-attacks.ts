import type { JsonObject } from '../../ledger/core/canonical-json.ts';
import { formatMicros } from '../../ledger/core/decimal.ts';
import type { Forger } from '../support/forge.ts';
import { type Attack, forged } from './attack.ts';
import { all, honest, type Step, TENANT } from './story.ts';

const AGREED_AT = '2026-09-07T01:00:00.000Z';
const PAID_AT = '2026-09-07T02:00:00.000Z';
const AT = '2026-09-20T02:00:00.000Z';
const OWN = 'prepaid:acc-1:electricity';
const DEBT = 'debt:acc-1:electricity';
const EMERGENCY = 'emergency:acc-1:electricity';
const approval = { asked: 'desk-1', approved: 'head-2' };

function posting(account: string, amount: string): JsonObject {
  return { account, amount, currency: 'CNY' };
}

const terms: JsonObject = {
  ...{ wallet: 'electricity', overdraft: '20.000000', most: '500.000000', approval },
  emergency: '30.000000',
  recovery: {
    ...{ percent: '10', mostPerWeek: '5.000000' },
    rounding: { mode: 'down', scale: 2 },
  },
};

/** Agrees about the wallet; `change` replaces members. */
function agree(change: Readonly<Record<string, unknown>> = {}): Step {
  return (f) => {
    const data: JsonObject = JSON.parse(JSON.stringify({ ...terms, ...change }));
    f.write(TENANT, 'wallet.agreed', AGREED_AT, data);
  };
}

/** A charge that was wrong leaves the wallet with -40, all of which is put aside. */
const owe: Step = (f) => {
  const taken = f.balance(TENANT, 'electricity') + 40_000_000n;
  f.move(TENANT, AGREED_AT, 'adjustment.posted', {
    ...{ kind: 'correction', reason: 'meter-fault', approval },
    moves: [{ wallet: 'electricity', amount: `-${formatMicros(taken)}` }],
    postings: [
      posting(OWN, formatMicros(taken)),
      posting('revenue:electricity', `-${formatMicros(taken)}`),
    ],
  });
};

function putAside(amount: string): Step {
  return (f) =>
    f.move(TENANT, AGREED_AT, 'adjustment.posted', {
      ...{ kind: 'debt', reason: 'instalments', approval },
      moves: [{ wallet: 'electricity', amount }],
      postings: [posting(OWN, `-${amount}`), posting(DEBT, amount)],
    });
}

/** 60.00: 5.00 to the debt of 40.00, 55.00 to the balance of zero. */
const split: JsonObject = {
  formula: 'debt: min(percent x amount, week - recovered, owed)',
  ...{ amount: '60.000000', percent: '10', week: '5.000000', recovered: '0.000000' },
  ...{ owed: '40.000000', before: '0.000000', level: '-20.000000', used: '0.000000' },
  ...{ debt: '5.000000', cutOff: '0.000000', emergency: '0.000000', balance: '55.000000' },
};
const divided = [
  posting('cash:cash', '60.000000'),
  posting(OWN, '-55.000000'),
  posting(DEBT, '-5.000000'),
];

function pay(change: JsonObject = {}): Step {
  return (f: Forger) =>
    f.topUp(TENANT, PAID_AT, '60.000000', {
      ...{ balance: '55.000000', split, postings: divided },
      ...change,
    });
}

function lend(amount: string, at = AT, change: JsonObject = {}): Step {
  return (f) =>
    f.move(
      TENANT,
      at,
      'adjustment.posted',
      {
        ...{ kind: 'emergency', reason: 'tenant-order', order: 'acc-1-owner' },
        moves: [{ wallet: 'electricity', amount }],
        postings: [posting(OWN, `-${amount}`), posting(EMERGENCY, amount)],
      },
      change,
    );
}

const inDebt = [owe, agree(), putAside('40.000000')] as const;

/** Honest acts under terms; each leaves a bill that is verified. */
export const honestWallets: Readonly<Record<string, Step>> = {
  'terms that nobody used': agree(),
  'a debt that is recovered from a top-up': all(...inDebt, pay()),
  'emergency credit': all(agree(), lend('30.000000')),
  'terms that end the recovery': all(...inDebt, agree({ recovery: undefined })),
  'a debt put aside and undone': all(...inDebt, (f) => {
    const { n, commitment } = f.account(TENANT).events.at(-1) ?? { n: 0, commitment: '' };
    f.move(TENANT, AT, 'reversal.posted', {
      ...{ of: { n, hash: commitment }, reason: 'mistake', approval },
      moves: [{ wallet: 'electricity', amount: '-40.000000' }],
      postings: [posting(OWN, '40.000000'), posting(DEBT, '-40.000000')],
    });
  }),
};

function lied(name: string, expected: Parameters<typeof forged>[2], ...steps: Step[]): Attack {
  return forged('operator', name, expected, { 'use-3': all(honest['use-3'], ...steps) });
}

const split6 = [6, 'split-differs'] as const;
const broken = [6, 'terms-broken'] as const;

export const walletAttacks: readonly Attack[] = [
  lied('terms that one person agreed', [6, 'approval-missing'], (f) =>
    agree({ approval: { asked: 'desk-1', approved: 'desk-1' } })(f),
  ),
  lied('terms with an overdraft below zero', broken, agree({ overdraft: '-1.000000' })),
  lied(
    'terms that take more than all of a top-up',
    broken,
    agree({ recovery: { percent: '101', rounding: { mode: 'down', scale: 2 } } }),
  ),
  lied(
    'more of a top-up to the debt than was agreed',
    split6,
    ...inDebt,
    pay({
      split: { ...split, debt: '50.000000', balance: '10.000000' },
      ...{ balance: '10.000000' },
      postings: [
        posting('cash:cash', '60.000000'),
        posting(OWN, '-10.000000'),
        posting(DEBT, '-50.000000'),
      ],
    }),
  ),
  lied(
    'a debt larger than it is',
    split6,
    ...inDebt,
    pay({ split: { ...split, owed: '90.000000' } }),
  ),
  lied(
    'a top-up divided under other terms',
    split6,
    ...inDebt,
    pay({ split: { ...split, percent: '50' } }),
  ),
  lied(
    'what the top-up says and what it posts',
    split6,
    ...inDebt,
    pay({
      postings: [
        posting('cash:cash', '60.000000'),
        posting(OWN, '-55.000000'),
        posting('revenue:electricity', '-5.000000'),
      ],
    }),
  ),
  lied('a top-up that does not say how it was divided', split6, ...inDebt, (f) =>
    f.topUp(TENANT, PAID_AT, '60.000000'),
  ),
  lied('a top-up divided where nothing was agreed', split6, pay()),
  lied(
    'the week’s most taken twice',
    split6,
    ...inDebt,
    pay(),
    pay({
      split: { ...split, owed: '35.000000', before: '55.000000' },
      balance: '110.000000',
    }),
  ),
  lied(
    'another share of the money to the debtor’s own pocket',
    split6,
    ...inDebt,
    pay({ postings: [posting('bank:own', '60.000000'), ...divided.slice(1)] }),
  ),
  lied('more put aside than is owed', broken, ...inDebt.slice(0, 2), putAside('70.000000')),
  lied('a debt without terms how it is recovered', broken, owe, putAside('40.000000')),
  lied('a debt of a wallet that owes nothing', broken, agree(), putAside('40.000000')),
  lied('more emergency credit than was agreed', broken, agree(), lend('31.000000')),
  lied('emergency credit twice', broken, agree(), lend('10.000000'), lend('10.000000')),
  lied('emergency credit that nobody agreed', broken, lend('10.000000')),
  lied('emergency credit into the operator’s pocket', [6, 'postings-differ'], agree(), (f) =>
    lend('30.000000', AT, {
      postings: [posting(OWN, '-30.000000'), posting('bank:own', '30.000000')],
    })(f),
  ),
  lied('emergency credit paid out', broken, agree(), lend('30.000000'), (f) => {
    const amount = formatMicros(f.balance(TENANT, 'electricity') - 10_000_000n);
    f.move(TENANT, AT, 'refund.paid', {
      ...{ amount, wallet: 'electricity', method: 'cash', reason: 'asked', approval },
      postings: [posting(OWN, amount), posting('cash:cash', `-${amount}`)],
    });
  }),
  lied('a correction beyond the overdraft', broken, agree(), owe),
  lied('more at the desk than the wallet may hold', broken, agree({ most: '60.000000' }), (f) => {
    const before = f.balance(TENANT, 'electricity');
    const own = { ...split, owed: '0.000000', debt: '0.000000', balance: '60.000000' };
    f.topUp(TENANT, PAID_AT, '60.000000', {
      split: { ...own, before: formatMicros(before) },
      postings: [posting('cash:cash', '60.000000'), posting(OWN, '-60.000000')],
    });
  }),
  forged('operator', 'terms left off the bill', [6, 'statement-differs'], {
    'use-3': all(honest['use-3'], ...inDebt, pay()),
    bill: (f) =>
      f.bill(TENANT, '2026-09-30T16:05:00.000Z', '2026-09', ({ credit: _, ...bill }) => bill),
  }),
  forged('operator', 'a larger debt on the bill', [6, 'statement-differs'], {
    'use-3': all(honest['use-3'], ...inDebt, pay()),
    bill: (f) =>
      f.bill(TENANT, '2026-09-30T16:05:00.000Z', '2026-09', (bill) => {
        const text = JSON.stringify(bill).replace('"debt":"35.000000"', '"debt":"95.000000"');
        return JSON.parse(text);
      }),
  }),
];
