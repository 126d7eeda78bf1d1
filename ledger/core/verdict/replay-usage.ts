import { parseMicros } from '../decimal.ts';
import { parseEvent } from '../event.ts';
import type { MeterInstalled, RegisterRef, UsageDeducted } from '../event-data.ts';
import { usageDeducted } from '../event-data.ts';
import { registerOf } from '../hold-rules.ts';
import type { Reading } from '../reading.ts';
import { Refusal } from '../refusal.ts';
import { parseTime } from '../time.ts';
import {
  type BilledSpan,
  chargeSpan,
  consumption,
  freshProgress,
  planInterval,
  type SpanCharge,
} from '../usage.ts';
import { usageEventText } from '../usage-event.ts';
import { effectsOf } from '../wallet-effects.ts';
import type { Opened } from './case.ts';
import { dataOf } from './check-readings.ts';
import { explainDifference } from './explain-usage.ts';
import type { Walk } from './replay-charges.ts';
import { moveWallets } from './wallets.ts';

/**
 * The frame of a usage event, with the parts that name its readings; all else is computed and compared.
 * No two neighbouring pieces can match the same character, so a hostile text costs one pass.
 */
const TEXT = '"[^"]*"';
const REF = `\\{"at":${TEXT},"hash":"([0-9a-f]{64})","seq":[0-9]+,"value":${TEXT}\\}`;
const PARTS = new RegExp(
  `^\\{"account":${TEXT},"at":${TEXT},"data":\\{"amount":${TEXT},"balance":${TEXT},"ct":${TEXT},` +
    `"from":${REF},(?:"late":true,)?"lines":\\[[^\\]]*\\],"meter":"([^"]*)","period":"([^"]*)",` +
    `"postings":\\[[^\\]]*\\],"pt":${TEXT},"quantity":${TEXT},"register":${TEXT},` +
    `(?:"rollover":${TEXT},)?(?:"span":\\{"from":"([^"]*)","to":${TEXT}\\},)?` +
    `"tariff":\\{[^}]*\\},"to":${REF},`,
);

/** Micros of more than 15 digits before the point: no reader of events takes such a number. */
const TOO_LARGE = 10n ** 21n;

interface Parts {
  readonly fromHash: string;
  readonly meter: string;
  readonly period: string;
  readonly spanFrom: string | undefined;
  readonly toHash: string;
}

/** Recomputes each `usage.deducted` event of the bill from its two readings and the tariff. */
export class UsageReplay {
  count = 0;
  /** True when a charge could not even be added up by its own word. */
  failed = false;
  readonly #walk: Walk;

  constructor(walk: Walk) {
    this.#walk = walk;
  }

