import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SqliteAccessStore } from '../../ledger/access/sqlite-access-store.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { Ledger } from '../../ledger/ledger.ts';
import type { PaymentProvider } from '../../payments/provider.ts';
import { createApi } from '../app.ts';
import type { Config } from '../config.ts';
import type { ApiParts } from '../http-context.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import { apiLog } from '../log.ts';
import { apiMetrics } from '../metrics.ts';
import { PayDesk } from '../payments/pay-desk.ts';
import type { Role } from '../permissions.ts';
import { openRegistry } from '../registry/open-registry.ts';
import type { Registry } from '../registry/registry.ts';
import type { Route } from '../route.ts';
import { bucketsOf, LIMITS } from '../serve.ts';
import { Access } from '../sign-in/access.ts';
import { OidcSignIn } from '../sign-in/oidc.ts';
import type { OidcSettings } from '../sign-in/oidc-settings.ts';
import { issueToken, type TokenKey, tokenKeyFromText } from '../tokens.ts';
import type { Courier } from '../webhooks/courier.ts';
import { courierOf } from '../webhooks/open-courier.ts';
import { ApiClient } from './api-client.ts';

export const TOKEN_KEY = '42'.repeat(32);
/** Site and account that the bound tokens are for. */
export const TEST_SITE = 'quay';
export const TEST_ACCOUNT = 'K1';

export interface TestApi {
  readonly client: ApiClient;
  /** For what is no JSON. */
  readonly app: ReturnType<typeof createApi>['app'];
  readonly routes: readonly Route[];
  readonly ledger: Ledger;
  readonly access: Access;
  readonly registry: Registry;
  readonly url: string;
  /** Of all its data. */
  readonly folder: string;
  /** `admin` is bound to no site, the others to `TEST_SITE`. */
  readonly tokens: Readonly<Record<Role | 'tenant', string>>;
  readonly payDesk: PayDesk;
  /** Delivers when it is told to, to this machine alone. */
  readonly courier: Courier;
  /** Works when it is told to. */
  readonly jobs: JobRunner;
  readonly logLines: string[];
  setLedgerTime(time: string): Promise<void>;
  /** Until everything that is committed is under a signed checkpoint. */
  waitForCheckpoint(site: string): Promise<void>;
  close(): Promise<void>;
}

/** The whole application over a real ledger in a folder of its own. Nothing listens. */
export async function openApiForTests(
  limits: Partial<typeof LIMITS> = {},
  nowMs: () => number = Date.now,
  providers: readonly PaymentProvider[] = [],
  more: Pick<ApiParts, 'eInvoices'> = {},
  oidc?: OidcSettings,
): Promise<TestApi> {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-api-'));
  const ledger = await Ledger.open({ dataDir: folder, simulatedClock: true, checkpointMs: 20 });
  const logLines: string[] = [];
  const tokenKey = tokenKeyFromText(TOKEN_KEY);
  const url = 'http://127.0.0.1:8600';
  const log = apiLog('debug', { write: (line: string) => void logLines.push(line) });
  const store = new SqliteAccessStore(join(folder, 'access.db'));
  const access = new Access({ store, tokenKey, nowMs });
  const registry = await openRegistry(configForTests(folder), nowMs);
  const payDesk = new PayDesk({ ledger, providers, log, nowMs });
  const parts: ApiParts = {
    ...{ ledger, access, nowMs, publicUrl: () => url, behindProxy: false, log },
    ...{ payDesk, registry },
    ...more,
    oidc: oidc && new OidcSignIn(oidc, access),
    metrics: apiMetrics(ledger, false),
    buckets: bucketsOf({ ...LIMITS, ...limits }, Date.now),
    webFolder: join(import.meta.dirname, '..', '..', 'web', 'dist'),
  };
  const { app, routes } = createApi(parts);
  const courier = courierOf(parts, ['127.0.0.0/8']);
  return {
    ...{
      app,
      client: new ApiClient(app),
      routes,
      ledger,
      access,
      registry,
      url,
      folder,
      payDesk,
      logLines,
    },
    courier,
    jobs: new JobRunner(parts),
    tokens: await tokensFor(tokenKey, nowMs()),
    setLedgerTime: async (time) => await ledger.setClock(Date.parse(time)),
    waitForCheckpoint: async (site) => await waitForCheckpoint(ledger, site),
    close: async () => {
      await ledger.close();
      await access.close();
      await registry.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Settings of a service on a free port, in `folder`. */
export function configForTests(folder: string): Config {
  return {
    ...{ host: '127.0.0.1', port: 0, dataFolder: folder, keyFolder: join(folder, 'keys') },
    ...{
      publicUrl: undefined,
      database: undefined,
      behindProxy: false,
      logLevel: 'silent',
      kek: undefined,
    },
    ...{ checkpointFolder: undefined, tokenKey: TOKEN_KEY, policies: undefined },
    ...{ witnessMs: 2_000, fabric: undefined, ethereum: undefined, anchorMs: 60_000 },
    payments: undefined,
    webhookNetworks: [],
    oidc: undefined,
  };
}

async function tokensFor(key: TokenKey, nowMs: number): Promise<Record<Role | 'tenant', string>> {
  // Longer than any test moves its clock.
  const life = { nowMs, seconds: 400 * 24 * 3600 };
  const staff = async (role: Role, site: string | undefined) => {
    return await issueToken(key, { id: `bound-${role}`, role, ...(site && { site }) }, life);
  };
  const tenant = async (role: Role) => {
    const principal = { id: `bound-${role}`, role, site: TEST_SITE, account: TEST_ACCOUNT };
    return await issueToken(key, principal, life);
  };
  return {
    admin: await staff('admin', undefined),
    cashier: await staff('cashier', TEST_SITE),
    accountant: await staff('accountant', TEST_SITE),
    engineer: await staff('engineer', TEST_SITE),
    manager: await staff('manager', TEST_SITE),
    auditor: await staff('auditor', TEST_SITE),
    'tenant-owner': await tenant('tenant-owner'),
    'tenant-payer': await tenant('tenant-payer'),
    'tenant-viewer': await tenant('tenant-viewer'),
    tenant: await tenant('tenant-owner'),
  };
}

async function waitForCheckpoint(ledger: Ledger, site: string): Promise<void> {
  for (let round = 0; round < 200; round += 1) {
    const health = await ledger.health();
    const size = 'sizes' in health ? (health.sizes[site] ?? 0) : 0;
    const note = await ledger.checkpoint(site);
    if (note !== undefined && parseCheckpoint(note).size >= size) return;
    await sleep(20);
  }
  throw new Error(`no checkpoint of ${site} holds everything after 4 s`);
}
