import { Refusal } from '../../ledger/core/refusal.ts';
import { DAY_MS, daysFromCivil, HOUR_MS, MINUTE_MS } from '../../ledger/core/time.ts';
import { type Zone, zoneOf } from '../../ledger/core/zone.ts';
import type { Load } from './load-shape.ts';

export interface LoadCsvOptions {
  /** `kW`: mean power of the slot that starts at the row's time; `kWh`: energy of that slot. */
  readonly unit: 'kW' | 'kWh';
  /** IANA zone of times that carry no offset. */
  readonly tz: string;
}

/** A recorded load: equal slots from the first row to the last, missing ones left out. */
export interface RecordedLoad {
  readonly slotMs: number;
  readonly firstMs: number;
  /** End of the last slot. */
  readonly endMs: number;
  /** Energy of the slot that starts at the key, as an exact fraction over `perKwh`. */
  readonly slots: ReadonlyMap<number, bigint>;
  readonly perKwh: bigint;
}

const TIME =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?(Z|[+-]\d{2}:?\d{2})?$/;
const VALUE = /^(0|[1-9]\d{0,8})(?:\.(\d{1,6}))?$/;
const MISSING: readonly string[] = ['', 'nan', 'na', 'null', '-'];
const MICROS_PER_UNIT = 1_000_000n;

/**
 * Parses `timestamp,value` rows; the header may be absent. Rows ascend; a value that is empty or
 * `nan` is a missing slot, as is a row that is not there. Refuses `bad-load` with the line.
 */
export function parseLoadCsv(text: string, options: LoadCsvOptions): RecordedLoad {
  const zone = zoneOf(options.tz);
  const rows: { ms: number; micros: bigint | undefined; line: number }[] = [];
  let line = 0;
  for (const raw of text.split('\n')) {
    line += 1;
    const row = raw.trim();
    if (row === '' || (line === 1 && /^\ufeff?[a-z_]+,[a-z_]+$/i.test(row))) continue;
    const [time = '', value = '', ...rest] = row.split(',');
    if (rest.length > 0) throw badLoad(line, 'a row is a time and a value');
    const ms = instantOf(time.trim(), zone, rows.at(-1)?.ms ?? -Infinity, line);
    rows.push({ ms, micros: microsOf(value.trim(), line), line });
  }
  const first = rows[0];
  const last = rows.at(-1);
  if (first === undefined || last === undefined || rows.length < 2) {
    throw badLoad(line, 'at least two rows are needed');
  }
  const slotMs = shortestStep(rows);
  const perKwh = MICROS_PER_UNIT * (options.unit === 'kW' ? BigInt(HOUR_MS) : 1n);
  const weight = options.unit === 'kW' ? BigInt(slotMs) : 1n;
  const slots = new Map<number, bigint>();
  for (const row of rows) {
    if ((row.ms - first.ms) % slotMs !== 0) throw badLoad(row.line, 'the time is between slots');
    if (row.micros !== undefined) slots.set(row.ms, row.micros * weight);
  }
  return { slotMs, firstMs: first.ms, endMs: last.ms + slotMs, slots, perKwh };
}

/**
 * The recorded load behind a register: it advances at the end of each slot, and cannot be read
 * inside a hole. The instants at which a hole begins and ends can be read, so that each slot lies
 * between two good readings.
 */
export function recordedLoad(recorded: RecordedLoad): Load {
  const { slotMs, firstMs, endMs, slots, perKwh } = recorded;
  const sums: bigint[] = [0n];
  for (let ms = firstMs; ms < endMs; ms += slotMs) {
    sums.push((sums.at(-1) ?? 0n) + (slots.get(ms) ?? 0n));
  }
  return {
    at(ms) {
      if (ms < firstMs) return 0n;
      const ended = Math.min(sums.length - 1, Math.floor((ms - firstMs) / slotMs));
      const start = firstMs + ended * slotMs;
      const readable = slots.has(start) || (ms === start && slots.has(start - slotMs));
      if (!readable && ms < endMs) return undefined;
      return ((sums[ended] ?? 0n) * MICROS_PER_UNIT) / perKwh;
    },
  };
}

function instantOf(text: string, zone: Zone, afterMs: number, line: number): number {
  const m = TIME.exec(text);
  if (m === null) throw badLoad(line, `"${text}" is not a time like 2013-08-01 00:15:00`);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = m.slice(1, 7).map(part);
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59) {
    throw badLoad(line, `"${text}" is not in the calendar`);
  }
  const clockMs =
    hour * HOUR_MS + minute * MINUTE_MS + second * 1000 + Number(m[7]?.padEnd(3, '0') ?? 0);
  const localMs = daysFromCivil(year, month, day) * DAY_MS + clockMs;
  const offset = m[8];
  // Where the local clock shows a time twice, the rows' order tells which of the two is meant.
  const candidates =
    offset === undefined
      ? [localMs - zone.offsetAt(localMs - DAY_MS), localMs - zone.offsetAt(localMs + DAY_MS)]
      : [localMs - offsetMs(offset)];
  const ms = candidates
    .filter((candidate) => offset !== undefined || candidate + zone.offsetAt(candidate) === localMs)
    .sort((a, b) => a - b)
    .find((candidate) => candidate > afterMs);
  if (ms === undefined) throw badLoad(line, `"${text}" does not follow the row before it`);
  return ms;
}

function part(digits: string | undefined): number {
  return Number(digits ?? 0);
}

function offsetMs(text: string): number {
  if (text === 'Z') return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  return (text.startsWith('-') ? -minutes : minutes) * MINUTE_MS;
}

function microsOf(text: string, line: number): bigint | undefined {
  if (MISSING.includes(text.toLowerCase())) return undefined;
  const m = VALUE.exec(text);
  if (m === null)
    throw badLoad(line, `"${text}" is not a value of at most 6 decimals, zero or more`);
  return BigInt(m[1] ?? '0') * MICROS_PER_UNIT + BigInt((m[2] ?? '').padEnd(6, '0'));
}

function shortestStep(rows: readonly { readonly ms: number }[]): number {
  let step = Number.MAX_SAFE_INTEGER;
  for (let i = 1; i < rows.length; i++) {
    step = Math.min(step, (rows[i]?.ms ?? 0) - (rows[i - 1]?.ms ?? 0));
  }
  return step;
}

function badLoad(line: number, detail: string): Refusal {
  return new Refusal('bad-load', `Correct line ${line} of the load file: ${detail}.`, {
    line,
    detail,
  });
}
