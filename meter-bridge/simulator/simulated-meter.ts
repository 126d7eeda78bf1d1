import { powerOfTen } from '../../ledger/core/decimal.ts';
import type { DeviceProfile, RegisterPoint, RegisterType } from '../device-profile.ts';
import { modulusDigits, wordsOf } from '../device-profile.ts';
import { encodeDigits } from '../register-decode.ts';
import type { Load } from './load-shape.ts';
import { type OutageKind, outageAt, restartBefore, type Scenario } from './scenario.ts';

export interface SimulatedMeter {
  /** Modbus unit address, 1 to 246. */
  readonly unit: number;
  readonly profile: DeviceProfile;
  readonly serial: number;
  readonly load: Load;
  /** What the billing registers show before the load begins, in millionths of the unit. */
  readonly startMicros: bigint;
}

/** What a meter does with a read request. */
export type MeterAnswer = { readonly words: number[] } | { readonly outage: OutageKind };

/** The registers of `meter` at `ms`; a hole in its load answers as a silent meter behind a gateway. */
export function readMeter(
  meter: SimulatedMeter,
  scenarios: readonly Scenario[],
  ms: number,
  request: { readonly type: RegisterType; readonly address: number; readonly count: number },
): MeterAnswer {
  const outage = outageAt(scenarios, meter.unit, ms);
  if (outage) return { outage };
  const shown = shownMicros(meter, scenarios, ms);
  if (shown === undefined) return { outage: 'gateway' };
  const restart = restartBefore(scenarios, meter.unit, ms);
  const serial = restart?.kind === 'exchange' ? restart.serial : lastSerial(meter, scenarios, ms);
  const words = new Array<number>(request.count).fill(0);
  for (const point of meter.profile.points) {
    if (point.type !== request.type) continue;
    const offset = point.address - request.address;
    if (offset + wordsOf(point) <= 0 || offset >= request.count) continue;
    place(words, offset, encodeDigits(point, digitsOf(point, shown, serial)));
  }
  return { words };
}

/**
 * Millionths of the unit on the display, before any wrap. A rollover scenario starts the register so
 * that it reaches its limit at the scripted instant; an exchange or a reset starts it from zero.
 */
function shownMicros(
  meter: SimulatedMeter,
  scenarios: readonly Scenario[],
  ms: number,
): bigint | undefined {
  const flowed = meter.load.at(ms);
  if (flowed === undefined) return undefined;
  const restart = restartBefore(scenarios, meter.unit, ms);
  if (restart) return flowed - (meter.load.at(restart.atMs) ?? 0n);
  const rollover = scenarios.find((s) => s.kind === 'rollover' && s.unit === meter.unit);
  if (rollover?.kind !== 'rollover') return meter.startMicros + flowed;
  return limitMicros(meter.profile) - (meter.load.at(rollover.atMs) ?? 0n) + flowed;
}

function lastSerial(meter: SimulatedMeter, scenarios: readonly Scenario[], ms: number): number {
  let serial = meter.serial;
  let latest = -Infinity;
  for (const s of scenarios) {
    if (s.kind !== 'exchange' || s.unit !== meter.unit || s.atMs > ms || s.atMs < latest) continue;
    serial = s.serial;
    latest = s.atMs;
  }
  return serial;
}

function limitMicros(profile: DeviceProfile): bigint {
  const point = profile.points.find((candidate) => candidate.role === 'billing');
  if (point === undefined) return 0n;
  return limitDigits(point) * powerOfTen(6 + point.exp10);
}

/** Where the register starts again: its declared modulus, else the width of its integers. */
function limitDigits(point: RegisterPoint): bigint {
  return modulusDigits(point) ?? 1n << BigInt(16 * wordsOf(point));
}

function digitsOf(point: RegisterPoint, shownMicros: bigint, serial: number): bigint {
  switch (point.role) {
    case 'billing': {
      const digits = shownMicros / powerOfTen(6 + point.exp10);
      return point.decode === 'float32' ? digits : digits % limitDigits(point);
    }
    case 'serial':
      return BigInt(serial);
    case 'ct':
    case 'pt':
    case 'relay':
      return 1n;
    case 'telemetry':
      return TELEMETRY[point.unit] === undefined ? 0n : nominal(point);
  }
}

/** What an inspected meter shows beside its energy; never signed, never billed. */
const TELEMETRY: Readonly<Record<string, bigint>> = { V: 230n, Hz: 50n, A: 5n, C: 12n };

function nominal(point: RegisterPoint): bigint {
  return (TELEMETRY[point.unit] ?? 0n) * powerOfTen(-point.exp10);
}

function place(words: number[], offset: number, bytes: Uint8Array): void {
  for (let i = 0; 2 * i < bytes.length; i++) {
    const at = offset + i;
    if (at < 0 || at >= words.length) continue;
    words[at] = ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0);
  }
}
