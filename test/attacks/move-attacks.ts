import type { JsonObject } from '../../ledger/core/canonical-json.ts';
import type { MoveType } from '../../ledger/core/money-moves.ts';
import type { Forger } from '../support/forge.ts';
import { type Attack, forged } from './attack.ts';
import { all, honest, type Step, TENANT } from './story.ts';

const AT = '2026-09-20T02:00:00.000Z';
const OWN = 'prepaid:acc-1:electricity';
const WATER = 'prepaid:acc-1:water';
const approval = { asked: 'desk-1', approved: 'head-2' };

/** The event of the account that topped September up, as refunds and reversals name it. */
function topUpOf(f: Forger, nth = -1) {
  const { n, commitment } = f
    .account(TENANT)
    .events.filter(({ type }) => type === 'topup.credited')
    .at(nth) ?? { n: 0, commitment: '' };
  return { n, hash: commitment };
}

function posting(account: string, amount: string, currency = 'CNY'): JsonObject {
  return { account, amount, currency };
}

/** Honest moves; an attack changes members of them. */
export const honestMoves = {
  refund: (f: Forger): JsonObject => ({
    ...{ amount: '12.500000', wallet: 'electricity', method: 'cash', reason: 'tenant-asked' },
    ...{ approval, of: topUpOf(f) },
    postings: [posting(OWN, '12.500000'), posting('cash:cash', '-12.500000')],
  }),
  reversal: (f: Forger): JsonObject => ({
    ...{ of: topUpOf(f), reason: 'cheque-bounced', approval },
    moves: [{ wallet: 'electricity', amount: '-60.000000' }],
    postings: [posting('cash:cash', '-60.000000'), posting(OWN, '60.000000')],
  }),
  oldReversal: (f: Forger): JsonObject => ({
    ...{ of: topUpOf(f, 0), reason: 'cheque-bounced', approval },
    moves: [{ wallet: 'electricity', amount: '-50.000000' }],
    postings: [posting('cash:cash', '-50.000000'), posting(OWN, '50.000000')],
  }),
  transfer: (): JsonObject => ({
    ...{ kind: 'transfer', reason: 'tenant-asked', order: 'acc-1-owner' },
    moves: [
      { wallet: 'electricity', amount: '-7.000000' },
      { wallet: 'water', amount: '7.000000' },
    ],
    postings: [posting(OWN, '7.000000'), posting(WATER, '-7.000000')],
  }),
  surplus: (): JsonObject => ({
    ...{ kind: 'surplus', reason: 'grid-bill-2026-08', approval },
    moves: [{ wallet: 'electricity', amount: '3.210000' }],
    postings: [posting(OWN, '-3.210000'), posting('pass-through:electricity', '3.210000')],
  }),
  correction: (): JsonObject => ({
    ...{ kind: 'correction', reason: 'meter-fault', approval, reference: 'case 12' },
    moves: [{ wallet: 'electricity', amount: '-0.500000' }],
    postings: [posting(OWN, '0.500000'), posting('revenue:electricity', '-0.500000')],
  }),
} as const;

const types: Readonly<Record<keyof typeof honestMoves, MoveType>> = {
  refund: 'refund.paid',
  reversal: 'reversal.posted',
  oldReversal: 'reversal.posted',
  transfer: 'adjustment.posted',
  surplus: 'adjustment.posted',
  correction: 'adjustment.posted',
};

/** A move on 20 September; `change` replaces members, and an undefined one is left out. */
export function move(
  name: keyof typeof honestMoves,
  change: (f: Forger) => Readonly<Record<string, JsonObject[string] | undefined>> = () => ({}),
): Step {
  return (f) => {
    const members = { ...honestMoves[name](f), ...change(f) };
    const data: JsonObject = JSON.parse(JSON.stringify(members));
    const { balance, moves, period } = change(f);
    const lie: JsonObject = JSON.parse(JSON.stringify({ balance, period }));
    f.move(TENANT, AT, types[name], data, moves === undefined ? lie : { ...lie, ...whole(moves) });
  };
}

