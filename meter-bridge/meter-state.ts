import { createHash } from 'node:crypto';
import { parseDecimal } from '../ledger/core/decimal.ts';
import type { Reading, ReadingStatus } from '../ledger/core/reading.ts';
import { ZERO_HASH } from '../ledger/core/reading.ts';
import { modulusDigits } from './device-profile.ts';
import type { GoodSample } from './modbus-driver.ts';

/** What has to be known of a meter to write its next record. It can be rebuilt from its records. */
export interface MeterState {
  /** Gapless from 0 in an epoch, never used twice. */
  readonly nextSeq: number;
  /** SHA-256 of the meter's last record, zeros before the first. */
  readonly prev: string;
  /** Serial number in the last record; absent before the first. */
  readonly serial?: string | undefined;
  /** Last good values by OBIS code; absent where a new segment begins. */
  readonly shown?: Readonly<Record<string, string>> | undefined;
}

export const NEW_METER: MeterState = { nextSeq: 0, prev: ZERO_HASH };

/** The state after a record whose verbatim text is `text`. */
export function afterRecord(state: MeterState, reading: Reading, text: string): MeterState {
  const next = { nextSeq: reading.seq + 1, prev: recordHash(text), serial: reading.serial };
  if (reading.registers !== undefined) {
    const values = Object.entries(reading.registers).map(([obis, r]) => [obis, r.value]);
    return { ...next, shown: Object.fromEntries(values) };
  }
  const segmentEnds = reading.status === 'exchanged' || reading.status === 'reset';
  return segmentEnds ? next : { ...next, shown: state.shown };
}

/** The state of a meter in a new epoch: the chain begins again, what the meter showed stays known. */
export function inNewEpoch(state: MeterState): MeterState {
  return { ...NEW_METER, serial: state.serial, shown: state.shown };
}

/**
 * Whether a reading goes on from the last one. A value that fell is a rollover only where the map
 * declares a modulus and the use would be at most a tenth of it, the rule by which the ledger bills;
 * any other fall is a reset, which a meter can suffer from anyone on the bus. Either that or another
 * serial number ends the segment: one record tells it, without a value.
 */
export function judgeContinuity(
  state: MeterState,
  sample: GoodSample,
  nameplate: string,
): Extract<ReadingStatus, 'good' | 'exchanged' | 'reset'> {
  if (sample.serial !== undefined && sample.serial !== (state.serial ?? nameplate)) {
    return 'exchanged';
  }
  for (const { point, digits } of sample.registers) {
    const before = state.shown?.[point.obis ?? ''];
    if (before === undefined) continue;
    const last = parseDecimal(before).digits;
    if (digits >= last) continue;
    const modulus = modulusDigits(point);
    if (modulus === undefined || (digits - last + modulus) * 10n > modulus) return 'reset';
  }
  return 'good';
}

/** SHA-256 of a record's bytes, 64 hex digits. */
export function recordHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
