import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { Refusal } from '../../ledger/core/refusal.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { SiteRow } from '../../ledger/store/port.ts';
import { anchoringOptions } from '../anchor/anchoring-options.ts';
import { type Config, type Environment, readConfig } from '../config.ts';
import type { Role } from '../permissions.ts';
import { openLedger, type Service, serve } from '../serve.ts';
import { issueToken } from '../tokens.ts';
import { witnessingOptions } from '../witness/witnessing-options.ts';
import { FrontDesk } from './front-desk.ts';
import { LOAD_SITE, loadPlan, refuseOtherLoad } from './load-replay.ts';
import { type DemoFabric, startFabric } from './local-fabric.ts';
import { type DemoWitness, startWitnesses } from './local-witnesses.ts';
import type { DemoOptions } from './options.ts';
import { type DemoPlan, readPlan, towerPlan, writePlan } from './plan.ts';
import type { StandIns } from './stand-ins.ts';
import { TOWER } from './tower.ts';

/** Tokens of `demo.json` hold this long; each start makes new ones. */
const TOKEN_SECONDS = 30 * 24 * 3600;
const PORT = 8600;
/** Shortest time between two checkpoints that the witnesses are asked for. */
const WITNESS_MS = 2_000;
/** Shortest time between two anchors. */
const ANCHOR_MS = 10_000;

/** The service, its ledger and its site, as every part of the demonstration needs them. */
export interface OpenDemo {
  readonly options: DemoOptions;
  readonly plan: DemoPlan;
  readonly ledger: Ledger;
  readonly service: Service;
  readonly site: SiteRow;
  readonly desk: FrontDesk;
  readonly staffToken: string;
  readonly witnesses: readonly DemoWitness[];
  readonly fabric: DemoFabric;
  readonly standIns: StandIns;
  readonly log: Logger;
  /** Closes all of it. */
  stop(): Promise<void>;
}

/** The plan of the folder, or a new one. Refuses `other-demonstration`, and what `readPlan` refuses. */
export function settlePlan(options: DemoOptions, nowMs: number): DemoPlan {
  const { data, load, tenants } = options;
  const known = readPlan(data);
  if (known === undefined) {
    const plan = load === undefined ? towerPlan(nowMs, tenants) : loadPlan(load);
    mkdirSync(data, { recursive: true });
    writePlan(data, plan);
    return plan;
  }
  if (known.kind === 'load' && load !== undefined) refuseOtherLoad(known, load);
  else if ((known.kind === 'load') !== (load !== undefined)) {
    const advice =
      known.kind === 'load' ? 'a recorded load: name it again' : 'the tower: without --load';
    throw new Refusal(
      'other-demonstration',
      `${data} holds ${advice}, or start anew with --fresh, or give another --data DIR.`,
    );
  }
  return known;
}

/** Opens ledger, HTTP side, witnesses and chain, and the site at the first start. */
export async function openDemo(
  options: DemoOptions,
  planned: DemoPlan,
  log: Logger,
): Promise<OpenDemo> {
  const { data } = options;
  const config = configOf(data, await portOf(options.port ?? planned.port ?? PORT));
  const ledger = await openLedger(config, true);
  const url = `http://127.0.0.1:${config.port}`;
  // Loaded only by who gets so far: the libraries of providers are large.
  const { NOBODY_PAYS, startStandIns } = await import('./stand-ins.ts');
  const standIns = planned.kind === 'tower' ? await startStandIns(url) : NOBODY_PAYS;
  const { providers } = standIns;
  const service = await serve({ config, ledger, log, providers }).catch(async (error) => {
    await standIns.stop();
    throw error;
  });
  try {
    const plan = { ...planned, port: planned.port ?? service.port };
    if (planned.port === undefined) writePlan(data, plan);
    const { site: name, zone, currency } = siteOf(plan);
    if (ledger.site(name) === undefined) {
      const desk = new FrontDesk(service.url, await tokenOf(service, 'admin'));
      await desk.post('/v1/sites', 'site', { site: name, zone, currency });
    }
    const site = ledger.site(name);
    if (site === undefined) throw new Error('a site that was created is known');
    const staffToken = await tokenOf(service, 'admin', name);
    const desk = new FrontDesk(service.url, staffToken);
    const witnesses = await startWitnesses(data, site.vkey, log);
    ledger.startWitnessing(witnessingOptions({ forAll: witnesses.policy }, WITNESS_MS, log));
    const fabric = await startFabric(data, site);
    const { connection } = fabric;
    const anchoring = await anchoringOptions({ fabric: connection, anchorMs: ANCHOR_MS }, log);
    if (anchoring !== undefined) ledger.startAnchoring(anchoring);
    const stop = async () => {
      await standIns.stop();
      await service.stop();
      await fabric.stop();
      await witnesses.stop();
    };
    const parts = { options, plan, ledger, service, site, desk, staffToken, log };
    return { ...parts, witnesses: witnesses.list, fabric: fabric.described, standIns, stop };
  } catch (error) {
    await standIns.stop();
    await service.stop();
    throw error;
  }
}

/** An access token for staff of the site, or for one tenant. */
export async function tokenOf(
  { tokenKey }: Service,
  role: Role,
  site?: string,
  account?: string,
): Promise<string> {
  const id = ['demo', role, site, account].filter((part) => part !== undefined).join('-');
  const principal = { id, role, ...(site && { site }), ...(account && { account }) };
  return await issueToken(tokenKey, principal, { nowMs: Date.now(), seconds: TOKEN_SECONDS });
}

/** Providers must know where to notify before the service listens, so that a free port is found first. */
async function portOf(port: number): Promise<number> {
  if (port !== 0) return port;
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function siteOf(plan: DemoPlan) {
  return plan.kind === 'tower' ? TOWER : { ...LOAD_SITE, zone: plan.zone };
}

function configOf(data: string, port: number): Config {
  return {
    ...{ host: '127.0.0.1', port, dataFolder: data, keyFolder: join(data, 'keys') },
    ...{
      publicUrl: undefined,
      database: databaseOf(process.env),
      behindProxy: false,
      logLevel: 'warn',
      kek: undefined,
    },
    ...{ checkpointFolder: undefined, tokenKey: undefined, policies: undefined },
    payments: undefined,
    webhookNetworks: [],
    oidc: undefined,
    ...{ witnessMs: WITNESS_MS, fabric: undefined, ethereum: undefined, anchorMs: ANCHOR_MS },
  };
}

/** `npm start` on a database: for looking at it, and for the tests. */
function databaseOf(env: Environment): Config['database'] {
  const url = env['DATABASE_URL'];
  return url === undefined ? undefined : readConfig({ DATABASE_URL: url }).database;
}
