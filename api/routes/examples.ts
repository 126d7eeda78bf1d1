/** The examples of the API document tell one story in the order of the routes; a test runs it. */
export const SITE = 'harbour';
export const ACCOUNT = 'K3F7-9Q2M';
export const METER = 'E-0412';
export const BRIDGE = 'roof-1';
export const TARIFF = {
  v: 2,
  id: 'tou',
  version: 1,
  name: 'Electricity, day and night',
  utility: 'electricity',
  currency: 'CNY',
  unit: 'kWh',
  zone: 'Asia/Shanghai',
  validFrom: '2026-08-31T16:00:00.000Z',
  rounding: { mode: 'half-up', scale: 6 },
  window: 'month',
  tiers: [{ tier: 'all' }],
  calendar: [],
  seasons: [
    {
      season: 'year',
      months: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
      days: [
        {
          on: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun', 'holiday'],
          spans: [
            { from: '00:00', to: '08:00', period: 'valley' },
            { from: '08:00', to: '22:00', period: 'peak' },
            { from: '22:00', to: '24:00', period: 'valley' },
          ],
        },
        { on: ['event'], spans: [{ from: '00:00', to: '24:00', period: 'peak' }] },
      ],
    },
  ],
  prices: [
    { period: 'peak', tier: 'all', price: '0.926841' },
    { period: 'valley', tier: 'all', price: '0.312000' },
  ],
  fees: [],
};
/** Nothing is metered under it: a share of the lift's use, and parking. */
export const COMMON = {
  ...{ ...TARIFF, id: 'common', name: 'Common use and parking' },
  ...{ tiers: [], seasons: [], prices: [] },
  shares: [
    {
      ...{ share: 'lift', kind: 'common-area', key: 'area', pool: 'quantity' },
      price: '0.926841',
    },
  ],
  parking: {
    ...{ blockMinutes: 60, price: '5.000000', freeMinutes: 15, free: 'whole-stay' },
    dailyCap: '40.000000',
  },
};
/** The ledger gives statements their ids; this one stands for whichever it gave. */
export const STATEMENT = 'S-2026-09-0001';
/** The server gives these ids, too. */
export const ENDPOINT_ID = 'e'.repeat(16);
export const DELIVERY_ID = `${'9'.repeat(13)}~msg_test_example`;
export const JOB_ID = `${'9'.repeat(13)}${'0'.repeat(12)}`;
export const APPROVAL_ID = 'A-0001';
export const SESSION_ID = 'anna~000000000000';
