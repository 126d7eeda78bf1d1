import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../ledger/core/canonical-json.ts';
import type { EventType } from '../ledger/core/event.ts';
import { verifyBundle } from '../ledger/core/verdict.ts';
import { type Draft, exampleBill, type Lie } from './support/example-bill.ts';
import { secondBill } from './support/second-bill.ts';

/** Failures of a bill by an operator who signs whatever is logged: every proof and signature holds. */
function findings(bundle: string): string[] {
  return verifyBundle(bundle, {}).layers.flatMap(({ n, status, findings: found }) =>
    status === 'failed' ? found.map(({ code }) => `${n} ${code}`) : [],
  );
}

function changing(type: EventType, change: (draft: Draft) => Partial<Draft>): Lie {
  return (draft) => [draft.type === type ? { ...draft, ...change(draft) } : draft];
}

function changingData(type: EventType, change: JsonObject): Lie {
  return changing(type, ({ data }) => ({ data: { ...data, ...change } }));
}

const twice: Lie = (draft) => (draft.type === 'fee.charged' ? [draft, draft] : [draft]);
const nextMonth = { at: '2026-10-31T16:00:00.000Z' };
const midMonth = { at: '2026-09-15T16:00:00.000Z' };

describe('an operator with the log key', () => {
  it('is believed when it tells the truth', () => {
    expect(findings(exampleBill().bundle)).toEqual([]);
  });

  it.each<[string, Lie, string[]]>([
    ['charges a fee twice', twice, ['5 fee-differs', '6 balance-differs', '6 statement-differs']],
    [
      'charges next month’s fee',
      changing('fee.charged', () => nextMonth),
      ['5 period-differs', '5 fee-differs'],
    ],
    ['ends a month early', changing('fee.charged', () => midMonth), ['5 fee-differs']],
    [
      'counts fifteen of fifteen days',
      changingData('fee.charged', { days: 15, of: 15 }),
      ['5 fee-differs', '6 statement-differs'],
    ],
    [
      'counts more days than there are',
      changingData('fee.charged', { days: 31, of: 31 }),
      ['5 fee-differs', '6 statement-differs'],
    ],
    [
      'takes a key of another epoch for this one',
      changingData('device.key-enrolled', { epoch: 2 }),
      ['3 device-key-unknown'],
    ],
    [
      'takes a tariff from another ledger',
      changing('tariff.published', () => ({ log: 'other.example/log' })),
      ['2 event-log-differs'],
    ],
    [
      'publishes a tariff after it applied',
      changing('tariff.published', () => ({ at: '2026-09-02T00:00:00.000Z' })),
      ['5 tariff-late'],
    ],
    [
      'installs another meter than was read',
      changingData('meter.installed', { serial: '20241104' }),
      [...Array.from({ length: 4 }, () => '4 serial-differs'), '6 statement-differs'],
    ],
    [
      'opens the account by the clock of another city',
      changingData('account.opened', { zone: 'Europe/London' }),
      ['6 zone-differs'],
    ],
    [
      'credits less than it posts',
      changingData('topup.credited', { amount: '99.000000' }),
      ['6 postings-differ', '6 balance-differs', '6 statement-differs'],
    ],
  ])('is found out when it %s', (_, lie, expected) => {
    expect(findings(exampleBill(lie).bundle)).toEqual(expected);
  });

  it('is found out when it bills one unit by the prices of another', () => {
    const { bundle } = exampleBill(undefined, { unit: 'm³' });
    expect(findings(bundle)).toEqual(['5 unit-differs', '5 unit-differs']);
  });

  it('gets a verdict and no exception for a top-up that nobody can read', () => {
    const lie = changingData('topup.credited', { extra: 'x' });
    expect(findings(exampleBill(lie).bundle)).toEqual([
      ...['6 bad-shape', '6 balance-differs', '6 statement-differs'],
    ]);
  });
});

describe('a second bill', () => {
  it('continues the first over the border of the months, a new price list and a rollover', () => {
    const { overall, bill } = verifyBundle(secondBill(), {});
    expect([overall, bill?.statement.first, bill?.events, bill?.readings]).toEqual([
      ...['verified', 7, 6, 4],
    ]);
  });

  it('is found out when it charges again, as late, what the first has charged', () => {
    expect(findings(secondBill(true))).toEqual(['5 period-differs', '5 interval-mismatch']);
  });
});
