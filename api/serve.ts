import { join } from 'node:path';
import type { Logger } from 'pino';
import { fromHex } from '../ledger/core/bytes.ts';
import { Ledger } from '../ledger/ledger.ts';
import type { PaymentProvider } from '../payments/provider.ts';
import { anchoringOptions } from './anchor/anchoring-options.ts';
import { createApi } from './app.ts';
import type { Config } from './config.ts';
import type { ApiParts } from './http-context.ts';
import { JobRunner } from './jobs/job-runner.ts';
import type { LedgerPort } from './ledger-port.ts';
import { apiMetrics } from './metrics.ts';
import { PayDesk } from './payments/pay-desk.ts';
import { openRegistry } from './registry/open-registry.ts';
import { keepBooks } from './reports/keep-books.ts';
import { listen } from './server.ts';
import { Access } from './sign-in/access.ts';
import { OidcSignIn } from './sign-in/oidc.ts';
import { accessStore } from './sign-in/open-access.ts';
import { type BucketRule, TokenBuckets } from './token-bucket.ts';
import { configuredTokenKey, type TokenKey } from './tokens.ts';
import { courierOf } from './webhooks/open-courier.ts';
import { witnessingOptions } from './witness/witnessing-options.ts';

export interface ServeOptions {
  readonly config: Config;
  /** One that is open already; else the one that `config` describes. `stop` closes it either way. */
  readonly ledger?: LedgerPort;
  readonly log: Logger;
  readonly nowMs?: () => number;
  /** Memory, event loop and the like among the metrics. */
  readonly processMetrics?: boolean;
  readonly limits?: Partial<Limits>;
  /** Providers that payments come in by. */
  readonly providers?: readonly PaymentProvider[];
}

export interface Limits {
  /** Requests of one token, or of one address without. */
  readonly api: BucketRule;
  /** Reads of the public log by one address. */
  readonly log: BucketRule;
  /** Batches from one address, and refused ones among them. */
  readonly batches: BucketRule;
  readonly refusedBatches: BucketRule;
  /** Bill codes from one address that open nothing: guesses, or slips of the hand. */
  readonly wrongCodes: BucketRule;
  /** Sign-ins from one address, each of which costs a hash of 19 MiB. */
  readonly signIns: BucketRule;
}

export interface Service {
  readonly url: string;
  readonly port: number;
  readonly tokenKey: TokenKey;
  readonly ledger: LedgerPort;
  /** Takes nothing new, answers what it accepted, closes the ledger. Safe to call twice. */
  stop(): Promise<void>;
}

export const LIMITS: Limits = {
  api: { perSecond: 200, burst: 2_000 },
  log: { perSecond: 2_000, burst: 10_000 },
  batches: { perSecond: 50_000, burst: 100_000 },
  refusedBatches: { perSecond: 100, burst: 2_000 },
  wrongCodes: { perSecond: 0.1, burst: 10 },
  signIns: { perSecond: 0.2, burst: 20 },
};

/** A bucket for each kind of request, by the rules given. */
export function bucketsOf(limits: Limits, nowMs: () => number): ApiParts['buckets'] {
  const buckets = (rule: BucketRule) => new TokenBuckets(rule, nowMs);
  return {
    api: buckets(limits.api),
    log: buckets(limits.log),
    batches: buckets(limits.batches),
    refusedBatches: buckets(limits.refusedBatches),
    wrongCodes: buckets(limits.wrongCodes),
    signIns: buckets(limits.signIns),
  };
}

/**
 * The composition root: ledger, HTTP side, socket. Refuses what `Ledger.open` refuses, and a port that
 * is taken (`port-in-use`).
 */
