import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FabricChain } from '../../ledger/anchor/fabric/fabric-chain.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import { connectionTo, registerLog } from '../anchor/fabric-networks.ts';
import { type DevnetProcess, startDevnetProcess } from '../support/devnet-process.ts';
import { SampleDevice } from '../support/sample-device.ts';
import { SampleLedger, SITE } from '../support/sample-ledger.ts';
import { median, percentile, report } from './figure.ts';
import { pump, sign, startService } from './ingest.ts';

/** `anchoring`: how late anchors are, what they cost, and how an outage of a day ends. */
export async function anchoring(checkpoints: number): Promise<void> {
  await onDevnet(anchorLag);
  await ingestRate();
  await onDevnet((devnet) => afterOutage(devnet, checkpoints));
}

/** A network of its own for each: it keeps one log of a name, and every sample has another key. */
async function onDevnet<T>(run: (devnet: DevnetProcess, folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-bench-'));
  const devnet = await startDevnetProcess(join(folder, 'fabric'));
  try {
    return await run(devnet, folder);
  } finally {
    devnet.child.kill('SIGTERM');
    await once(devnet.child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
}

const EVERY_MS = 1_000;
const WATCHED_MS = 40_000;

/** From the moment at which a checkpoint can be read to that at which a receipt covers it. */
async function anchorLag({ told }: DevnetProcess): Promise<void> {
  const sample = await SampleLedger.make();
  await sample.account('acc-1', 'm-1');
  await startAnchoring(sample, told, EVERY_MS);
  const waiting: { size: number; atMs: number }[] = [];
  const lags: number[] = [];
  let anchors = 0;
  let lastSize = 0;
  const startedMs = performance.now();
  for (let n = 0; performance.now() - startedMs < WATCHED_MS; n += 1) {
    if (n % 10 === 0) await sample.topUp('acc-1', '1.000000');
    const nowMs = performance.now();
    const size = parseCheckpoint((await sample.ledger.checkpoint(SITE)) ?? '').size;
    if (size > (waiting.at(-1)?.size ?? 0)) waiting.push({ size, atMs: nowMs });
    const anchored = (await sample.ledger.anchors())[0]?.size ?? 0;
    if (anchored > lastSize) anchors += 1;
    lastSize = anchored;
    while ((waiting[0]?.size ?? Number.MAX_SAFE_INTEGER) <= anchored) {
      const { atMs } = waiting.shift() ?? { atMs: nowMs };
      lags.push(nowMs - atMs);
    }
    await delay(5);
  }
  await sample.remove();
  const note = `${anchors} anchors, one a second; the goal is the interval and 500 ms more`;
  report({ bench: 'anchored-p50', value: median(lags), unit: 'ms', n: lags.length, note });
  report({
    bench: 'anchored-p99',
    value: percentile(lags, 0.99),
    unit: 'ms',
    n: lags.length,
    note,
  });
}

const BRIDGES = 32;
const BATCH = 100;
const READINGS = 240_000;
const PAIRS = 5;

/** With and without anchors in turns, in one run: the ratio counts, of rates and of processor time. */
async function ingestRate(): Promise<void> {
  for (const everyMs of [60_000, 2_000]) {
    const runs: { with: Run[]; without: Run[] } = { with: [], without: [] };
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const order =
        pair % 2 === 0 ? (['without', 'with'] as const) : (['with', 'without'] as const);
      for (const kind of order) {
        const run = await onDevnet(({ told }, folder) => {
          const anchored = kind === 'with' ? { network: told, everyMs } : undefined;
          return ingestRun(join(folder, 'data'), anchored);
        });
        runs[kind].push(run);
      }
    }
    const bench = `ingest-anchored-every-${everyMs / 1000}-s`;
    const figure = { unit: '% of that without', n: 2 * PAIRS };
    const rates = of(runs, ({ rate }) => rate);
    const note = `${Math.round(rates.with)} and ${Math.round(rates.without)} readings/s, the network on the same cores`;
    report({ bench, value: (100 * rates.with) / rates.without, ...figure, note });
    const cpu = of(runs, ({ cpuUs }) => cpuUs);
    report({
      bench: `${bench}-cpu`,
      value: (100 * cpu.with) / cpu.without,
      ...figure,
      note: `${cpu.with.toFixed(1)} and ${cpu.without.toFixed(1)} us of the service a reading`,
    });
  }
}

interface Run {
  readonly rate: number;
  readonly cpuUs: number;
}

function of(runs: { with: Run[]; without: Run[] }, pick: (run: Run) => number) {
  return { with: median(runs.with.map(pick)), without: median(runs.without.map(pick)) };
}

async function ingestRun(data: string, anchored: Parameters<typeof startService>[3]): Promise<Run> {
  const devices = Array.from({ length: BRIDGES }, (_, i) => new SampleDevice(`br-${i}`));
  const service = await startService(data, devices, 31, anchored);
  const batches = Math.ceil(READINGS / BRIDGES / BATCH);
  const requests = devices.map((device) => sign(device, BATCH, batches));
  const before = await service.usage();
  const startedMs = performance.now();
  const acks = await Promise.all(requests.map((list) => pump(service.port, list)));
  const elapsedMs = performance.now() - startedMs;
  const after = await service.usage();
  await service.stop();
  rmSync(data, { recursive: true, force: true });
  const count = acks.flat().length * BATCH;
  const cpuUs = after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system;
  return { rate: count / (elapsedMs / 1e3), cpuUs: cpuUs / count };
}

/** So many checkpoints signed while the chain was away; then it is back. */
async function afterOutage({ told }: DevnetProcess, checkpoints: number): Promise<void> {
  const sample = await SampleLedger.make();
  await sample.account('acc-1', 'm-1');
  await sample.ledger.close();
  sample.ledger = await Ledger.open({ ...sample.options, checkpointMs: 1 });
  let signed = 0;
  let last = '';
  while (signed < checkpoints) {
    await sample.topUp('acc-1', '1.000000');
    const note = (await sample.ledger.checkpoint(SITE)) ?? '';
    if (note !== last) signed += 1;
    last = note;
  }
  await startAnchoring(sample, told, 600_000);
  const startedMs = performance.now();
  while (!(await sample.ledger.anchorNow())) await delay(10);
  const elapsedMs = performance.now() - startedMs;
  const [state] = await sample.ledger.anchors();
  report({
    bench: 'anchored-after-outage',
    value: elapsedMs,
    unit: 'ms',
    n: signed,
    note: `so many checkpoints waited; lag ${state?.lag} events at the end`,
  });
  await sample.remove();
}

async function startAnchoring(
  sample: SampleLedger,
  told: DevnetProcess['told'],
  everyMs: number,
): Promise<void> {
  const site = sample.ledger.site(SITE);
  if (site === undefined) throw new Error('the sample has a site');
  await registerLog(told, site);
  const chain = new FabricChain(connectionTo(told), nativePrimitives());
  sample.ledger.startAnchoring({
    chains: [{ chainOf: () => chain, everyMs }],
    tell: () => undefined,
  });
}