  replay(entry: Opened, pointer: string, i: number): void {
    const { opened, layers, sums, periods } = this.#walk;
    const { n, at } = entry.event;
    const parts = partsOf(entry.text);
    if (parts === undefined) {
      layers.guard(5, () => usageDeducted(parseEvent(entry.text).data, '/data'));
      layers.fail(5, 'event-differs', { n }, pointer);
      this.failed = true;
      return;
    }
    const { period, meter, toHash } = parts;
    sums.range.usage(n, period, meter, toHash);
    layers.guard(5, () => {
      const expected = periods.expected(i, at, period, 'end');
      if (period === expected) return;
      layers.fail(5, 'period-differs', { n, found: period, expected }, pointer);
    });
    if (period !== opened.statement.period) {
      layers.guard(5, () => this.#passOver(entry, pointer));
      return;
    }
    this.count += 1;
    try {
      this.#charge(entry, parts, pointer);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      layers.fail(5, error.code, error.params, pointer);
      layers.guard(5, () => this.#believe(entry));
    }
  }

  /** An event of another bill inside the range: only its form and its balance count here. */
  #passOver(entry: Opened, pointer: string): void {
    const { data } = parseEvent(entry.text);
    const usage = usageDeducted(data, '/data');
    const isOlder = usage.period < this.#walk.opened.statement.period;
    this.#walk.meters.passed(usage.meter, usage.to, isOlder);
    moveWallets(this.#walk, effectsOf('usage.deducted', data), pointer);
  }

  #charge(entry: Opened, parts: Parts, pointer: string): void {
    const { opened, setup, balances, sums, meters } = this.#walk;
    const { meter, period } = parts;
    const binding = meters.binding(meter);
    if (binding === undefined) {
      for (const hash of [parts.fromHash, parts.toHash]) meters.named(hash);
      throw new Refusal('meter-unknown', 'No such meter.', { meter });
    }
    const from = this.#ref(parts.fromHash, binding, entry);
    const to = this.#ref(parts.toHash, binding, entry);
    const span = this.#span(parts, binding, from, to);
    const { tariff, ref } = span.version;
    this.#checkTariff(span, binding, pointer);
    meters.charged(meter, from, to, span, pointer);
    const progress = setup.progress.get(meter) ?? freshProgress();
    setup.progress.set(meter, progress);
    const charge = chargeSpan(progress, span, period);
    const balanceMicros = (balances.get(binding.wallet) ?? 0n) - charge.amountMicros;
    refuseLarge(balanceMicros, charge, span);
    const { log, account, n, prev, id } = entry.event;
    const expected = usageEventText({
      ...{ log, account, n, prev, id, currency: opened.statement.currency },
      ...{ binding, from, to, span, period, charge, balanceMicros },
      rollover: span.rollover,
      partial: span.partial,
    });
    if (expected !== entry.text) {
      this.#explain(entry, binding.unit, expected, pointer);
      return;
    }
    balances.set(binding.wallet, balanceMicros);
    const { amountMicros, usedMicros, lines } = charge;
    const { window } = tariff;
    const { quantityMicros, fromMs, toMs } = span;
    const own = span.month === period ? { fromMs, toMs } : undefined;
    sums.addUsage({
      ...{ binding, from, to, tariff: ref, window },
      ...{ quantityMicros, usedMicros, amountMicros, lines, own },
    });
    opened.charged.push({ meter, fromMs, toMs, lines });
  }

  #checkTariff(span: BilledSpan, { meter, unit }: MeterInstalled, pointer: string): void {
    const { tariff } = span.version;
    if (tariff.unit !== unit) {
      const params = { meter, found: unit, expected: tariff.unit };
      this.#walk.layers.fail(5, 'unit-differs', params, pointer);
    }
  }

