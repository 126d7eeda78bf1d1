import {
  type MeterInstalled,
  meterInstalled,
  meterRemoved,
  type RegisterRef,
  readingHeld,
  readingReleased,
} from '../event-data.ts';
import { LASTING, type MeterStanding, reasonNotToCharge, reasonToHold } from '../hold-rules.ts';
import type { Reading } from '../reading.ts';
import { parseTime } from '../time.ts';
import type { BillSetup } from './bill-setup.ts';
import type { Case, Record_ } from './case.ts';
import type { LayerBook } from './layers.ts';

/** A record with its place in the bundle. */
export interface Placed {
  readonly record: Record_;
  readonly at: number;
}

/** How far a meter's records have been charged. */
interface Cursor {
  readonly hash: string;
  readonly toMs: number;
}

interface Bound {
  readonly binding: MeterInstalled;
  /** Charges after this installation begin at any reading, not where the last one ended. */
  restarted: boolean;
}

/**
 * Where each meter of the bill stands as its events go by, as the ledger had it then: what it is bound
 * to, up to which reading it is billed, and whether it is set aside. A rule never reaches back.
 */
export class MeterCourse {
  readonly records: ReadonlyMap<string, Placed>;
  readonly #opened: Case;
  readonly #layers: LayerBook;
  readonly #setup: BillSetup;
  readonly #bound = new Map<string, Bound>();
  readonly #installedMs = new Map<string, number>();
  readonly #cursors = new Map<string, Cursor>();
  /** Until when a meter is charged, whatever happened to it since. */
  readonly #charged = new Map<string, number>();
  /** The reading that was billed last, by any bill. */
  readonly #last = new Map<string, { readonly value: string; readonly atMs: number }>();
  readonly #doubts = new Map<string, string>();
  readonly #done = new Set<string>();
  /** Records that are set aside and were not released: none of them may be charged. */
  readonly #aside = new Set<string>();
  #held = 0;

