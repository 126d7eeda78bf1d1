import { formatMicros } from '../../ledger/core/decimal.ts';
import type { Forger } from '../support/forge.ts';
import { type Attack, forged, type Twist } from './attack.ts';
import { old, returned, taken } from './deposit-attacks.ts';
import { move } from './move-attacks.ts';
import { all, honest, type Step, TENANT } from './story.ts';

const AT = '2026-09-20T03:00:00.000Z';
const OWN = 'prepaid:acc-1:electricity';
const closed = (data: { reason?: string } = { reason: 'lease-ended' }): Step => {
  return (f) => void f.write(TENANT, 'account.closed', AT, data);
};

/** Pays all of it back, as honest people do before they close an account. */
const paidBack: Step = (f: Forger) => {
  const micros = f.balance(TENANT, 'electricity');
  const amount = formatMicros(micros);
  const postings = [
    { account: OWN, amount, currency: 'CNY' },
    { account: 'cash:cash', amount: formatMicros(-micros), currency: 'CNY' },
  ];
  move('refund', () => ({ amount, postings, of: undefined }))(f);
};

/** Accounts that go on after their end, or end too soon. */
export const closingAttacks: readonly Attack[] = [
  forged('operator', 'account closed with the tenant’s money in it', [6, 'closed-with-money'], {
    fee: all(honest.fee, closed()),
  }),
  forged('operator', 'account closed over the tenant’s deposit', [6, 'closed-with-money'], {
    fee: all(honest.fee, taken(), paidBack, closed()),
  }),
  forged('operator', 'account closed over a part of a deposit', [6, 'closed-with-money'], {
    fee: all(honest.fee, taken(), returned(undefined, '499.999999'), paidBack, closed()),
  }),
  forged('operator', 'use charged to an account that was closed', [6, 'account-closed'], {
    'use-3': all(honest['use-3'], paidBack, closed()),
    fee: undefined,
  }),
  forged('operator', 'fee charged to an account that was closed', [6, 'account-closed'], {
    'use-4': all(honest['use-4'], paidBack, closed()),
  }),
  forged('operator', 'account closed twice', [6, 'account-closed'], {
    fee: all(honest.fee, paidBack, closed(), closed()),
  }),
  forged('operator', 'account closed without a reason', [6, 'bad-shape'], {
    fee: all(honest.fee, paidBack, closed({})),
  }),
];

/** The same by the rules: nothing left, nothing after it. */
export const closedHonestly: Readonly<Record<string, Twist>> = {
  'was paid back': { fee: all(honest.fee, paidBack, closed()) },
  'had its deposit back': { fee: all(honest.fee, taken(), returned(), paidBack, closed()) },
  'had a deposit back over two bills': {
    'august-use': all(
      ...[honest['august-use'], old],
      returned(undefined, '200.000000', '2026-08-30T03:00:00.000Z'),
    ),
    fee: all(honest.fee, returned(undefined, '300.000000'), paidBack, closed()),
  },
};
