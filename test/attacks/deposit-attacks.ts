import type { JsonObject } from '../../ledger/core/canonical-json.ts';
import type { Forger } from '../support/forge.ts';
import { type Attack, forged, type Twist } from './attack.ts';
import { all, honest, type Step, TENANT } from './story.ts';

const BOOK = 'deposit:acc-1:D-1';
const approval = { asked: 'desk-1', approved: 'head-2' };

type Change = Readonly<Record<string, unknown>>;

function posting(account: string, amount: string, currency = 'CNY'): JsonObject {
  return { account, amount, currency };
}

function plain(members: Change): JsonObject {
  return JSON.parse(JSON.stringify(members));
}

export function taken(change: Change = {}, at = '2026-09-18T02:00:00.000Z'): Step {
  const data = {
    ...{ deposit: 'D-1', amount: '500.000000', method: 'cash', period: at.slice(0, 7) },
    postings: [posting('cash:cash', '500.000000'), posting(BOOK, '-500.000000')],
  };
  return (f) => f.write(TENANT, 'deposit.taken', at, plain({ ...data, ...change }));
}

function depositOf(f: Forger): JsonObject {
  const event = f.account(TENANT).events.find(({ type }) => type === 'deposit.taken');
  return { n: event?.n ?? 0, hash: event?.commitment ?? '' };
}

export function returned(
  change: (f: Forger) => Change = () => ({}),
  amount = '500.000000',
  at = '2026-09-20T02:00:00.000Z',
): Step {
  return (f) => {
    const data = {
      ...{ of: depositOf(f), deposit: 'D-1', amount, method: 'cash', reason: 'moved-out' },
      ...{ approval, period: at.slice(0, 7) },
      postings: [posting('cash:cash', `-${amount}`), posting(BOOK, amount)],
    };
    f.write(TENANT, 'deposit.returned', at, plain({ ...data, ...change(f) }));
  };
}

export const old = taken({}, '2026-08-30T02:00:00.000Z');

/** Deposits by the rules; each leaves a bill that is verified. */
export const honestDeposits: Readonly<Record<string, Twist>> = {
  'that is kept': { 'use-3': all(honest['use-3'], taken()) },
  'that goes back': { 'use-3': all(honest['use-3'], taken(), returned()) },
  'that goes back in parts': {
    'use-3': all(
      honest['use-3'],
      taken(),
      returned(undefined, '200.000000'),
      returned(undefined, '300.000000'),
    ),
  },
  'of an earlier bill': {
    'august-use': all(honest['august-use'], old),
    'use-3': all(honest['use-3'], returned()),
  },
};

function lied(name: string, ...steps: Step[]): Attack {
  const twist = { 'use-3': all(honest['use-3'], ...steps) };
  return forged('operator', name, [6, 'deposit-differs'], twist);
}

export const depositAttacks: readonly Attack[] = [
  lied('taken of nothing', taken({ amount: '0.000000' })),
  lied('taken into the wallet', (f) =>
    taken({
      postings: [
        posting('cash:cash', '500.000000'),
        posting('prepaid:acc-1:electricity', '-500.000000'),
      ],
    })(f),
  ),
  lied(
    'taken as revenue',
    taken({
      postings: [posting('cash:cash', '500.000000'), posting('revenue:rent', '-500.000000')],
    }),
  ),
  lied('taken twice under one number', taken(), taken()),
  lied('taken in another currency', (f) =>
    taken({
      postings: [posting('cash:cash', '500.000000', 'JPY'), posting(BOOK, '-500.000000', 'JPY')],
    })(f),
  ),
  lied('taken in another month', taken({ period: '2026-08' })),
  lied(
    'returned by one person',
    taken(),
    returned(() => ({
      approval: { asked: 'desk-1', approved: 'desk-1' },
    })),
  ),
  lied(
    'returned that was never taken',
    returned(() => ({ of: { n: 3, hash: 'cd'.repeat(32) } })),
  ),
  lied('returned twice', taken(), returned(), returned()),
  lied('returned beyond what was taken', taken(), returned(undefined, '500.000001')),
  lied(
    'returned from the tenant’s wallet',
    taken(),
    returned(() => ({
      postings: [
        posting('cash:cash', '-500.000000'),
        posting('prepaid:acc-1:electricity', '500.000000'),
      ],
    })),
  ),
  lied(
    'returned into the operator’s pocket',
    taken(),
    returned(() => ({
      postings: [posting('bank:own', '-500.000000'), posting(BOOK, '500.000000')],
    })),
  ),
  lied(
    'returned of another one',
    taken(),
    returned((f) => ({ of: { ...depositOf(f), n: 0 } })),
  ),
];
