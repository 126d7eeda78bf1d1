import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flatTariff } from '../../test/samples/tariffs.ts';
import { canonicalize } from './canonical-json.ts';
import { formatMicros } from './decimal.ts';
import { parseEvent } from './event.ts';
import { type MeterInstalled, usageDeducted } from './event-data.ts';
import { TariffBook } from './tariff-book.ts';
import { formatTime } from './time.ts';
import { type UsageEvent, usageEventText } from './usage-event.ts';

const version = new TariffBook().add(flatTariff({ id: 'el-tou', zone: 'UTC' }));

const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/);
const hash = fc.stringMatching(/^[0-9a-f]{64}$/);
const micros = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n });
const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
const ratio = fc.integer({ min: 1, max: 999_999 }).map(String);
const decimal = fc.stringMatching(/^(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?$/);
const ref = fc.record({ seq: fc.maxSafeNat(), at: time.map(formatTime), value: decimal, hash });
const line = fc.record({
  period: id,
  tier: id,
  qty: micros,
  price: micros,
  amount: micros,
  before: micros,
});
const binding: fc.Arbitrary<MeterInstalled> = fc.record(
  {
    meter: id,
    serial: id,
    bridge: id,
    register: fc.stringMatching(/^[0-9A-Za-z:.*-]{1,32}$/),
    unit: fc.constant('kWh'),
    wallet: fc.stringMatching(/^[a-z][a-z-]{0,23}$/),
    ct: ratio,
    pt: ratio,
    tariff: id,
    modulus: decimal,
  },
  {
    requiredKeys: ['meter', 'serial', 'bridge', 'register', 'unit', 'wallet', 'ct', 'pt', 'tariff'],
  },
);
const usageEvent: fc.Arbitrary<UsageEvent> = fc
  .record({
    log: fc.stringMatching(/^[a-z0-9][a-z0-9.:/_-]{0,60}$/),
    account: id,
    n: fc.maxSafeNat(),
    prev: hash,
    id: fc.uuid({ version: 7 }),
    currency: fc.stringMatching(/^[A-Z]{3}$/),
    binding,
    from: ref,
    to: ref,
    rollover: fc.boolean(),
    partial: fc.boolean(),
    span: fc.record({
      fromMs: time,
      toMs: time,
      version: fc.constant(version),
      quantityMicros: micros,
      month: fc.constant('2026-08'),
    }),
    period: fc.constantFrom('2026-08', '2026-09'),
    charge: fc.record({
      usedMicros: micros,
      lines: fc.array(line, { maxLength: 5 }),
      amountMicros: micros,
    }),
    balanceMicros: micros,
  })
  .map((event) => ({
    ...event,
    rollover: event.rollover && event.binding.modulus !== undefined,
  }));

/** The event as docs/formats.md lists its members, each optional one only where it applies. */
function asObject(event: UsageEvent): unknown {
  const { binding: meter, span, charge, currency } = event;
  const amount = formatMicros(charge.amountMicros);
  const own = { account: `prepaid:${event.account}:${meter.wallet}`, amount, currency };
  const revenue = {
    account: `revenue:${meter.wallet}`,
    amount: formatMicros(-charge.amountMicros),
    currency,
  };
  return {
    v: 1,
    log: event.log,
    account: event.account,
    n: event.n,
    prev: event.prev,
    type: 'usage.deducted',
    at: formatTime(span.toMs),
    id: event.id,
    data: {
      meter: meter.meter,
      register: meter.register,
      from: event.from,
      to: event.to,
      ct: meter.ct,
      pt: meter.pt,
      quantity: formatMicros(span.quantityMicros),
      used: formatMicros(charge.usedMicros),
      tariff: version.ref,
      lines: charge.lines.map(({ period, tier, ...numbers }) => ({
        period,
        tier,
        qty: formatMicros(numbers.qty),
        price: formatMicros(numbers.price),
        amount: formatMicros(numbers.amount),
        before: formatMicros(numbers.before),
      })),
      amount,
      wallet: meter.wallet,
      balance: formatMicros(event.balanceMicros),
      period: event.period,
      postings: [own, revenue],
      ...(event.partial
        ? { span: { from: formatTime(span.fromMs), to: formatTime(span.toMs) } }
        : {}),
      ...(event.period === span.month ? {} : { late: true }),
      ...(event.rollover ? { rollover: meter.modulus } : {}),
    },
  };
}

describe('the text of a usage event', () => {
  it('is the canonical text of its object: spans, late, rollover, negative amounts', () => {
    fc.assert(
      fc.property(usageEvent, (event) => {
        expect(usageEventText(event)).toBe(canonicalize(asObject(event)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is an event whose data have the shape of the type', () => {
    fc.assert(
      fc.property(usageEvent, (event) => {
        const parsed = parseEvent(usageEventText(event));
        expect([parsed.type, parsed.n, parsed.id]).toEqual(['usage.deducted', event.n, event.id]);
        const data = usageDeducted(parsed.data, '/data');
        expect(data.lines).toHaveLength(event.charge.lines.length);
        expect([data.late ?? false, data.span !== undefined, data.rollover !== undefined]).toEqual([
          event.period !== event.span.month,
          event.partial,
          event.rollover,
        ]);
      }),
    );
  });
});
