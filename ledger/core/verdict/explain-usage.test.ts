import { describe, expect, it } from 'vitest';
import { type UsageDeducted, usageDeducted } from '../event-data.ts';
import { sayFinding } from '../words/render.ts';
import { explainDifference } from './explain-usage.ts';
import { LayerBook } from './layers.ts';

const HASH = 'ab'.repeat(32);
const peak = {
  ...{ period: 'peak', tier: 'all', before: '0.000000', qty: '169.534960' },
  ...{ price: '0.926841', amount: '157.131952' },
};
const flat = { ...peak, period: 'flat', qty: '1.000000', price: '0.617894', amount: '0.617894' };
const due = charge([flat, { ...flat, tier: 'second' }, peak], '158.367740');

/** A charge of two hours of the afternoon of 12 August, Shanghai time. */
function charge(lines: readonly object[], amount: string): UsageDeducted {
  const end = (hour: string) => ({
    ...{ seq: 1, at: `2026-08-12T${hour}:00:00.000Z`, value: '1.00', hash: HASH },
  });
  return usageDeducted(
    {
      ...{ meter: 'm-1', register: '1-0:1.8.0', from: end('06'), to: end('08'), ct: '1', pt: '1' },
      ...{ quantity: '171.534960', used: '171.534960', lines, amount, wallet: 'electricity' },
      ...{ tariff: { id: 'tou', version: 1, hash: HASH }, balance: '0.000000', period: '2026-08' },
      postings: [
        { account: 'prepaid:acc-1:electricity', amount, currency: 'CNY' },
        { account: 'revenue:electricity', amount: `-${amount}`, currency: 'CNY' },
      ],
    },
    '/data',
  );
}

function explained(lines: readonly object[], amount = due.amount) {
  const layers = new LayerBook();
  const head = { v: 1, type: 'usage.deducted', account: 'acc-1', n: 17 } as const;
  const event = { ...head, at: due.to.at, id: '', log: '', prev: HASH };
  const entry = { text: '', event, commitment: '' };
  explainDifference(layers, entry, 'kWh', due, charge(lines, amount), '/openings/17');
  return layers.list().flatMap(({ findings }) => findings);
}

function said(lines: readonly object[], amount?: string) {
  const about = { zone: 'Asia/Shanghai', currency: 'CNY' };
  return explained(lines, amount).map((finding) => sayFinding('en', finding, about));
}

const others = due.lines.slice(0, 2);

describe('a line with another price', () => {
  const forged = { ...peak, price: '1.200000', amount: '203.441952' };

  it('is told with day, unit and what it costs', () => {
    expect(said([...others, forged], '204.677740')).toEqual([
      'Line 3 (peak, 12 Aug): charged 1.200000, published 0.926841 yuan/kWh; 46.31 yuan too much.',
    ]);
  });

  it('is told with what the price alone means where the amount was kept', () => {
    expect(said([...others, { ...forged, amount: peak.amount }])).toEqual([
      'Line 3 (peak, 12 Aug): charged 1.200000, published 0.926841 yuan/kWh; 46.31 yuan too much.',
    ]);
    expect(said([...others, { ...peak, price: '0.826841' }])[0]).toContain(
      '; 16.953496 yuan too little.',
    );
  });
});

it('each member of a line has its own code, with the money of that line', () => {
  const fixed = { n: 17, at: '2026-08-12T08:00:00.000Z', unit: 'kWh', line: 3, tier: 'all' };
  const one = (change: object) => explained([...others, { ...peak, ...change }]);
  const object = '/openings/17/data/lines/2';
  const params = { ...fixed, period: 'peak', money: '0.000000' };
  expect([
    ...one({ period: 'sharp' }),
    ...one({ qty: '170.000000' }),
    ...one({ before: '5.000000' }),
    ...one({ amount: '167.131952' }),
  ]).toEqual([
    { code: 'line-period-differs', params: { ...params, found: 'sharp/all' }, object },
    {
      code: 'line-quantity-differs',
      params: { ...params, found: '170.000000', expected: '169.534960' },
      object,
    },
    {
      code: 'line-before-differs',
      params: { ...params, found: '5.000000', expected: '0.000000' },
      object,
    },
    {
      code: 'line-amount-differs',
      params: { ...params, money: '10.000000', found: '167.131952', expected: '157.131952' },
      object,
    },
  ]);
});

it('a line too many is told with the money of the whole charge', () => {
  expect(said([...others, peak, flat], '158.985634')).toEqual([
    'Entry 17: 4 lines, right is 3; 0.617894 yuan too much.',
  ]);
});
