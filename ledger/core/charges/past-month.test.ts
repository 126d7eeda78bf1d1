import { expect, test } from 'vitest';
import { zoneOf } from '../zone.ts';
import { type PastEvent, pastMonth } from './past-month.ts';

const ZONE = zoneOf('Asia/Shanghai');
const REF = { id: 'power', version: 2, hash: '00'.repeat(32) };

function usage(from: string, to: string, quantity: string, used: string): PastEvent {
  const ref = { seq: 1, value: '1.00', hash: '11'.repeat(32) };
  const data = {
    ...{ meter: 'm-1', register: '1-0:1.8.0', ct: '1', pt: '1', wallet: 'electricity' },
    ...{ from: { ...ref, at: from }, to: { ...ref, at: to }, quantity, used, tariff: REF },
    ...{ lines: [], amount: '1.000000', balance: '0.000000', period: '2026-09', postings: [] },
  };
  return { type: 'usage.deducted', at: to, data };
}

test('a past month is what its events say, and no other month', () => {
  const line = {
    ...{ formula: 'poolAmount x numerator / denominator', share: 'lift', kind: 'common-area' },
    ...{ key: 'area', poolAmount: '90.000000', numerator: '30.000000', denominator: '90.000000' },
    amount: '30.000000',
  };
  const share = {
    ...{ charge: 'share', name: 'lift', line, tariff: { ...REF, id: 'common' } },
    ...{ amount: '30.000000', wallet: 'electricity', balance: '0.000000', period: '2026-09' },
    postings: [],
  };
  const terms = { quantities: { area: '30.000000' } };
  const events = [
    {
      type: 'terms.set',
      at: '2026-08-20T00:00:00.000Z',
      data: { version: 1, from: '2026-08', terms },
    },
    usage('2026-08-30T00:00:00.000Z', '2026-08-31T16:00:00.000Z', '9.000000', '0.000000'),
    usage('2026-08-31T16:00:00.000Z', '2026-09-02T00:00:00.000Z', '4.000000', '2.500000'),
    usage('2026-09-02T00:00:00.000Z', '2026-09-03T00:00:00.000Z', '5.000000', '6.500000'),
    { type: 'charge.posted', at: '2026-09-30T16:00:00.000Z', data: share },
  ];
  const evidence = { source: 'Weather office', text: 'Hot', hash: '22'.repeat(32) };
  const day = { tariff: 'power', date: '2026-09-04', as: 'event', evidence };
  const site = [{ type: 'event-day.declared', at: '2026-09-03T00:00:00.000Z', data: day }];
  expect(pastMonth('a-1', '2026-09', ZONE, events, site)).toEqual({
    billedBy: REF,
    facts: {
      ...{ account: 'a-1', period: '2026-09', terms, stays: [], eventDates: ['2026-09-04'] },
      usedMicros: 2_500_000n,
      intervals: [
        {
          fromMs: Date.parse('2026-08-31T16:00:00.000Z'),
          toMs: Date.parse('2026-09-02T00:00:00.000Z'),
          quantityMicros: 4_000_000n,
        },
        {
          fromMs: Date.parse('2026-09-02T00:00:00.000Z'),
          toMs: Date.parse('2026-09-03T00:00:00.000Z'),
          quantityMicros: 5_000_000n,
        },
      ],
      pools: [
        {
          share: 'lift',
          pool: 90_000_000n,
          weights: [
            { account: 'a-1', weight: 30_000_000n },
            { account: 'a-1-others', weight: 60_000_000n },
          ],
        },
      ],
    },
  });
});
