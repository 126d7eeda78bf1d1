import { parseReading, type Reading, ZERO_HASH } from '../core/reading.ts';
import { Refusal } from '../core/refusal.ts';
import { parseTime } from '../core/time.ts';
import type { BatchAnswer, VerifiedBatch } from './accept-batch.ts';
import type { MeterState, SiteState } from './site-state.ts';

/** Finds the hash of an accepted record of a meter's current epoch. */
export type StoredHash = (state: SiteState, meter: MeterState, seq: number) => string | undefined;

/** A record that goes on with its meter's chain. */
export interface Fresh {
  readonly meter: MeterState;
  readonly reading: Reading;
  readonly hash: string;
  /** Its place in the batch. */
  readonly at: number;
  readonly atMs: number;
}

export interface SortedRecords {
  readonly fresh: Fresh[];
  known: number;
  /** Records of an epoch that has ended: their chain cannot go on, so they are evidence only. */
  oldEpoch: number;
  conflict: Omit<Fresh, 'atMs'> | undefined;
  /** By meter, in the order of their first records. */
  readonly cursors: ReadonlyMap<string, Cursor>;
}

/** Where each meter's chain will stand once the batch is taken; nothing is changed yet. */
interface Cursor {
  readonly meter: MeterState;
  epoch: number;
  seq: number;
  hash: string;
  /** A record of the batch was taken or known. */
  isAccepted: boolean;
  /** The first record that is missing before others of the batch. */
  wanted: number | undefined;
}

const HASH_DIGITS = 64;

/**
 * Sorts a batch's records into known, wanted and new; nothing is changed yet. Refuses
 * `reading-other-bridge`, `reading-other-epoch`, `reading-chain-broken`, `bad-reading`, `bad-time`.
 */
export function sortRecords(
  state: SiteState,
  batch: VerifiedBatch,
  storedHash: StoredHash,
): SortedRecords {
  const cursors = new Map<string, Cursor>();
  const sorted: SortedRecords = { fresh: [], known: 0, oldEpoch: 0, conflict: undefined, cursors };
  let at = -1;
  for (const text of batch.records) {
    at += 1;
    const reading = parseReading(text);
    refuseStranger(reading, batch);
    const hash = batch.hashes.slice(at * HASH_DIGITS, (at + 1) * HASH_DIGITS);
    const cursor = cursorOf(cursors, state, reading);
    if (reading.epoch > cursor.epoch) {
      // Lost state opens a new epoch, in which the chain starts anew (metering rules, 6).
      cursor.epoch = reading.epoch;
      cursor.seq = -1;
      cursor.hash = ZERO_HASH;
    }
    if (reading.epoch < cursor.epoch || reading.seq <= cursor.seq) {
      if (isKnown(state, cursor, reading, hash, sorted, storedHash)) sorted.known += 1;
      else sorted.conflict ??= { meter: cursor.meter, reading, hash, at };
    } else if (reading.seq === cursor.seq + 1 && cursor.wanted === undefined) {
      if (reading.prev !== cursor.hash) throw chainBroken(reading, cursor.hash);
      const atMs = parseTime(reading.at);
      cursor.seq = reading.seq;
      cursor.hash = hash;
      sorted.fresh.push({ meter: cursor.meter, reading, hash, at, atMs });
    } else {
      cursor.wanted ??= cursor.seq + 1;
      continue;
    }
    cursor.isAccepted = true;
  }
  return sorted;
}

/** What the sender is told once the batch is taken. */
export function answerOf({ cursors, known }: SortedRecords): BatchAnswer {
  const accepted: Record<string, number> = {};
  const wanted: Record<string, number> = {};
  for (const cursor of cursors.values()) {
    if (cursor.isAccepted) accepted[cursor.meter.meter] = cursor.seq;
    if (cursor.wanted !== undefined) wanted[cursor.meter.meter] = cursor.wanted;
  }
  return { accepted, known, wanted };
}

function cursorOf(cursors: Map<string, Cursor>, state: SiteState, reading: Reading): Cursor {
  const known = cursors.get(reading.meter);
  if (known !== undefined) return known;
  const meter = state.meter(reading.meter);
  const { epoch, seq, hash } = meter;
  const cursor = { meter, epoch, seq, hash, isAccepted: false, wanted: undefined };
  cursors.set(meter.meter, cursor);
  return cursor;
}

function isKnown(
  state: SiteState,
  cursor: Cursor,
  reading: Reading,
  hash: string,
  sorted: SortedRecords,
  storedHash: StoredHash,
): boolean {
  if (reading.epoch < cursor.epoch) {
    sorted.oldEpoch += 1;
    return true;
  }
  if (reading.seq === cursor.seq) return hash === cursor.hash;
  const own = sorted.fresh.find((f) => f.meter === cursor.meter && f.reading.seq === reading.seq);
  return (own?.hash ?? storedHash(state, cursor.meter, reading.seq)) === hash;
}

function refuseStranger(reading: Reading, batch: VerifiedBatch): void {
  if (reading.bridge !== batch.bridge) {
    throw new Refusal('reading-other-bridge', 'A record in the batch is of another bridge.', {
      found: reading.bridge,
      expected: batch.bridge,
    });
  }
  if (reading.epoch !== batch.epoch) {
    throw new Refusal('reading-other-epoch', 'A record in the batch is of another epoch.', {
      found: reading.epoch,
      expected: batch.epoch,
    });
  }
}

function chainBroken(reading: Reading, expected: string): Refusal {
  return new Refusal(
    'reading-chain-broken',
    `Record ${reading.seq} of meter ${reading.meter} does not follow the one before it.`,
    { meter: reading.meter, seq: reading.seq, found: reading.prev, expected },
  );
}