export async function serve(options: ServeOptions): Promise<Service> {
  const ledger = options.ledger ?? (await openWhole(options));
  try {
    return await serveLedger({ ...options, ledger });
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

/** The ledger that the settings describe. */
export async function openLedger(
  config: Config,
  simulatedClock = false,
  log?: Logger,
): Promise<Ledger> {
  const { dataFolder, keyFolder, checkpointFolder, kek, database } = config;
  return await Ledger.open({
    dataDir: dataFolder,
    database: database && {
      ...database,
      tell: ({ code, ...about }) => {
        log?.[code.startsWith('sites-') ? 'info' : 'warn']({ code, ...about }, 'processes');
      },
    },
    keysDir: keyFolder,
    checkpointPath: checkpointFolder && join(checkpointFolder, 'checkpoints.db'),
    kek: kek === undefined ? undefined : fromHex(kek),
    simulatedClock,
  });
}

/** The same, with its witnesses and chains. */
async function openWhole({ config, log }: ServeOptions): Promise<Ledger> {
  const ledger = await openLedger(config, false, log);
  const { policies, witnessMs } = config;
  try {
    if (policies !== undefined) {
      ledger.startWitnessing(witnessingOptions(policies, witnessMs, log));
    }
    const anchoring = await anchoringOptions(config, log);
    if (anchoring !== undefined) ledger.startAnchoring(anchoring);
    return ledger;
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

async function serveLedger(
  options: ServeOptions & { readonly ledger: LedgerPort },
): Promise<Service> {
  const { config, ledger, log } = options;
  const nowMs = options.nowMs ?? Date.now;
  const tokenKey = configuredTokenKey(config);
  const access = new Access({ store: await accessStore(config), tokenKey, nowMs });
  const registry = await openRegistry(config, nowMs);
  const payDesk = await payDeskOf(options, nowMs);
  let isStopping = false;
  let url = '';
  const parts: ApiParts = {
    ...{ ledger, log, nowMs, access, registry, payDesk },
    oidc: config.oidc && new OidcSignIn(config.oidc, access),
    publicUrl: () => url,
    behindProxy: config.behindProxy,
    metrics: apiMetrics(ledger, options.processMetrics ?? false),
    buckets: bucketsOf({ ...LIMITS, ...options.limits }, nowMs),
    webFolder: join(import.meta.dirname, '..', 'web', 'dist'),
    pdfFont: config.pdfFont,
  };
  const api = createApi(parts, () => isStopping);
  const server = await listen(api, config.host, config.port).catch(async (error: unknown) => {
    await access.close();
    await registry.close();
    throw error;
  });
  const stopWatching = payDesk.watch(LOOK_MS);
  const courier = courierOf(parts, config.webhookNetworks);
  const stopCourier = courier.watch(COURIER_MS);
  // Each of several processes would read every log; there only what was asked for is kept.
  const bookSites = async () =>
    config.database === undefined
      ? (await ledger.sites()).map(({ site }) => site)
      : ledger.books.asked;
  const stopBooks = keepBooks(ledger, log, bookSites, BOOKS_MS);
  const stopJobs = new JobRunner(parts).watch(JOBS_MS);
  url = config.publicUrl ?? `http://${config.host}:${server.port}`;
  log.info({ url }, 'listening');
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    isStopping = true;
    stopBooks();
    await Promise.all([stopWatching(), stopCourier(), stopJobs()]);
    await server.stop();
    await ledger.close();
    await access.close();
    await registry.close();
    log.info('stopped');
  };
  return {
    ...{ url, tokenKey, ledger },
    port: server.port,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** Between two looks at the log for what webhooks have to tell. */
const COURIER_MS = 1_000;
/** Between two looks for jobs. */
const JOBS_MS = 500;
/** Between two looks after orders whose notifications have not come. */
const LOOK_MS = 20_000;
/** Between two times that the books read on in the log. */
const BOOKS_MS = 60_000;

async function payDeskOf(
  { config, ledger, log, providers }: ServeOptions & { readonly ledger: LedgerPort },
  nowMs: () => number,
): Promise<PayDesk> {
  const { payments, publicUrl } = config;
  return new PayDesk({
    ...{ ledger, log, nowMs, fallbackSite: payments?.fallbackSite },
    providers: providers ?? (await payments?.providers(`${publicUrl}/webhooks`, nowMs)) ?? [],
  });
}
