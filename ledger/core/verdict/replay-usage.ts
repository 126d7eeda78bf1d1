import {
  type MeterInstalled,
  type RegisterRef,
  readingReleased,
  type UsageDeducted,
  usageDeducted,
} from '../event-data.ts';
import { parseEvent } from '../event.ts';
import type { Reading } from '../reading.ts';
import { Refusal } from '../refusal.ts';
import { parseTime } from '../time.ts';
import { usageEventText } from '../usage-event.ts';
import { chargeSpan, consumption, freshProgress, planInterval } from '../usage.ts';
import type { Opened, Record_ } from './case.ts';
import { dataOf } from './check-readings.ts';
import { explainDifference } from './explain-usage.ts';
import type { Walk } from './replay-charges.ts';
import { effectOf, moveWallet } from './wallets.ts';

/** Parts of a usage event's text that name its readings; all else is computed and compared. */
const PARTS =
  /"from":\{"at":"[^"]*","hash":"([0-9a-f]{64})".*"meter":"([^"]*)","period":"([^"]*)".*"to":\{"at":"[^"]*","hash":"([0-9a-f]{64})"/;
const SPAN = /"span":\{"from":"([^"]*)","to":"([^"]*)"\}/;

/** How far a meter's records have been charged. */
interface Cursor {
  readonly hash: string;
  readonly toMs: number;
}

/** Recomputes each `usage.deducted` event of the bill from its two readings and the tariff. */
export class UsageReplay {
  count = 0;
  readonly #walk: Walk;
  readonly #records: ReadonlyMap<string, { readonly record: Record_; readonly at: number }>;
  readonly #cursors = new Map<string, Cursor>();
  readonly #released: ReadonlySet<string>;
  readonly #held: ReadonlySet<string>;
  readonly #used = new Set<string>();

  constructor(walk: Walk) {
    this.#walk = walk;
    const { records, openings } = walk.opened;
    this.#records = new Map(records.map((record, at) => [record.hash, { record, at }]));
    const hashesOf = (type: string) =>
      new Set(
        openings
          .filter(({ event }) => event.type === type)
          .map(({ text }) => hashIn(dataOf(text))),
      );
    this.#released = hashesOf('reading.released');
    this.#held = hashesOf('reading.held');
  }

  replay(entry: Opened, pointer: string): void {
    const { opened, layers } = this.#walk;
    const parts = PARTS.exec(entry.text);
    const period = parts?.[3];
    if (parts === null || period !== opened.statement.period) {
      this.#passOver(entry, pointer);
      return;
    }
    this.count += 1;
    try {
      this.#charge(entry, parts, pointer);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      layers.fail(5, error.code, error.params, pointer);
    }
  }

  /** Every good record of the bill must have been charged or set aside by an event. */
  finish(): void {
    for (const { record, at } of this.#records.values()) {
      const { status, meter, seq } = record.reading;
      if (status !== 'good' && status !== 'substitute') continue;
      if (this.#used.has(record.hash) || this.#held.has(record.hash)) continue;
      this.#walk.layers.fail(4, 'reading-skipped', { meter, seq }, `/readings/${at}`);
    }
  }

  /** An event of another bill inside the range: only its form and its balance count here. */
  #passOver(entry: Opened, pointer: string): void {
    const data = parseEvent(entry.text).data;
    const effect = effectOf('usage.deducted', data);
    if (effect === undefined) return;
    moveWallet(this.#walk, effect, pointer);
  }

  #charge(entry: Opened, parts: RegExpExecArray, pointer: string): void {
    const { opened, setup, balances, layers, sums } = this.#walk;
    const [, fromHash = '', meter = '', period = '', toHash = ''] = parts;
    const binding = setup.bindings.get(meter);
    if (binding === undefined) throw new Refusal('meter-unknown', 'No such meter.', { meter });
    const from = this.#ref(fromHash, binding);
    const to = this.#ref(toHash, binding);
    if (from === undefined || to === undefined) {
      throw new Refusal('reading-not-in-bundle', 'The charge names another reading.', { meter });
    }
    const span = this.#span(entry, binding, from, to);
    this.#follow(binding, from, to, span, pointer);
    const late = span.month < period;
    if (span.month > period || (late && !entry.text.includes('"late":true,"lines"'))) {
      throw new Refusal('period-differs', 'Wrong bill.', { found: period, expected: span.month });
    }
    const progress = setup.progress.get(meter) ?? freshProgress();
    setup.progress.set(meter, progress);
    const charge = chargeSpan(progress, span, period);
    const balanceMicros = (balances.get(binding.wallet) ?? 0n) - charge.amountMicros;
    const { event } = entry;
    const expected = usageEventText({
      log: event.log,
      account: event.account,
      n: event.n,
      prev: event.prev,
      id: event.id,
      currency: opened.statement.currency,
      binding,
      from,
      to,
      rollover: span.rollover,
      span,
      partial: span.partial,
      period,
      charge,
      balanceMicros,
    });
    const [fromMs, toMs] = [span.fromMs, span.toMs];
    if (expected === entry.text) balances.set(binding.wallet, balanceMicros);
    else this.#explain(entry, expected, pointer);
    const { amountMicros, usedMicros, lines } = charge;
    const { tariff } = span.version;
    const { ref } = span.version;
    const { quantityMicros } = span;
    const window = tariff.window;
    sums.addUsage({
      binding,
      from,
      to,
      tariff: ref,
      window,
      quantityMicros,
      usedMicros,
      amountMicros,
      lines,
    });
    opened.charged.push({ meter, fromMs, toMs, lines });
    if (tariff.unit !== binding.unit) {
      const params = { meter, found: tariff.unit, expected: binding.unit };
      layers.fail(5, 'unit-differs', params, pointer);
    }
    if (tariff.currency !== opened.statement.currency) {
      layers.fail(5, 'currency-differs', { found: tariff.currency }, pointer);
    }
  }

  #span(entry: Opened, binding: MeterInstalled, from: RegisterRef, to: RegisterRef) {
    const interval = { fromMs: parseTime(from.at), toMs: parseTime(to.at) };
    if (interval.fromMs >= interval.toMs) {
      throw new Refusal('interval-order', 'Ends before it starts.', { meter: binding.meter });
    }
    const { quantityMicros, rollover } = consumption(binding, from.value, to.value);
    const spans = planInterval(this.#walk.setup.book, binding.tariff, { ...interval, quantityMicros });
    const claimed = SPAN.exec(entry.text);
    const fromMs = claimed === null ? interval.fromMs : parseTime(claimed[1] ?? '');
    const span = spans.find((part) => part.fromMs === fromMs);
    if (span === undefined) {
      throw new Refusal('interval-mismatch', 'The charge covers another time.', {
        meter: binding.meter,
        from: claimed?.[1] ?? from.at,
      });
    }
    return { ...span, partial: spans.length > 1, rollover };
  }

  /** Charges of a meter follow each other without a hole and without an overlap. */
  #follow(
    binding: MeterInstalled,
    from: RegisterRef,
    to: RegisterRef,
    span: { readonly fromMs: number; readonly toMs: number },
    pointer: string,
  ): void {
    const { meter } = binding;
    const cursor = this.#cursors.get(meter) ?? this.#start(meter, from, to);
    const follows =
      cursor === undefined ||
      (cursor.toMs === span.fromMs && (cursor.hash === from.hash || cursor.hash === to.hash)) ||
      this.#released.has(from.hash);
    if (!follows) {
      const params = { meter, from: from.at, expected: cursor?.hash.slice(0, 16) ?? '' };
      this.#walk.layers.fail(5, 'interval-mismatch', params, pointer);
    }
    this.#cursors.set(meter, { hash: to.hash, toMs: span.toMs });
    this.#used.add(from.hash).add(to.hash);
  }

  /** Where the bill before left the meter; its last interval may reach over the month's end. */
  #start(meter: string, from: RegisterRef, to: RegisterRef): Cursor | undefined {
    const before = this.#walk.opened.previous?.statement;
    const last = before?.meters.find((line) => line.meter === meter)?.to;
    if (before === undefined || last === undefined) return undefined;
    const straddles = last.hash === to.hash && last.hash !== from.hash;
    // It was billed up to that month's end: the part before may not be charged again.
    return { hash: last.hash, toMs: parseTime(straddles ? before.to : last.at) };
  }

  #ref(hash: string, binding: MeterInstalled): RegisterRef | undefined {
    const found = this.#records.get(hash);
    if (found === undefined) return undefined;
    const { reading } = found.record;
    this.#holdAgainst(binding, reading, found.at);
    const register = registerOf(reading, binding);
    if (register === undefined) return undefined;
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
      ['ratio-differs', 5, `${reading.ratio.ct}/${reading.ratio.pt}`, `${binding.ct}/${binding.pt}`],
      ['unit-differs', 5, registerOf(reading, binding)?.unit ?? '', binding.unit],
    ];
    for (const [code, layer, found, expected] of checks) {
      if (found !== expected) layers.fail(layer, code, { meter, found, expected }, pointer);
    }
  }

  #explain(entry: Opened, expected: string, pointer: string): void {
    const found = usageDeducted(parseEvent(entry.text).data, '/data');
    const right: UsageDeducted = usageDeducted(dataOf(expected), '/data');
    explainDifference(this.#walk.layers, entry, right, found, pointer);
    const { wallet, balance } = found;
    this.#walk.balances.set(wallet, BigInt(balance.replace('.', '')));
  }
}

/** Own members only: a register that is named like a member of every object is no register. */
function registerOf({ registers }: Reading, { register }: MeterInstalled) {
  return registers !== undefined && Object.hasOwn(registers, register)
    ? registers[register]
    : undefined;
}

function hashIn(data: unknown): string {
  return readingReleased(pickHash(data), '/data').hash;
}

function pickHash(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return data;
  const { meter, seq, hash }: { meter?: unknown; seq?: unknown; hash?: unknown } = data;
  return { meter, seq, hash };
}

