import type { Reading } from '../core/reading.ts';
import { parseTime } from '../core/time.ts';
import type { MeterState } from './site-state.ts';

/** Doubts that stay until staff release the meter; the others pass with their reading. */
export const LASTING = new Set(['exchanged', 'reset', 'out-of-range', 'serial-differs', 'register-fell', 'jump']);

/**
 * Why a reading may not be billed: `no-value` for a failed poll, else the doubt that a `reading.held`
 * event names. Depends on the meter's state and the record only, so a replay decides the same.
 */
export function reasonToHold(meter: MeterState, reading: Reading): string | undefined {
  const { status, serial, clock, ratio } = reading;
  if (status === 'timeout' || status === 'disconnected' || status === 'read-error') return 'no-value';
  const { binding, last } = meter;
  if (status !== 'good' && status !== 'substitute') return status;
  if (serial !== binding?.serial) return 'serial-differs';
  if (ratio.ct !== binding.ct || ratio.pt !== binding.pt) return 'ratio-differs';
  const register = reading.registers?.[binding.register];
  if (register === undefined) return 'register-missing';
  if (register.unit !== binding.unit) return 'unit-differs';
  if (clock === 'U') return 'clock-unsynchronised';
  if (last !== undefined && parseTime(reading.at) <= last.atMs) return 'clock-step';
  return meter.held;
}
