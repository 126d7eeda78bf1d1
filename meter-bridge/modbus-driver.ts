import type { DeviceProfile, RegisterPoint } from './device-profile.ts';
import { modulusDigits, wordsOf } from './device-profile.ts';
import type { ReadOutcome, RegisterLink } from './modbus-link.ts';
import { planReads, type ReadBlock } from './read-plan.ts';
import { decodeDigits } from './register-decode.ts';

/** A billing register as read: digits x 10^`exp10` of its point. */
export interface RegisterReading {
  readonly point: RegisterPoint;
  readonly digits: bigint;
}

/** One poll of one meter. `atMs` is when the registers were read. */
export type Sample = GoodSample | FailedSample;

export interface GoodSample {
  readonly ok: true;
  readonly atMs: number;
  readonly registers: readonly RegisterReading[];
  /** Register words of the billing points in the order of the map, lowercase hex. */
  readonly raw: string;
  /** Read in the same cycle, where the map has such a register. */
  readonly serial: string | undefined;
  readonly ct: string | undefined;
  readonly pt: string | undefined;
}

export interface FailedSample {
  readonly ok: false;
  readonly atMs: number;
  readonly status: 'timeout' | 'disconnected' | 'read-error' | 'out-of-range';
  readonly detail: string;
}

/** How to read one model, worked out once. */
export interface MeterDriver {
  readonly profile: DeviceProfile;
  /** Polls the billing registers and, with them, serial number and ratios. Never rejects. */
  poll(link: RegisterLink, unit: number, nowMs: () => number): Promise<Sample>;
  /** All points of the map by id, for a person who looks at a meter; nothing of it is signed. */
  inspect(link: RegisterLink, unit: number): Promise<ReadonlyMap<string, bigint>>;
}

export function driverOf(profile: DeviceProfile): MeterDriver {
  const billing = profile.points.filter((point) => point.role === 'billing');
  const blocks = planReads(profile, ['billing', 'serial', 'ct', 'pt']);
  const everything = planReads(profile, ['billing', 'serial', 'ct', 'pt', 'telemetry', 'relay']);
  return {
    profile,
    async poll(link, unit, nowMs) {
      const words = new Map<RegisterPoint, Uint8Array>();
      for (const block of blocks) {
        const outcome = await readBlock(link, unit, block, profile.link.retries);
        if (!outcome.ok) {
          return { ok: false, atMs: nowMs(), status: outcome.status, detail: outcome.detail };
        }
        cut(block, outcome.bytes, words);
      }
      return sampleOf(profile, billing, words, nowMs());
    },
    async inspect(link, unit) {
      const values = new Map<string, bigint>();
      for (const block of everything) {
        const outcome = await readBlock(link, unit, block, profile.link.retries);
        if (!outcome.ok) continue;
        const words = new Map<RegisterPoint, Uint8Array>();
        cut(block, outcome.bytes, words);
        for (const [point, bytes] of words) {
          const digits = decodeDigits(point, bytes);
          if (digits !== undefined) values.set(point.id, digits);
        }
      }
      return values;
    },
  };
}

/** Tries again after silence only: an exception or a broken connection answers at once. */
async function readBlock(link: RegisterLink, unit: number, block: ReadBlock, retries: number) {
  let outcome: ReadOutcome;
  let left = retries;
  do outcome = await link.read(unit, block.type, block.address, block.count);
  while (!outcome.ok && outcome.status === 'timeout' && left-- > 0);
  return outcome;
}

function cut(block: ReadBlock, bytes: Uint8Array, words: Map<RegisterPoint, Uint8Array>): void {
  for (const point of block.points) {
    const start = 2 * (point.address - block.address);
    words.set(point, bytes.subarray(start, start + 2 * wordsOf(point)));
  }
}

function sampleOf(
  profile: DeviceProfile,
  billing: readonly RegisterPoint[],
  words: ReadonlyMap<RegisterPoint, Uint8Array>,
  atMs: number,
): Sample {
  const registers: RegisterReading[] = [];
  let raw = '';
  for (const point of billing) {
    const bytes = words.get(point) ?? new Uint8Array(0);
    const digits = decodeDigits(point, bytes);
    const modulus = modulusDigits(point);
    if (digits === undefined || digits < 0n || (modulus !== undefined && digits >= modulus)) {
      const detail = `register ${point.id} shows ${Buffer.from(bytes).toString('hex')}`;
      return { ok: false, atMs, status: 'out-of-range', detail };
    }
    registers.push({ point, digits });
    raw += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
  }
  const textOf = (role: 'serial' | 'ct' | 'pt') => {
    const point = profile.points.find((candidate) => candidate.role === role);
    const bytes = point && words.get(point);
    return bytes && decodeDigits(point, bytes)?.toString();
  };
  return {
    ok: true,
    atMs,
    registers,
    raw,
    serial: textOf('serial'),
    ct: textOf('ct'),
    pt: textOf('pt'),
  };
}