  constructor(opened: Case, setup: BillSetup, layers: LayerBook) {
    this.#opened = opened;
    this.#layers = layers;
    this.#setup = setup;
    this.records = new Map(opened.records.map((record, at) => [record.hash, { record, at }]));
    const before = opened.previous?.statement;
    for (const { meter, to } of before?.meters ?? []) {
      this.#charged.set(meter, Math.min(parseTime(to.at), parseTime(before?.to ?? to.at)));
    }
    for (const { event } of setup.installed) {
      const atMs = parseTime(event.at);
      const { meter } = this.#bind(event.data, atMs);
      // Installed anew after the last charge of the bill before: its registers start again.
      if (atMs > (this.#charged.get(meter) ?? atMs)) this.#restart(meter);
    }
  }

  /** The record of a charge: whether that is right or wrong, it was not left out. */
  named(hash: string): Placed | undefined {
    this.#done.add(hash);
    return this.records.get(hash);
  }

  binding(meter: string): MeterInstalled | undefined {
    return this.#bound.get(meter)?.binding;
  }

  /** When the account's first meter on a tariff was installed; a fee runs from then on, else never. */
  firstInstalledMs(tariff: string): number {
    return this.#installedMs.get(tariff) ?? Number.POSITIVE_INFINITY;
  }

  installed(data: unknown, at: string, pointer: string): void {
    const { meter } = meterInstalled(data, '/data');
    if (this.#bound.has(meter) && this.#cursors.has(meter)) {
      this.#layers.fail(5, 'meter-installed-twice', { meter }, pointer);
    }
    this.#bind(data, parseTime(at));
    this.#restart(meter);
  }

  removed(data: unknown): string {
    const { meter } = meterRemoved(data, '/data');
    this.#bound.delete(meter);
    return meter;
  }

  /** A reading may be set aside only for a reason that its record shows. */
  held(data: unknown, pointer: string): ReturnType<typeof readingHeld> {
    const hold = readingHeld(data, '/data');
    const { meter, seq, hash, reason } = hold;
    const doubt = this.#doubts.get(meter);
    if (LASTING.has(reason)) this.#doubts.set(meter, reason);
    this.#aside.add(hash);
    const placed = this.records.get(hash);
    const first = this.#firstReading(meter);
    // What was set aside before the bill's first reading is no use of this bill.
    if (placed === undefined || hash === first?.hash) return hold;
    const { reading } = placed.record;
    // Of a meter that was charged and then installed again, the bill's first reading is an older one.
    const isAnew = this.#bound.get(meter)?.restarted === true && this.#charged.has(meter);
    const standing = {
      binding: this.binding(meter),
      last: this.#last.get(meter) ?? (isAnew ? undefined : first),
      held: doubt,
    };
    const shown = reasonToHold(standing, reading) ?? this.#reasonNotToCharge(standing, reading);
    const named = reading.meter === meter && reading.seq === seq;
    if (!named || shown !== reason || this.#done.has(hash)) {
      this.#layers.fail(4, 'hold-unfounded', { meter, seq, reason }, pointer);
    }
    this.#done.add(hash);
    this.#held += 1;
    return hold;
  }

  /** Billing goes on at a reading that was set aside, never before one that was charged. */
  released(data: unknown, pointer: string): string {
    const { meter, hash } = readingReleased(data, '/data');
    this.#doubts.delete(meter);
    this.#aside.delete(hash);
    const reading = this.records.get(hash)?.record.reading;
    if (reading === undefined) return meter;
    const toMs = parseTime(reading.at);
    if (toMs < (this.#charged.get(meter) ?? toMs)) {
      const params = { meter, from: reading.at, expected: '' };
      this.#layers.fail(5, 'interval-mismatch', params, pointer);
    }
    this.#cursors.set(meter, { hash, toMs });
    return meter;
  }

  /** Charges of a meter follow each other without a hole and without an overlap. */
  charged(
    meter: string,
    from: RegisterRef,
    to: RegisterRef,
    span: { readonly fromMs: number; readonly toMs: number },
    pointer: string,
  ): void {
    const bound = this.#bound.get(meter);
    const cursor =
      this.#cursors.get(meter) ?? (bound?.restarted ? undefined : this.#start(meter, from, to));
    const follows =
      cursor === undefined
        ? span.fromMs >= (this.#charged.get(meter) ?? span.fromMs)
        : cursor.toMs === span.fromMs && (cursor.hash === from.hash || cursor.hash === to.hash);
    if (!follows || this.#aside.has(from.hash) || this.#aside.has(to.hash)) {
      const params = { meter, from: from.at, expected: cursor?.hash.slice(0, 16) ?? '' };
      this.#layers.fail(5, 'interval-mismatch', params, pointer);
    }
    if (bound?.restarted) this.#leaveBehind(meter, from.hash);
    if (bound !== undefined) bound.restarted = false;
    this.#cursors.set(meter, { hash: to.hash, toMs: span.toMs });
    this.#charged.set(meter, span.toMs);
    this.#last.set(meter, { value: to.value, atMs: parseTime(to.at) });
  }

  /** A charge of another bill. Those of older ones end where the statement before says. */
  passed(meter: string, to: RegisterRef, isOlder: boolean): void {
    this.#last.set(meter, { value: to.value, atMs: parseTime(to.at) });
    if (isOlder) this.#cursors.delete(meter);
  }

  /** Every good record of the bill must have been charged or set aside by an event. */
  finish(): void {
    let substitutes = 0;
    for (const { record, at } of this.records.values()) {
      const { status, meter, seq } = record.reading;
      if (status === 'substitute') substitutes += 1;
      if (status !== 'good' && status !== 'substitute') continue;
      if (this.#done.has(record.hash)) continue;
      this.#layers.fail(4, 'reading-skipped', { meter, seq }, `/readings/${at}`);
    }
    const notes = { 'readings-held': this.#held, 'readings-substituted': substitutes };
    for (const [code, count] of Object.entries(notes)) {
      if (count > 0) this.#layers.add(4, 'not-present', { code, params: { count } });
    }
  }

  #bind(data: unknown, atMs: number): MeterInstalled {
    const binding = meterInstalled(data, '/data');
    const first = Math.min(atMs, this.#installedMs.get(binding.tariff) ?? atMs);
    this.#installedMs.set(binding.tariff, first);
    this.#bound.set(binding.meter, { binding, restarted: false });
    return binding;
  }

  #restart(meter: string): void {
    const bound = this.#bound.get(meter);
    if (bound !== undefined) bound.restarted = true;
    this.#cursors.delete(meter);
    this.#last.delete(meter);
    this.#doubts.delete(meter);
    this.#setup.progress.delete(meter);
  }

  /** Readings from before a meter was installed anew concern nobody's bill. */
  #leaveBehind(meter: string, from: string): void {
    const start = this.records.get(from)?.at ?? 0;
    for (const { record, at } of this.records.values()) {
      if (record.reading.meter === meter && at < start) this.#done.add(record.hash);
    }
  }

  #reasonNotToCharge(standing: MeterStanding, reading: Reading): string | undefined {
    const { book, terms } = this.#setup;
    return reasonNotToCharge(book, standing, reading, terms.of);
  }

  #firstReading(meter: string) {
    const from = this.#opened.statement.meters.find((line) => line.meter === meter)?.from;
    return from && { hash: from.hash, value: from.value, atMs: parseTime(from.at) };
  }

  /** Where the bill before left the meter; its last interval may reach over the month's end. */
  #start(meter: string, from: RegisterRef, to: RegisterRef): Cursor | undefined {
    const before = this.#opened.previous?.statement;
    const last = before?.meters.find((line) => line.meter === meter)?.to;
    if (before === undefined || last === undefined) return undefined;
    const straddles = last.hash === to.hash && last.hash !== from.hash;
    // It was billed up to that month's end: the part before may not be charged again.
    return { hash: last.hash, toMs: parseTime(straddles ? before.to : last.at) };
  }
}
