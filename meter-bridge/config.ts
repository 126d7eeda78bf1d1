import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as z from 'zod';
import { canonicalize } from '../ledger/core/canonical-json.ts';
import { Refusal } from '../ledger/core/refusal.ts';
import { type DeviceProfile, loadProfile, shippedProfile } from './device-profile.ts';
import { sha256Hex } from './signing-key.ts';

const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits and . _ - only');
const ratio = z.string().regex(/^[1-9]\d{0,5}$/, 'a whole number as text, such as "40"');

const METER = z.strictObject({
  meter: id,
  link: id,
  unit: z.number().int().min(0).max(247),
  /** A shipped map by name, or a path that ends in `.json`, relative to the config file. */
  profile: z.string().min(1),
  serial: z.string().regex(/^[A-Za-z0-9._/-]{0,32}$/),
  ct: ratio.default('1'),
  pt: ratio.default('1'),
  /** Polls fall on whole multiples of it since 1970. */
  everyMs: z.number().int().min(10).default(900_000),
});

const LINK = z.strictObject({
  link: id,
  host: z.string().min(1),
  port: z.number().int().min(1).max(65_535).default(502),
  inFlight: z.number().int().min(1).max(256).default(1),
  /** Absent: the largest of the meters' maps. */
  timeoutMs: z.number().int().min(1).max(60_000).optional(),
});

const CONFIG = z.strictObject({
  bridge: id,
  url: z.url({ protocol: /^https?$/ }),
  data: z.string().min(1),
  links: z.array(LINK).min(1),
  meters: z.array(METER).min(1),
  /** What the operator vouches for: `S` only where the machine's clock is synchronised. */
  clock: z.enum(['S', 'I', 'U']).default('U'),
  /** `replay` says that times and loads come from a file. It is part of the signed config hash. */
  source: z.enum(['live', 'replay', 'simulation']).default('live'),
  /** The ledger takes 5,000 records in a request, and 4 MiB. */
  batchRecords: z.number().int().min(1).max(5_000).default(500),
  outbox: z
    .strictObject({
      maxBytes: z.number().int().min(10_000).optional(),
      compactBytes: z.number().int().min(1).optional(),
    })
    .default({}),
  retry: z
    .strictObject({
      firstMs: z.number().int().min(1).default(500),
      maxMs: z.number().int().min(1).default(60_000),
    })
    .default({ firstMs: 500, maxMs: 60_000 }),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

export type BridgeConfigInput = z.input<typeof CONFIG>;
export type MeterConfig = z.output<typeof METER>;
export type LinkConfig = z.output<typeof LINK>;

export interface BridgeConfig extends z.output<typeof CONFIG> {
  /** Maps in use, by the name that the meters give. */
  readonly profiles: ReadonlyMap<string, DeviceProfile>;
}

/** Refuses `bad-config` with all errors at once. Paths are relative to the file's folder. */
export function readConfig(file: string): BridgeConfig {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw badConfig([error instanceof Error ? error.message : 'cannot be read']);
  }
  return parseConfig(value, dirname(resolve(file)));
}

export function parseConfig(value: unknown, baseDir: string): BridgeConfig {
  const parsed = CONFIG.safeParse(value);
  if (!parsed.success) {
    throw badConfig(parsed.error.issues.map((i) => `/${i.path.join('/')}: ${i.message}`));
  }
  const config = parsed.data;
  const errors: string[] = [];
  const profiles = new Map<string, DeviceProfile>();
  for (const name of new Set(config.meters.map((meter) => meter.profile))) {
    try {
      const isFile = name.endsWith('.json');
      profiles.set(name, isFile ? loadProfile(resolve(baseDir, name)) : shippedProfile(name));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      errors.push(error.message);
    }
  }
  errors.push(
    ...repeated(
      '/meters: meter',
      config.meters.map((m) => m.meter),
    ),
  );
  errors.push(
    ...repeated(
      '/meters: unit',
      config.meters.map((m) => `${m.link}/${m.unit}`),
    ),
  );
  errors.push(
    ...repeated(
      '/links: link',
      config.links.map((l) => l.link),
    ),
  );
  for (const { meter, link } of config.meters) {
    if (!config.links.some((l) => l.link === link)) errors.push(`${meter}: no link "${link}"`);
  }
  if (errors.length > 0) throw badConfig(errors);
  const url = config.url.replace(/\/+$/, '');
  return { ...config, url, data: resolve(baseDir, config.data), profiles };
}

/** What a batch carries as `config`: SHA-256 over the settings that a reading depends on. */
export function configHash(config: BridgeConfig): string {
  const { bridge, links, meters, clock, source } = config;
  const settings = { bridge, links, meters, clock, source };
  return sha256Hex(canonicalize(JSON.parse(JSON.stringify(settings))));
}

function repeated(what: string, names: readonly string[]): string[] {
  return [...new Set(names.filter((name, i) => names.indexOf(name) !== i))].map(
    (name) => `${what} "${name}" is there twice`,
  );
}

function badConfig(errors: readonly string[]): Refusal {
  const detail = errors.join('; ');
  return new Refusal('bad-config', `Correct the bridge's configuration: ${detail}.`, { detail });
}
