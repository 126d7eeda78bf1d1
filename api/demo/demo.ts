import { join } from 'node:path';
import type { Logger } from 'pino';
import { assert } from '../../ledger/core/assert.ts';
import { builtPages } from '../../web/built-pages.ts';
import type { Terminal } from '../cli/terminal.ts';
import { billFigures, judgeAll } from './bills.ts';
import { booksLines } from './books-lines.ts';
import { type BridgeSetting, startBuilding } from './building.ts';
import type { DemoFile } from './demo-file.ts';
import { startLive } from './live-tower.ts';
import { billLoad, LOAD_SITE } from './load-replay.ts';
import { type OpenDemo, openDemo, settlePlan } from './open-demo.ts';
import type { DemoOptions, LoadOption } from './options.ts';
import { clearData, type TowerPlan, writePlan } from './plan.ts';
import { publishDemo } from './publish-demo.ts';
import { registerTenants } from './register-tenants.ts';
import { stopped } from './stopped.ts';
import { storyLines } from './story.ts';
import { TOWER, towerMeters } from './tower.ts';
import { liveThrough, settleTower } from './tower-history.ts';

export interface DemoRun {
  readonly options: DemoOptions;
  readonly terminal: Terminal;
  readonly log: Logger;
  /** Aborted when the process is asked to end. */
  readonly stop: AbortSignal;
  readonly nowMs: number;
  /** Paths are told relative to it. */
  readonly folder: string;
}

/**
 * Runs the demonstration until it is told to stop, or with `once` until every bill is checked. Answers
 * the exit code: 0, or 1 where a bill does not verify. Refuses what keeps it from starting.
 */
export async function runDemo(run: DemoRun): Promise<0 | 1> {
  const { options, log } = run;
  if (options.fresh) await clearData(options);
  const planned = settlePlan(options, run.nowMs);
  await builtPages();
  const demo = await openDemo(options, planned, log);
  const { plan } = demo;
  try {
    if (plan.kind === 'tower') return await runTower(run, demo, plan);
    assert(options.load !== undefined, 'a plan of a load was settled with that load');
    return await runLoad(run, demo, options.load);
  } finally {
    await demo.stop();
  }
}

async function runTower(run: DemoRun, demo: OpenDemo, plan: TowerPlan): Promise<0 | 1> {
  const { options, terminal, stop, log } = run;
  const meters = towerMeters(plan.tenants);
  const simulator = await startBuilding(plan, meters);
  const { url } = demo.service;
  const setting: BridgeSetting = { url, data: options.data, meters, simulator, log };
  const bridge = { id: TOWER.bridge, modbus: `${simulator.host}:${simulator.port}` };
  try {
    if (!plan.done) await makeHistory(run, demo, plan, setting);
    await registerTenants(demo.desk, plan, meters);
    if (options.once) {
      await publishDemo(demo, bridge);
      return await checkAll(run, demo);
    }
    const live = await startLive(demo, plan, setting, () => publishDemo(demo, bridge));
    try {
      const published = await publishDemo(demo, bridge);
      tellStory(run, published);
      for (const line of await booksLines(demo.desk, published)) terminal.out(line);
      const [first = ''] = published.tenants.map(({ account }) => account);
      terminal.out('');
      terminal.out(
        `Top up ${first} at a stand-in for a provider, where no money moves (35 minutes):`,
      );
      terminal.out(`  ${await demo.standIns.openPage(demo.desk, first)}`);
      terminal.out(
        'Electricity is read each minute from now on, water, cooling and gas each five.',
      );
      await untilStopped(terminal, url, stop);
    } finally {
      await live.stop();
    }
    return 0;
  } finally {
    await simulator.close();
  }
}

async function makeHistory(
  { options, terminal, stop }: DemoRun,
  demo: OpenDemo,
  plan: TowerPlan,
  setting: BridgeSetting,
): Promise<void> {
  const { ledger, desk } = demo;
  const startedAt = performance.now();
  const days = Math.round((plan.endMs - plan.startMs) / 86_400_000);
  const count = `${setting.meters.length} meters of ${plan.tenants} tenants`;
  terminal.out(`Billproof: reading ${days} days of ${count} over Modbus …`);
  const tell = (line: string) => terminal.out(line);
  const history = { plan, ledger, desk, setting, stop, tell };
  await settleTower(history);
  const records = await liveThrough(history);
  await ledger.setClock(undefined);
  writePlan(options.data, { ...demo.plan, done: true });
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  terminal.out(`  ${records} readings signed, sent, rated and posted in ${seconds} s`);
  const accounts = [...new Set(setting.meters.map(({ account }) => account))];
  for (const line of await demo.standIns.payOnce(desk, accounts)) terminal.out(line);
}

async function runLoad(run: DemoRun, demo: OpenDemo, load: LoadOption): Promise<0 | 1> {
  const { options, terminal, stop, log } = run;
  const { ledger, desk, service, plan } = demo;
  if (!plan.done) {
    const { url } = service;
    const { data } = options;
    terminal.out('Billproof: replaying the recorded load over Modbus …');
    const report = await billLoad({ load, ledger, desk, url, data, log, stop });
    await ledger.setClock(undefined);
    writePlan(data, { ...plan, done: true });
    const { presentSlots, slots, records } = report;
    terminal.out(`  ${presentSlots} of ${slots} slots have a value; ${records} readings`);
  }
  for (const statement of await desk.statements()) {
    for (const line of await billFigures(desk, statement)) terminal.out(line);
  }
  const published = await publishDemo(demo, { id: LOAD_SITE.bridge, modbus: null });
  if (options.once) return await checkAll(run, demo);
  tellStory(run, published);
  await untilStopped(terminal, service.url, stop);
  return 0;
}

function tellStory({ options, terminal, folder }: DemoRun, published: DemoFile): void {
  const file = join(options.data, 'demo.json');
  for (const line of storyLines(published, file, folder)) terminal.out(line);
}

async function checkAll({ terminal }: DemoRun, demo: OpenDemo): Promise<0 | 1> {
  const { ledger, desk, site } = demo;
  return (await judgeAll(desk, ledger.policy(site.site), terminal)) ? 0 : 1;
}

async function untilStopped(terminal: Terminal, url: string, stop: AbortSignal): Promise<void> {
  if (stop.aborted) throw stopped();
  terminal.out(`billproof ready ${url}`);
  await new Promise<void>((resolve) => {
    stop.addEventListener('abort', () => resolve(), { once: true });
  });
}
