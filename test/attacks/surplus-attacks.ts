import type { JsonObject } from '../../ledger/core/canonical-json.ts';
import { formatMicros, parseMicros } from '../../ledger/core/decimal.ts';
import type { Forger } from '../support/forge.ts';
import { type Attack, forged } from './attack.ts';
import { all, honest, type Step, TENANT } from './story.ts';

const SETTLED_AT = '2026-09-10T02:00:00.000Z';
const AT = '2026-09-20T02:00:00.000Z';
const OWN = 'prepaid:acc-1:electricity';
const approval = { asked: 'books-1', approved: 'head-2' };
/** What all the others together were charged in August. */
const OTHERS = 60_000_000n;

type Change = Readonly<Record<string, unknown>>;

interface Lie {
  readonly policy?: Change;
  readonly bill?: Change;
  readonly settled?: Change;
  /** The tenant's part, and the members of the credit. */
  readonly part?: (micros: bigint) => bigint;
  readonly credit?: (f: Forger) => Change;
}

function refOf(f: Forger, account: string, type: string): JsonObject {
  const event = f.account(account).events.findLast((known) => known.type === type);
  return { n: event?.n ?? 0, hash: event?.commitment ?? '' };
}

function plain(members: Change): JsonObject {
  return JSON.parse(JSON.stringify(members));
}

/** The grid billed 40.00 for August; what was charged above goes back on 20 September. */
function giveBack(lie: Lie = {}): Step {
  return (f) => {
    const [august] = f.account(TENANT).statements;
    const own = august?.wallets.find(({ wallet }) => wallet === 'electricity')?.charges ?? '';
    const charges = parseMicros(own) + OTHERS;
    const surplus = charges - 40_000_000n;
    const wallet = 'electricity';
    const terms = { policy: 'pass-through', jurisdiction: 'CN-SH', limit: 'grid-bill' };
    const policy = { ...terms, wallet, method: 'average', approval, ...lie.policy };
    f.write('site', 'policy.published', '2026-07-30T03:00:00.000Z', plain(policy));
    const rows = [{ period: 'all', quantity: '80.000000', own: '0.000000', amount: '40.000000' }];
    const bill = {
      ...{ bill: 'grid-1', wallet, period: '2026-08', unit: 'kWh', quantity: '80.000000', rows },
      ...{ amount: '40.000000', other: '0.000000', evidence: 'ab'.repeat(32), by: 'books-1' },
    };
    f.write('site', 'gridbill.recorded', SETTLED_AT, plain({ ...bill, ...lie.bill }));
    const told: JsonObject = {
      ...{ wallet, period: '2026-08', method: 'average', approval, accounts: 2 },
      ...{ policy: refOf(f, 'site', 'policy.published'), due: '40.000000' },
      ...{ bills: [refOf(f, 'site', 'gridbill.recorded')], corrected: '0.000000' },
      ...{ charges: formatMicros(charges), of: formatMicros(charges) },
      surplus: formatMicros(surplus),
    };
    const settled = { ...told, ...lie.settled };
    f.write('site', 'passthrough.settled', SETTLED_AT, plain(settled));
    const honestPart = (surplus * parseMicros(own)) / charges;
    const amount = formatMicros(lie.part?.(honestPart) ?? honestPart);
    const credit = {
      ...{ kind: 'surplus', reason: 'grid-bill-2026-08', approval },
      share: {
        settled: refOf(f, 'site', 'passthrough.settled'),
        statement: refOf(f, TENANT, 'statement.issued'),
      },
      moves: [{ wallet, amount }],
      postings: [
        { account: OWN, amount: `-${amount}`, currency: 'CNY' },
        { account: 'pass-through:electricity', amount, currency: 'CNY' },
      ],
    };
    f.move(TENANT, AT, 'adjustment.posted', plain({ ...credit, ...lie.credit?.(f) }));
  };
}

/** A surplus that goes back by the rules; the bill is verified. */
export const honestSurplus: Step = all(honest['use-3'], giveBack());

function lied(name: string, expected: Parameters<typeof forged>[2], lie: Lie): Attack {
  return forged('operator', name, expected, { 'use-3': all(honest['use-3'], giveBack(lie)) });
}

const differs = [6, 'surplus-differs'] as const;
const missing = [6, 'past-event-missing'] as const;

export const surplusAttacks: readonly Attack[] = [
  lied('a part smaller than the charges make', differs, { part: (micros) => micros - 10_000n }),
  lied('a part larger than the charges make', differs, { part: (micros) => micros + 2n }),
  lied('a surplus made small', differs, {
    settled: { surplus: '0.010000' },
    part: () => 1n,
  }),
  lied('more due than the grid billed', differs, {
    settled: { due: '99.000000', surplus: '0.010000' },
    part: () => 1n,
  }),
  lied('a bill of the grid whose rows are not the whole of it', differs, {
    bill: { amount: '90.000000' },
  }),
  lied('a bill of another month', differs, { bill: { period: '2026-07' } }),
  lied('a bill of the house’s own use passed on', differs, {
    bill: {
      rows: [{ period: 'all', quantity: '80.000000', own: '40.000000', amount: '40.000000' }],
    },
  }),
  lied('another method than the policy says', differs, { policy: { method: 'by-period' } }),
  lied('a policy that asks for no return', differs, { policy: { limit: 'none' } }),
  lied('a period settled without a bill', differs, {
    settled: { bills: [] },
  }),
  lied('a period that one person settled', differs, {
    settled: { approval: { asked: 'books-1', approved: 'books-1' } },
  }),
  lied('a period that was never settled', missing, {
    credit: (f) => ({
      share: {
        settled: { n: 3, hash: 'cd'.repeat(32) },
        statement: refOf(f, TENANT, 'statement.issued'),
      },
    }),
  }),
  lied('the part of a bill that is none', missing, {
    credit: (f) => ({
      share: {
        settled: refOf(f, 'site', 'passthrough.settled'),
        statement: refOf(f, TENANT, 'topup.credited'),
      },
    }),
  }),
  lied('a surplus as a present', differs, {
    credit: () => ({ kind: 'goodwill' }),
  }),
  forged('operator', 'a surplus returned twice to one', differs, {
    'use-3': all(honest['use-3'], giveBack(), (f) => {
      const event = f.account(TENANT).events.at(-1);
      const { data } = JSON.parse(event?.text ?? '{}');
      const moves = data.moves.map(({ wallet, amount }: JsonObject) => ({ wallet, amount }));
      f.move(TENANT, AT, 'adjustment.posted', { ...data, moves });
    }),
  }),
];
