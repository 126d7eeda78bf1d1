import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { FabricConnection } from '../ledger/anchor/fabric/connection.ts';
import { splitAddress } from '../ledger/cluster/peer-link.ts';
import type { Policies } from '../ledger/witness/site-policy.ts';
import { type EthereumSettings, readEthereumSettings } from './anchor/ethereum-file.ts';
import { readFabricConnection } from './anchor/fabric-file.ts';
import { type PaymentSettings, readPaymentSettings } from './payments/payment-file.ts';
import { readPolicies } from './policy-files.ts';
import { type OidcSettings, oidcOf } from './sign-in/oidc-settings.ts';
import { isNetwork } from './webhooks/allowed-address.ts';

/** The service's settings; README.md lists the variables. Read once, at start. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly dataFolder: string;
  /** `https://host` under which others reach the service, without a slash at the end. */
  readonly publicUrl: string | undefined;
  readonly behindProxy: boolean;
  readonly logLevel: LogLevel;
  /** A PostgreSQL database in place of the data folder; absent: SQLite. */
  readonly database: DatabaseConfig | undefined;
  /** Where the last signed checkpoint is kept: better another disk or host than the data. */
  readonly checkpointFolder: string | undefined;
  /** Key of the access tokens, 64 hex digits; absent: a file under the data folder. */
  readonly tokenKey: string | undefined;
  /** Key-encryption key, 64 hex digits; absent: `keyFolder`. */
  readonly kek: string | undefined;
  readonly keyFolder: string;
  /** Witnesses and quorum of each site's log; absent: no witness is asked. */
  readonly policies: Policies | undefined;
  /** The identity provider that staff may sign in at; absent: none. */
  readonly oidc: OidcSettings | undefined;
  /** Shortest time between two checkpoints that witnesses are asked to cosign. */
  readonly witnessMs: number;
  /** The channel that logs are anchored on; absent: none. */
  readonly fabric: FabricConnection | undefined;
  /** Providers that payments come in by. */
  readonly payments: PaymentSettings | undefined;
  /** Font of what is printed, as `PdfFonts.open` takes it; absent: the packaged ones. */
  readonly pdfFont?: string | undefined;
  /** The public chain with a contract for each log; absent: none. */
  readonly ethereum: EthereumSettings | undefined;
  /** Networks that webhooks may go to besides public addresses, as `address/bits`. */
  readonly webhookNetworks: readonly string[];
  /** Shortest time between two anchors of a log on the channel. */
  readonly anchorMs: number;
}