  #span(parts: Parts, binding: MeterInstalled, from: RegisterRef, to: RegisterRef) {
    const interval = { fromMs: parseTime(from.at), toMs: parseTime(to.at) };
    if (interval.fromMs >= interval.toMs) {
      throw new Refusal('interval-order', 'Ends before it starts.', { meter: binding.meter });
    }
    const { quantityMicros, rollover } = consumption(binding, from.value, to.value);
    const { book, terms } = this.#walk.setup;
    const whole = { ...interval, quantityMicros };
    const spans = planInterval(book, binding.tariff, whole, terms.of);
    const { spanFrom } = parts;
    const fromMs = spanFrom === undefined ? interval.fromMs : parseTime(spanFrom);
    const span = spans.find((part) => part.fromMs === fromMs);
    if (span === undefined) {
      throw new Refusal('interval-mismatch', 'The charge covers another time.', {
        meter: binding.meter,
        from: spanFrom ?? from.at,
      });
    }
    return { ...span, partial: spans.length > 1, rollover };
  }

  #ref(hash: string, binding: MeterInstalled, { event }: Opened): RegisterRef {
    const { meter, register: expected } = binding;
    const found = this.#walk.meters.named(hash);
    if (found === undefined) {
      throw new Refusal('reading-not-in-bundle', 'The charge names another reading.', { meter });
    }
    const { reading } = found.record;
    this.#holdAgainst(binding, reading, found.at);
    const register = registerOf(reading, expected);
    if (register === undefined) {
      const params = { n: event.n, found: '', expected, money: '0.000000' };
      throw new Refusal('register-differs', 'The reading has no such register.', params);
    }
    return { seq: reading.seq, at: reading.at, value: register.value, hash };
  }

  /** The signed record must be of the meter that the log binds, with its ratios and unit. */
  #holdAgainst(binding: MeterInstalled, reading: Reading, at: number): void {
    const { layers } = this.#walk;
    const { meter } = binding;
    const pointer = `/readings/${at}`;
    const checks: readonly [string, number, string, string][] = [
      ['meter-changed', 4, reading.meter, meter],
      ['serial-differs', 4, reading.serial, binding.serial],
      ['bridge-differs', 3, reading.bridge, binding.bridge],
      [
        'ratio-differs',
        5,
        `${reading.ratio.ct}/${reading.ratio.pt}`,
        `${binding.ct}/${binding.pt}`,
      ],
      [
        'unit-differs',
        5,
        registerOf(reading, binding.register)?.unit ?? binding.unit,
        binding.unit,
      ],
    ];
    for (const [code, layer, found, expected] of checks) {
      if (found !== expected) layers.fail(layer, code, { meter, found, expected }, pointer);
    }
  }

  #explain(entry: Opened, unit: string, expected: string, pointer: string): void {
    const found = usageDeducted(parseEvent(entry.text).data, '/data');
    const right: UsageDeducted = usageDeducted(dataOf(expected), '/data');
    explainDifference(this.#walk.layers, entry, unit, right, found, pointer);
    this.#believe(entry);
  }

  /**
   * Goes on from what a wrong charge says of itself: it is found by layer 5, and layer 6 asks only whether
   * the bill adds up from its own entries. So one lie is one finding, in the layer that it concerns.
   */
  #believe({ text, event }: Opened): void {
    const { balances, sums, meters, setup } = this.#walk;
    const { data } = parseEvent(text);
    const { meter, from, to, tariff, quantity, used, lines, amount, ...told } = usageDeducted(
      data,
      '/data',
    );
    const installed = meters.binding(meter);
    balances.set(told.wallet, parseMicros(told.balance));
    const versions = setup.book.versions(tariff.id);
    const version = versions.find(({ ref }) => ref.version === tariff.version) ?? versions[0];
    if (installed === undefined || version === undefined) {
      this.failed = true;
      return;
    }
    const { register, ct, pt, wallet } = told;
    const ended = { fromMs: parseTime(told.span?.from ?? from.at), toMs: parseTime(event.at) };
    const isOwn = this.#walk.periods.monthOf(event.at, 'end') === told.period;
    const own = isOwn ? ended : undefined;
    sums.addUsage({
      ...{ binding: { ...installed, register, ct, pt, wallet }, from, to, tariff },
      ...{ window: version.tariff.window, own },
      quantityMicros: parseMicros(quantity),
      usedMicros: parseMicros(used),
      amountMicros: parseMicros(amount),
      lines: lines.map(({ period, tier, ...line }) => ({
        ...{ period, tier, qty: parseMicros(line.qty), price: parseMicros(line.price) },
        ...{ amount: parseMicros(line.amount), before: parseMicros(line.before) },
      })),
    });
  }
}

function refuseLarge(balanceMicros: bigint, charge: SpanCharge, span: BilledSpan): void {
  const { amountMicros, usedMicros, lines } = charge;
  const totals = [balanceMicros, amountMicros, usedMicros, span.quantityMicros];
  const parts = lines.flatMap(({ qty, price, amount, before }) => [qty, price, amount, before]);
  for (const micros of [...totals, ...parts]) {
    if (micros < TOO_LARGE && micros > -TOO_LARGE) continue;
    throw new Refusal('bad-shape', 'A number has more than 15 digits.', { pointer: '/data' });
  }
}

function partsOf(text: string): Parts | undefined {
  const m = PARTS.exec(text);
  if (m === null) return undefined;
  const [, fromHash = '', meter = '', period = '', spanFrom, toHash = ''] = m;
  return { fromHash, meter, period, spanFrom, toHash };
}