/** Moves that name their balances are taken as they are. */
function whole(moves: unknown): JsonObject {
  const text = JSON.stringify(moves);
  return text.includes('"balance"') ? { moves: JSON.parse(text) } : {};
}

function lied(
  name: string,
  expected: Parameters<typeof forged>[2],
  ...args: Parameters<typeof move>
): Attack {
  return forged('operator', name, expected, { 'use-3': all(honest['use-3'], move(...args)) });
}

const alone = { asked: 'desk-1', approved: 'desk-1' };

/** Refunds, reversals and adjustments by an operator who makes everything else fit. */
export const moveAttacks: readonly Attack[] = [
  lied('refund that one person asked for and agreed to', [6, 'approval-missing'], 'refund', () => ({
    approval: alone,
  })),
  lied('refund without an approval', [6, 'bad-shape'], 'refund', () => ({ approval: undefined })),
  lied('refund of less than nothing', [6, 'amount-not-positive'], 'refund', () => ({
    amount: '-12.500000',
    postings: [posting(OWN, '-12.500000'), posting('cash:cash', '12.500000')],
  })),
  lied('refund of more than was paid', [6, 'refund-too-large'], 'refund', () => ({
    amount: '61.000000',
    postings: [posting(OWN, '61.000000'), posting('cash:cash', '-61.000000')],
  })),
  lied('refund that leaves a debt', [6, 'refund-too-large'], 'refund', () => ({
    ...{ amount: '999.000000', of: undefined },
    postings: [posting(OWN, '999.000000'), posting('cash:cash', '-999.000000')],
  })),
  lied('refund of a payment that is not in the log', [6, 'past-event-missing'], 'refund', (f) => ({
    of: { ...topUpOf(f), hash: 'ab'.repeat(32) },
  })),
  lied('refund of a payment under another number', [6, 'past-event-missing'], 'refund', (f) => ({
    of: { ...topUpOf(f), n: 2 },
  })),
  lied('refund into somebody’s pocket', [6, 'postings-differ'], 'refund', () => ({
    postings: [posting(OWN, '12.500000'), posting('revenue:electricity', '-12.500000')],
  })),
  lied('refund posted to the neighbour’s wallet', [6, 'postings-differ'], 'refund', () => ({
    postings: [
      posting('prepaid:acc-2:electricity', '12.500000'),
      posting('cash:cash', '-12.500000'),
    ],
  })),
  lied('refund of another amount than was posted', [6, 'postings-differ'], 'refund', () => ({
    amount: '2.500000',
  })),
  lied('balance after a refund', [6, 'balance-differs'], 'refund', () => ({
    balance: '1.000000',
  })),
  lied('refund on the bill of another month', [6, 'period-differs'], 'refund', () => ({
    period: '2026-10',
  })),
  forged('operator', 'one payment given back twice', [6, 'refund-too-large'], {
    'use-3': all(
      honest['use-3'],
      ...['40.000000', '40.000000'].map((amount) =>
        move('refund', () => ({
          amount,
          postings: [posting(OWN, amount), posting('cash:cash', `-${amount}`)],
        })),
      ),
    ),
  }),
  lied('reversal of more than was paid', [6, 'reversal-differs'], 'reversal', () => ({
    moves: [{ wallet: 'electricity', amount: '-61.000000' }],
  })),
  lied('reversal in another wallet', [6, 'reversal-differs'], 'reversal', () => ({
    moves: [{ wallet: 'water', amount: '-60.000000' }],
  })),
  lied('reversal of what never was', [6, 'past-event-missing'], 'reversal', () => ({
    of: { n: 3, hash: 'cd'.repeat(32) },
  })),
  lied('reversal of a charge', [6, 'reversal-differs'], 'reversal', (f) => {
    const used = f.account(TENANT).events.findLast(({ type }) => type === 'usage.deducted');
    return { of: { n: used?.n ?? 0, hash: used?.commitment ?? '' } };
  }),
  lied('reversal that one person decided', [6, 'approval-missing'], 'reversal', () => ({
    approval: alone,
  })),
  lied('reversal with postings of its own', [6, 'postings-differ'], 'reversal', () => ({
    postings: [posting('cash:pocket', '-60.000000'), posting(OWN, '60.000000')],
  })),
  forged('operator', 'payment reversed twice', [6, 'reversal-differs'], {
    'use-3': all(honest['use-3'], move('reversal'), move('reversal')),
  }),
  lied('transfer that nobody ordered', [6, 'approval-missing'], 'transfer', () => ({
    order: undefined,
  })),
  lied('transfer that loses money on its way', [6, 'adjustment-differs'], 'transfer', () => ({
    moves: [
      { wallet: 'electricity', amount: '-7.000000' },
      { wallet: 'water', amount: '6.000000' },
    ],
    postings: [posting(OWN, '7.000000'), posting(WATER, '-6.000000')],
  })),
  lied('transfer of more than there is', [6, 'adjustment-differs'], 'transfer', () => ({
    moves: [
      { wallet: 'electricity', amount: '-700.000000' },
      { wallet: 'water', amount: '700.000000' },
    ],
    postings: [posting(OWN, '700.000000'), posting(WATER, '-700.000000')],
  })),
  lied('entry between books in a tenant’s chain', [6, 'adjustment-differs'], 'correction', () => ({
    ...{ kind: 'entry', moves: [], reference: undefined },
    postings: [posting('fees:wechat', '0.600000'), posting('transit:wechat', '-0.600000')],
  })),
  lied('entry that takes from a wallet', [6, 'adjustment-differs'], 'correction', () => ({
    kind: 'entry',
  })),
  lied('transfer to the neighbour', [6, 'postings-differ'], 'transfer', () => ({
    postings: [posting(OWN, '7.000000'), posting('prepaid:acc-2:water', '-7.000000')],
  })),
  lied('balance after a transfer', [6, 'balance-differs'], 'transfer', () => ({
    moves: [
      { wallet: 'electricity', amount: '-7.000000', balance: '1.000000' },
      { wallet: 'water', amount: '7.000000', balance: '7.000000' },
    ],
  })),
  lied('surplus that takes', [6, 'adjustment-differs'], 'surplus', () => ({
    moves: [{ wallet: 'electricity', amount: '-3.210000' }],
    postings: [posting(OWN, '3.210000'), posting('pass-through:electricity', '-3.210000')],
  })),
  lied('surplus out of revenue', [6, 'postings-differ'], 'surplus', () => ({
    postings: [posting(OWN, '-3.210000'), posting('revenue:electricity', '3.210000')],
  })),
  lied('correction without an approval', [6, 'approval-missing'], 'correction', () => ({
    approval: undefined,
  })),
  lied('correction of a wallet twice in one', [6, 'adjustment-differs'], 'correction', () => ({
    moves: [
      { wallet: 'electricity', amount: '-0.500000' },
      { wallet: 'electricity', amount: '-0.500000' },
    ],
    postings: [
      posting(OWN, '0.500000'),
      posting('revenue:electricity', '-0.500000'),
      posting(OWN, '0.500000'),
      posting('revenue:electricity', '-0.500000'),
    ],
  })),
  lied('adjustment of a kind that is none', [6, 'bad-shape'], 'correction', () => ({
    kind: 'present',
  })),
  lied('adjustment that moves nothing', [6, 'adjustment-differs'], 'correction', () => ({
    ...{ moves: [], postings: [] },
  })),
  lied('currency of a correction', [6, 'postings-differ'], 'correction', () => ({
    postings: [posting(OWN, '0.500000', 'JPY'), posting('revenue:electricity', '-0.500000', 'JPY')],
  })),
  forged('operator', 'refund left off the bill', [6, 'statement-differs'], {
    'use-3': all(honest['use-3'], move('refund')),
    bill: (f) =>
      f.bill(TENANT, '2026-09-30T16:05:00.000Z', '2026-09', ({ moves: _, ...bill }) => bill),
  }),
];
