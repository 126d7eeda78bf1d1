import { hex, utf8 } from '../../ledger/core/bytes.ts';
import { canonicalize, type JsonObject } from '../../ledger/core/canonical-json.ts';
import { formatMicros } from '../../ledger/core/decimal.ts';
import { type DeviceJwk, thumbprint } from '../../ledger/core/device-key.ts';
import { commitmentOf, type EventType } from '../../ledger/core/event.ts';
import type { MeterInstalled, RegisterRef } from '../../ledger/core/event-data.ts';
import { sha256 } from '../../ledger/core/primitives.ts';
import { readingText, ZERO_HASH } from '../../ledger/core/reading.ts';
import { StatementSums } from '../../ledger/core/statement.ts';
import type { Tariff } from '../../ledger/core/tariff.ts';
import { TariffBook } from '../../ledger/core/tariff-book.ts';
import { formatTime, parseTime } from '../../ledger/core/time.ts';
import { chargeSpan, consumption, freshProgress, planInterval } from '../../ledger/core/usage.ts';
import { usageEventText } from '../../ledger/core/usage-event.ts';
import { minorUnitsOf } from '../../ledger/core/verdict/bill-facts.ts';
import { dayPlan, flatTariff, REST_DAYS, WORKDAYS } from '../samples/tariffs.ts';

interface Opening {
  readonly event: string;
  readonly salt: string;
}

const ACCOUNT = 'K3F7-9Q2M';
const FROM = '2026-08-31T16:00:00.000Z';
const TO = '2026-09-30T16:00:00.000Z';
const BEFORE = '2026-08-01T00:00:00.000Z';
const PERIOD = '2026-09';