export interface DatabaseConfig {
  /** Both hold passwords. */
  readonly url: string;
  readonly checkpointUrl: string | undefined;
  /** Whether this process writes for sites, or only asks those that do. */
  readonly writes: boolean;
  readonly listen: { readonly host: string; readonly port: number };
  /** Where the other processes reach this one; absent: where it listens. */
  readonly address: string | undefined;
  readonly deadlineMs: number;
  /** A standby that the public log may be read from, if what it has is not older. */
  readonly replica: { readonly url: string; readonly mostMs: number } | undefined;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type Environment = Readonly<Record<string, string | undefined>>;

/** Every setting that is wrong, each with what to do. Values are never repeated: some are secret. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration has mistakes:\n${problems.map((line) => `  ${line}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const HEX_KEY = z.string().regex(/^[0-9a-f]{64}$/, '64 hex digits are expected');
const DATABASE = z
  .string()
  .regex(/^postgres(ql)?:\/\/\S+$/, 'such as postgres://user:password@host:5432/billproof');
const ADDRESS = z
  .string()
  .regex(/^[A-Za-z0-9.:[\]-]{1,255}:[0-9]{1,5}$/, 'host:port is expected, such as 10.0.0.5:8601');
const SETTINGS = z.strictObject({
  PORT: z
    .string()
    .regex(/^[0-9]{1,5}$/, 'a port number is expected')
    .transform(Number)
    .pipe(z.int().max(65_535, 'a port is at most 65535'))
    .default(8600),
  HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:-]{1,255}$/, 'a host name or an address is expected')
    .default('127.0.0.1'),
  BILLPROOF_DATA: z.string().min(1, 'a folder is expected').default('./data'),
  BILLPROOF_PUBLIC_URL: z
    .string()
    .regex(/^https?:\/\/[A-Za-z0-9.-]+(:[0-9]{1,5})?$/, 'such as https://bills.example.com')
    .optional(),
  BILLPROOF_BEHIND_PROXY: z.enum(['true', 'false'], 'true or false is expected').default('false'),
  BILLPROOF_CHECKPOINTS: z.string().min(1, 'a folder is expected').optional(),
  BILLPROOF_KEYS: z.string().min(1, 'a folder is expected').optional(),
  BILLPROOF_POLICY: z.string().min(1, 'a file or folder is expected').optional(),
  BILLPROOF_WITNESS_SECONDS: z
    .string()
    .regex(/^[1-9][0-9]{0,3}$/, 'seconds are expected, 1 to 9999')
    .default('2'),
  BILLPROOF_FABRIC: z.string().min(1, 'a file is expected').optional(),
  BILLPROOF_ETHEREUM: z.string().min(1, 'a file is expected').optional(),
  BILLPROOF_PAYMENTS: z.string().min(1, 'a file is expected').optional(),
  BILLPROOF_PDF_FONT: z.string().min(1, 'a file is expected').optional(),
  BILLPROOF_ANCHOR_SECONDS: z
    .string()
    .regex(/^[1-9][0-9]{0,4}$/, 'seconds are expected, 1 to 99999')
    .default('60'),
  BILLPROOF_WEBHOOK_NETWORKS: z
    .string()
    .regex(/^\S+$/, 'address/bits are expected, with commas between them')
    .transform((text) => text.split(','))
    .refine(
      (networks) => networks.every(isNetwork),
      'address/bits are expected, such as 10.1.0.0/16',
    )
    .optional(),
  BILLPROOF_OIDC_ISSUER: z
    .string()
    .regex(
      /^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost)[:/])\S+$/,
      'such as https://login.example.com',
    )
    .optional(),
  BILLPROOF_OIDC_CLIENT: z.string().min(1, 'a name is expected').optional(),
  BILLPROOF_OIDC_SECRET: z.string().min(1, 'a secret is expected').optional(),
  BILLPROOF_OIDC_REDIRECT: z
    .string()
    .regex(/^https?:\/\/[^\s?#]+$/, 'such as https://bills.example.com/console')
    .optional(),
  BILLPROOF_OIDC_NEW_ROLE: z
    .enum(['cashier', 'accountant', 'engineer', 'auditor'], 'a role below manager is expected')
    .optional(),
  BILLPROOF_TOKEN_KEY: HEX_KEY.optional(),
  BILLPROOF_KEK: HEX_KEY.optional(),
  LOG_LEVEL: z.enum(LOG_LEVELS, `one of ${LOG_LEVELS.join(', ')} is expected`).default('info'),
  DATABASE_URL: DATABASE.optional(),
  BILLPROOF_CHECKPOINT_URL: DATABASE.optional(),
  BILLPROOF_REPLICA_URL: DATABASE.optional(),
  BILLPROOF_REPLICA_SECONDS: z
    .string()
    .regex(/^[1-9][0-9]{0,2}$/, 'seconds are expected, 1 to 999')
    .default('5'),
  BILLPROOF_ROLE: z.enum(['writer', 'api'], 'writer or api is expected').default('writer'),
  BILLPROOF_PEER: ADDRESS.default('127.0.0.1:0'),
  BILLPROOF_PEER_ADDRESS: ADDRESS.optional(),
  BILLPROOF_DATABASE_SECONDS: z
    .string()
    .regex(/^[1-9][0-9]{0,2}$/, 'seconds are expected, 1 to 999')
    .default('15'),
});
const NAMES = Object.keys(SETTINGS.shape);
const SECRETS = [
  ...['BILLPROOF_TOKEN_KEY', 'BILLPROOF_KEK', 'DATABASE_URL', 'BILLPROOF_CHECKPOINT_URL'],
  ...['BILLPROOF_REPLICA_URL', 'BILLPROOF_OIDC_SECRET'],
];

/**
 * Settings from the environment, over those of the JSON file that BILLPROOF_CONFIG names. A secret may
 * be given as `<NAME>_FILE`. Throws `ConfigError` with all mistakes at once.
 */
export function readConfig(environment: Environment = process.env): Config {
  const problems: string[] = [];
  const given: Record<string, string> = { ...fromFile(environment['BILLPROOF_CONFIG'], problems) };
  for (const name of NAMES) {
    const value = environment[name];
    if (value !== undefined && value !== '') given[name] = value;
  }
  for (const name of SECRETS) readSecret(name, environment, given, problems);
  for (const name of Object.keys(environment)) {
    if (name.startsWith('BILLPROOF_') && !isKnown(name)) {
      problems.push(`${name}: no such setting. Remove it, or correct its name.`);
    }
  }
  const parsed = SETTINGS.safeParse(given);
  for (const { path, message, code } of parsed.error?.issues ?? []) {
    const what =
      code === 'unrecognized_keys' ? 'in the file, a setting that does not exist' : message;
    problems.push(`${path.join('.') || 'BILLPROOF_CONFIG'}: ${what}.`);
  }
  const fileOf = <T>(name: string, read: ReadFile<T>): T | undefined => {
    const path = given[name];
    if (path === undefined) return undefined;
    return read(path, (problem) => problems.push(`${name}: ${problem}.`));
  };
  const policies = fileOf('BILLPROOF_POLICY', readPolicies);
  const fabric = fileOf('BILLPROOF_FABRIC', readFabricConnection);
  const ethereum = fileOf('BILLPROOF_ETHEREUM', readEthereumSettings);
  const payments = fileOf('BILLPROOF_PAYMENTS', readPaymentSettings);
  const pdfFont = fileOf('BILLPROOF_PDF_FONT', readableFont);
  if (payments !== undefined && given['BILLPROOF_PUBLIC_URL'] === undefined) {
    problems.push('BILLPROOF_PAYMENTS: providers notify BILLPROOF_PUBLIC_URL. Give it, too.');
  }
  const oidc = oidcOf(parsed.data ?? {}, (problem) => problems.push(problem));
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return { ...configOf(parsed.data), oidc, policies, fabric, ethereum, payments, pdfFont };
}

function configOf(
  settings: z.output<typeof SETTINGS>,
): Omit<Config, 'oidc' | 'policies' | 'fabric' | 'ethereum' | 'payments'> {
  const dataFolder = resolve(settings.BILLPROOF_DATA);
  return {
    host: settings.HOST,
    port: settings.PORT,
    dataFolder,
    publicUrl: settings.BILLPROOF_PUBLIC_URL,
    behindProxy: settings.BILLPROOF_BEHIND_PROXY === 'true',
    logLevel: settings.LOG_LEVEL,
    database: databaseOf(settings),
    checkpointFolder: settings.BILLPROOF_CHECKPOINTS,
    tokenKey: settings.BILLPROOF_TOKEN_KEY,
    kek: settings.BILLPROOF_KEK,
    keyFolder: settings.BILLPROOF_KEYS ?? join(dataFolder, 'keys'),
    webhookNetworks: settings.BILLPROOF_WEBHOOK_NETWORKS ?? [],
    witnessMs: Number(settings.BILLPROOF_WITNESS_SECONDS) * 1000,
    anchorMs: Number(settings.BILLPROOF_ANCHOR_SECONDS) * 1000,
  };
}

function databaseOf(settings: z.output<typeof SETTINGS>): DatabaseConfig | undefined {
  const url = settings.DATABASE_URL;
  if (url === undefined) return undefined;
  const replicaUrl = settings.BILLPROOF_REPLICA_URL;
  const mostMs = Number(settings.BILLPROOF_REPLICA_SECONDS) * 1000;
  const [host, port] = splitAddress(settings.BILLPROOF_PEER);
  return {
    ...{ url, checkpointUrl: settings.BILLPROOF_CHECKPOINT_URL },
    writes: settings.BILLPROOF_ROLE === 'writer',
    listen: { host, port },
    address: settings.BILLPROOF_PEER_ADDRESS,
    deadlineMs: Number(settings.BILLPROOF_DATABASE_SECONDS) * 1000,
    replica: replicaUrl === undefined ? undefined : { url: replicaUrl, mostMs },
  };
}

/** `file#name` stands for one font of a collection. */
function readableFont(font: string, complain: (problem: string) => void): string | undefined {
  const [path = ''] = font.split('#');
  if (existsSync(path)) return font;
  complain('the font cannot be read');
  return undefined;
}

type ReadFile<T> = (path: string, complain: (problem: string) => void) => T | undefined;

function isKnown(name: string): boolean {
  return (
    name === 'BILLPROOF_CONFIG' ||
    NAMES.includes(name) ||
    (name.endsWith('_FILE') && SECRETS.includes(name.slice(0, -'_FILE'.length)))
  );
}

function fromFile(path: string | undefined, problems: string[]): Record<string, string> {
  if (path === undefined || path === '') return {};
  try {
    const value = z
      .record(z.string(), z.string())
      .safeParse(JSON.parse(readFileSync(path, 'utf8')));
    if (value.success) return value.data;
    problems.push('BILLPROOF_CONFIG: the file must be a JSON object of texts, named as here.');
  } catch {
    problems.push('BILLPROOF_CONFIG: the file cannot be read as JSON.');
  }
  return {};
}

function readSecret(
  name: string,
  environment: Environment,
  given: Record<string, string>,
  problems: string[],
): void {
  const path = environment[`${name}_FILE`];
  if (path === undefined || path === '') return;
  if (given[name] !== undefined) problems.push(`${name}: give it or ${name}_FILE, not both.`);
  try {
    given[name] = readFileSync(path, 'utf8').trim();
  } catch {
    problems.push(`${name}_FILE: the file cannot be read.`);
  }
}
