import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { canonicalize } from '../ledger/core/canonical-json.ts';
import { powerOfTen } from '../ledger/core/decimal.ts';
import { Refusal } from '../ledger/core/refusal.ts';

/**
 * One register of a meter. Its displayed value is the decoded integer x 10^`exp10` (a float32 is
 * rounded to that many decimals), before the transformer ratios that `times` names.
 */
export interface RegisterPoint {
  readonly id: string;
  /** `billing` goes into the signed record; `serial`, `ct` and `pt` are read in the same cycle. */
  readonly role: PointRole;
  readonly obis?: string | undefined;
  readonly type: RegisterType;
  /** Zero-based address of the protocol data unit, not the 40001 style of some manuals. */
  readonly address: number;
  readonly decode: Decode;
  readonly exp10: number;
  readonly unit: string;
  readonly times?: readonly ('ct' | 'pt')[] | undefined;
  /** The displayed value at which the register starts again from zero. */
  readonly modulus?: string | undefined;
}

export type PointRole = 'billing' | 'telemetry' | 'serial' | 'ct' | 'pt' | 'relay';
export type RegisterType = 'holding' | 'input';
export type Decode = 'uint16' | 'int16' | 'uint32' | 'int32' | 'uint64' | 'float32';

/** How the meter's bus may be used. Times in milliseconds. */
export interface LinkTraits {
  readonly baud: number;
  readonly parity: 'N' | 'E' | 'O';
  /** Most registers in one request. */
  readonly maxRegs: number;
  /** Most unused registers that are read along to save a request. */
  readonly maxHole: number;
  /** Silence on the bus before the next request. */
  readonly gapMs: number;
  readonly timeoutMs: number;
  /** Further attempts after the first. */
  readonly retries: number;
}

/** The register map of one meter model, as in `meter-bridge/devices/`. */
export interface DeviceProfile {
  readonly model: string;
  readonly link: LinkTraits;
  readonly points: readonly RegisterPoint[];
}

const WORDS: Readonly<Record<Decode, number>> = {
  uint16: 1,
  int16: 1,
  uint32: 2,
  int32: 2,
  uint64: 4,
  float32: 2,
};

/** Registers that a point takes. */
export function wordsOf(point: RegisterPoint): number {
  return WORDS[point.decode];
}

/** The modulus in the register's own integers, for a point that declares one. */
export function modulusDigits(point: RegisterPoint): bigint | undefined {
  if (point.modulus === undefined) return undefined;
  const [whole = '0', decimals = ''] = point.modulus.split('.');
  return BigInt(whole) * powerOfTen(-point.exp10) + BigInt(decimals || '0');
}

/** Refuses (`bad-profile`) with every fault of the map in one sentence. */
export function parseProfile(value: unknown, name = 'profile'): DeviceProfile {
  const parsed = PROFILE.safeParse(value);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `/${issue.path.join('/')}: ${issue.message}`);
    throw badProfile(name, faults);
  }
  const faults = contradictions(parsed.data);
  if (faults.length > 0) throw badProfile(name, faults);
  return parsed.data;
}

/** The map of a file; `bad-profile` also when the file is missing or is not JSON. */
export function loadProfile(file: string | URL): DeviceProfile {
  const name = String(file).split(/[\\/]/).at(-1) ?? 'profile';
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw badProfile(name, [error instanceof Error ? error.message : 'cannot be read']);
  }
  return parseProfile(value, name);
}

/** A map that ships with the bridge, by its file name without `.json`. */
export function shippedProfile(name: string): DeviceProfile {
  if (!/^[a-z0-9-]{1,64}$/.test(name)) throw badProfile(name, ['no such shipped profile']);
  return loadProfile(new URL(`./devices/${name}.json`, import.meta.url));
}

/** SHA-256 of the map's canonical text, 64 hex digits. */
export function profileHash(profile: DeviceProfile): string {
  return createHash('sha256')
    .update(canonicalize(withoutGaps(profile)))
    .digest('hex');
}

/** What a batch carries as `map`: SHA-256 of `{<model>: <its hash>}` for every model in use. */
export function mapHash(profiles: readonly DeviceProfile[]): string {
  const hashes = Object.fromEntries(profiles.map((p) => [p.model, profileHash(p)]));
  return createHash('sha256').update(canonicalize(hashes)).digest('hex');
}

const int = (min: number, max: number) => z.number().int().min(min).max(max);

const POINT = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
  role: z.enum(['billing', 'telemetry', 'serial', 'ct', 'pt', 'relay']),
  obis: z
    .string()
    .regex(/^\d{1,3}-\d{1,3}:\d{1,3}\.\d{1,3}\.\d{1,3}$/)
    .optional(),
  type: z.enum(['holding', 'input']),
  address: int(0, 65_535),
  decode: z.enum(['uint16', 'int16', 'uint32', 'int32', 'uint64', 'float32']),
  exp10: int(-6, 0),
  unit: z.string().regex(/^[A-Za-z0-9/%]{1,8}$/),
  times: z
    .array(z.enum(['ct', 'pt']))
    .min(1)
    .max(2)
    .optional(),
  modulus: z
    .string()
    .regex(/^[1-9]\d{0,14}(\.\d{1,6})?$/)
    .optional(),
});

const PROFILE = z.strictObject({
  model: z.string().min(1).max(64),
  link: z.strictObject({
    baud: int(300, 115_200),
    parity: z.enum(['N', 'E', 'O']),
    maxRegs: int(1, 125),
    maxHole: int(0, 124),
    gapMs: int(0, 10_000),
    timeoutMs: int(1, 60_000),
    retries: int(0, 10),
  }),
  points: z.array(POINT).min(1).max(200),
});

function contradictions(profile: DeviceProfile): string[] {
  const faults: string[] = [];
  const ids = new Set<string>();
  const codes = new Set<string>();
  for (const point of profile.points) {
    const at = `point "${point.id}"`;
    if (ids.has(point.id)) faults.push(`${at} is there twice`);
    ids.add(point.id);
    if ((point.role === 'billing') !== (point.obis !== undefined)) {
      faults.push(`${at}: a billing point, and no other, has an obis code`);
    }
    if (point.obis !== undefined && codes.has(point.obis))
      faults.push(`${at} repeats an obis code`);
    codes.add(point.obis ?? '');
    if (point.address + wordsOf(point) > 65_536) faults.push(`${at} ends after register 65535`);
    if (wordsOf(point) > profile.link.maxRegs) faults.push(`${at} is wider than maxRegs`);
    if ((point.modulus?.split('.')[1] ?? '').length !== (point.modulus ? -point.exp10 : 0)) {
      faults.push(`${at}: write the modulus with ${-point.exp10} decimals`);
    }
  }
  if (codes.size === 0 || !profile.points.some((point) => point.role === 'billing')) {
    faults.push('there is no billing point');
  }
  for (const role of ['serial', 'ct', 'pt', 'relay']) {
    if (profile.points.filter((point) => point.role === role).length > 1) {
      faults.push(`there is more than one ${role} point`);
    }
  }
  return faults;
}

/** An absent optional member has no place in canonical text. */
function withoutGaps(profile: DeviceProfile): unknown {
  return JSON.parse(JSON.stringify(profile));
}

function badProfile(name: string, faults: readonly string[]): Refusal {
  const detail = faults.join('; ');
  return new Refusal('bad-profile', `Correct the register map ${name}: ${detail}.`, {
    name,
    detail,
  });
}