/** The events of a tenant's September 2026 in Shanghai, and the site's that they lean on. */
export class SampleAccount {
  readonly commitments: Uint8Array[] = [];
  readonly openings: Opening[] = [];
  readonly facts: (Opening & { readonly index: number })[] = [];
  readonly records: string[] = [];
  readonly lastRecords: string[] = [];
  readonly statementIndex: number;
  readonly minorUnits: string;
  readonly #origin: string;
  readonly #book = new TariffBook();
  readonly #chains = new Map<string, { n: number; prev: string }>();
  readonly #balances = new Map<string, bigint>();
  readonly #sums = new StatementSums({
    ...{ period: PERIOD, from: FROM, to: TO, zone: 'Asia/Shanghai', currency: 'CNY' },
    first: 0,
    previous: undefined,
  });

  constructor(origin: string, jwk: DeviceJwk, everyMinutes: number) {
    this.#origin = origin;
    const key = { bridge: 'bridge-a', epoch: 0, thumbprint: thumbprint(jwk), jwk: { ...jwk } };
    this.#append('site', 'device.key-enrolled', BEFORE, key);
    for (const tariff of [timeOfUse(), waterTiers()]) {
      this.#book.add(tariff);
      const data: JsonObject = JSON.parse(canonicalize({ tariff }));
      this.#append('site', 'tariff.published', BEFORE, data);
    }
    this.#append(ACCOUNT, 'account.opened', BEFORE, { currency: 'CNY', zone: 'Asia/Shanghai' });
    for (const meter of METERS) {
      this.#append(ACCOUNT, 'meter.installed', BEFORE, { ...meter });
    }
    this.#topUp('electricity', 1_500_000_000n);
    this.#topUp('water', 200_000_000n);
    const [electricity, water] = METERS;
    this.#use(electricity, everyMinutes, (i) => powerAt(i * everyMinutes, everyMinutes));
    this.#use(water, 24 * 60, (i) => 320 + ((i * 37) % 11) * 55);
    const statement = this.#sums.issue();
    this.statementIndex = this.commitments.length;
    const data: JsonObject = JSON.parse(canonicalize(statement));
    this.#append(ACCOUNT, 'statement.issued', '2026-10-01T01:00:00.000Z', data);
    this.minorUnits = minorUnitsOf(statement.total).toString();
  }

  #topUp(wallet: string, micros: bigint): void {
    const amount = formatMicros(micros);
    this.#balances.set(wallet, micros);
    this.#sums.addCredit(wallet, micros);
    this.#append(ACCOUNT, 'topup.credited', '2026-09-01T01:30:00.000Z', {
      ...{
        amount,
        wallet,
        balance: amount,
        method: 'front-desk',
        reference: 'R-1',
        period: PERIOD,
      },
      postings: [
        { account: 'cash:front-desk', amount, currency: 'CNY' },
        { account: `prepaid:${ACCOUNT}:${wallet}`, amount: `-${amount}`, currency: 'CNY' },
      ],
    });
  }

  /** Reads a meter all month and charges each interval. `quantity` in thousandths of the unit. */
  #use(meter: MeterInstalled, everyMinutes: number, quantity: (i: number) => number): void {
    const [startMs, endMs] = [parseTime(FROM), parseTime(TO)];
    const progress = freshProgress();
    let value = 10_412_300;
    let from = this.#read(meter, 0, startMs, value, ZERO_HASH);
    for (let i = 0, ms = startMs; ms < endMs; i += 1) {
      ms += everyMinutes * 60_000;
      value += quantity(i);
      const to = this.#read(meter, i + 1, ms, value, from.hash);
      this.#charge(meter, from, to, progress);
      from = to;
    }
    this.lastRecords.push(this.records.at(-1) ?? '');
  }

  #read(meter: MeterInstalled, seq: number, ms: number, value: number, prev: string): RegisterRef {
    const at = formatTime(ms);
    const shown = `${Math.floor(value / 1000)}.${String(value % 1000).padStart(3, '0')}`;
    const record = readingText({
      ...{ v: 1, bridge: 'bridge-a', epoch: 0, meter: meter.meter, serial: meter.serial, seq, at },
      ...{ clock: 'S', uptimeMs: 60_000 + seq * 1000, status: 'good', prev },
      registers: { [meter.register]: { unit: meter.unit, value: shown } },
      ratio: { ct: meter.ct, pt: meter.pt },
    });
    this.records.push(record);
    return { seq, at, value: shown, hash: hex(sha256(utf8(record))) };
  }

  #charge(
    binding: MeterInstalled,
    from: RegisterRef,
    to: RegisterRef,
    progress: ReturnType<typeof freshProgress>,
  ): void {
    const interval = { fromMs: parseTime(from.at), toMs: parseTime(to.at) };
    const { quantityMicros, rollover } = consumption(binding, from.value, to.value);
    for (const span of planInterval(this.#book, binding.tariff, { ...interval, quantityMicros })) {
      const charge = chargeSpan(progress, span, PERIOD);
      const balanceMicros = (this.#balances.get(binding.wallet) ?? 0n) - charge.amountMicros;
      this.#balances.set(binding.wallet, balanceMicros);
      const { n, prev } = this.#chain(ACCOUNT);
      const partial = span.fromMs !== interval.fromMs || span.toMs !== interval.toMs;
      const text = usageEventText({
        ...{ log: this.#origin, account: ACCOUNT, n, prev, id: idOf(ACCOUNT, n), currency: 'CNY' },
        ...{ binding, from, to, rollover, span, partial, period: PERIOD, charge, balanceMicros },
      });
      const { amountMicros, usedMicros, lines } = charge;
      const { ref, tariff } = span.version;
      this.#sums.addUsage({
        ...{
          binding,
          from,
          to,
          tariff: ref,
          window: tariff.window,
          usedMicros,
          amountMicros,
          lines,
        },
        quantityMicros: span.quantityMicros,
      });
      this.#commit(ACCOUNT, text, n === firstUseOf(binding, this.openings));
    }
  }

  #append(account: string, type: EventType, at: string, data: JsonObject): void {
    const { n, prev } = this.#chain(account);
    const id = idOf(account, n);
    const event = { v: 1, log: this.#origin, account, n, prev, type, at, id, data };
    this.#commit(account, canonicalize(event), account === 'site');
  }

  #commit(account: string, event: string, isFact: boolean): void {
    const { n } = this.#chain(account);
    const salt = sha256(utf8(`salt ${account} ${n}`));
    const commitment = commitmentOf(salt, event);
    const opening = { event, salt: hex(salt) };
    if (isFact) this.facts.push({ ...opening, index: this.commitments.length });
    if (account === ACCOUNT) this.openings.push(opening);
    this.commitments.push(commitment);
    this.#chains.set(account, { n: n + 1, prev: hex(commitment) });
  }

  #chain(account: string): { readonly n: number; readonly prev: string } {
    return this.#chains.get(account) ?? { n: 0, prev: ZERO_HASH };
  }
}

/** A bundle proves the place of the first event that uses a tariff; here that is a meter's first. */
function firstUseOf({ meter }: MeterInstalled, openings: readonly Opening[]): number {
  const used = openings.some(
    ({ event }) =>
      event.includes('"type":"usage.deducted"') && event.includes(`"meter":"${meter}"`),
  );
  return used ? -1 : openings.length;
}

const METERS: readonly [MeterInstalled, MeterInstalled] = [
  {
    ...{ meter: '0012', serial: 'ZB20260012', bridge: 'bridge-a', register: '1.8.0', unit: 'kWh' },
    ...{ wallet: 'electricity', ct: '40', pt: '1', tariff: 'office-tou' },
  },
  {
    ...{ meter: 'W-207', serial: 'W207', bridge: 'bridge-a', register: '8.1.0', unit: 'm3' },
    ...{ wallet: 'water', ct: '1', pt: '1', tariff: 'water' },
  },
];

function timeOfUse(): Tariff {
  const work =
    '00:00 valley 07:00 flat 08:00 peak 11:00 flat 18:00 sharp 21:00 flat 23:00 valley 24:00';
  return flatTariff({
    id: 'office-tou',
    name: 'Office time of use',
    rounding: { mode: 'half-up', scale: 2 },
    seasons: [
      {
        season: 'year',
        months: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
        days: [
          dayPlan(WORKDAYS, work),
          dayPlan(REST_DAYS, '00:00 valley 07:00 flat 23:00 valley 24:00'),
        ],
      },
    ],
    prices: [
      { period: 'sharp', tier: 'all', price: '1.112209' },
      { period: 'peak', tier: 'all', price: '0.926841' },
      { period: 'flat', tier: 'all', price: '0.617894' },
      { period: 'valley', tier: 'all', price: '0.308947' },
    ],
    ...BEFORE_IT_APPLIES,
  });
}

function waterTiers(): Tariff {
  return flatTariff({
    id: 'water',
    name: 'Water by tiers',
    utility: 'water',
    unit: 'm3',
    tiers: [{ tier: 't1', upTo: '12.000000' }, { tier: 't2' }],
    prices: [
      { period: 'all', tier: 't1', price: '3.450000' },
      { period: 'all', tier: 't2', price: '4.830000' },
    ],
    ...BEFORE_IT_APPLIES,
  });
}

const BEFORE_IT_APPLIES = { validFrom: '2026-08-15T16:00:00.000Z' };

/** Thousandths of a kWh before the ratio: more by day, most in the afternoon, with some unrest. */
function powerAt(minute: number, length: number): number {
  const hour = (minute / 60) % 24;
  const rest = Math.floor(minute / 1440) % 7 >= 4 && Math.floor(minute / 1440) % 7 <= 5;
  const day = hour >= 7.5 && hour < 21 ? 55 - Math.abs(14 - hour) * 4 : 5;
  const unrest = (Math.floor(minute / length) * 7919) % 13;
  return Math.round(((rest ? day * 0.4 : day) + unrest) * (length / 60));
}

function idOf(account: string, n: number): string {
  const digits = hex(sha256(utf8(`${account} ${n}`)));
  return `019901aa-0000-7${digits.slice(0, 3)}-8${digits.slice(3, 6)}-${digits.slice(6, 18)}`;
}
