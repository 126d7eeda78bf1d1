import { hasNews } from '../../ledger/anchor/news.ts';
import { BatchDoor } from './batch-door.ts';
import { BridgeNode } from './bridge-node.ts';
import { checkBalances, checkLog } from './final-check.ts';
import { Forger } from './forger.ts';
import { LedgerNode } from './ledger-node.ts';
import type { Violation } from './model.ts';
import { Office } from './office.ts';
import { type Run, scheduleFaults, stopFaults } from './schedule-faults.ts';
import { StandsStill } from './simulated-time.ts';
import { DRAIN_MS, SITE, World } from './world.ts';

export interface RunResult {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** SHA-256 over every line of the course. */
  readonly traceHash: string;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly events: number;
  readonly readings: number;
  readonly anchors: number;
  readonly refusedRestores: number;
  readonly refusedForgeries: number;
}

const SET_UP_MS = 240_000;
const SETTLE_MS = 5_000;

/** One building from its set-up to its last acknowledgement, with everything that its seed brings. */
export async function simulate(seed: number, print?: (line: string) => void): Promise<RunResult> {
  const world = new World(seed, print);
  try {
    const run = assemble(world);
    await live(run).catch((error: unknown) => {
      if (!(error instanceof StandsStill)) throw error;
      world.model.violate('stands-still', error.message);
    });
    const { model, time, chain } = world;
    return {
      ...{ seed, violations: model.violations, traceHash: world.traceHash() },
      ...{
        steps: world.steps,
        simulatedMs: time.nowMs - world.building.beginMs,
        events: model.log.size,
      },
      readings: [...model.log.chains.values()].reduce((sum, list) => sum + list.length, 0),
      anchors: chain.anchored.length,
      ...{ refusedRestores: model.refusedRestores, refusedForgeries: model.refusedForgeries },
    };
  } finally {
    world.close();
  }
}

function assemble(world: World): Run {
  const names = world.building.isShared ? ['ledger-1', 'ledger-2'] : ['ledger-1'];
  const nodes = names.map((name) => new LedgerNode(world, name));
  const door = new BatchDoor(world, nodes);
  const bridges = Array.from(
    { length: world.building.bridges },
    (_, i) => new BridgeNode(world, i, door.send),
  );
  const office = new Office(world, nodes);
  const forger = new Forger(world, nodes, bridges, door);
  world.trace(`seed ${world.seed} ${JSON.stringify(world.building)}`);
  return { world, nodes, bridges, office, forger };
}

async function live(run: Run): Promise<void> {
  const { world, nodes, bridges, office } = run;
  const { time, model, building } = world;
  const [first] = nodes;
  if (first === undefined) throw new Error('there is a ledger');
  first.start();
  let isSetUp = false;
  const settingUp = office.setUp(first, bridges).then(
    () => {
      isSetUp = true;
    },
    (error: unknown) => model.violate('set-up', String(error)),
  );
  await time.runUntil(building.beginMs + SET_UP_MS);
  if (!isSetUp) {
    model.violate('set-up', 'The building was not set up.');
    return;
  }
  await settingUp;
  for (const node of nodes) node.start();
  for (const bridge of bridges) bridge.start();
  office.plan();
  const polls = pollFrom(run);
  await time.runUntil(building.faultsFromMs, () => isBroken(run));
  scheduleFaults(run);
  await time.runUntil(building.faultsEndMs, () => isBroken(run));
  if (isBroken(run)) return;
  stopFaults(run);
  polls();
  await drain(run);
  if (isBroken(run)) return;
  await settle(run, first);
}

/** Nothing fails any more: everything that waits must come to its end. */
async function drain(run: Run): Promise<void> {
  const { world, bridges, office, nodes } = run;
  const { time, model, building } = world;
  const until = building.faultsEndMs + SETTLE_MS;
  await time.runUntil(until, () => isBroken(run));
  // A bridge polls on. What a disk that pretended has lost is wanted until its next epoch has begun.
  for (const bridge of bridges) bridge.poll();
  await time.runUntil(until + SETTLE_MS, () => isBroken(run));
  const drained = () => isDrained(run);
  for (let atMs = until + SETTLE_MS; atMs < until + DRAIN_MS && !isBroken(run); atMs += 60_000) {
    for (const bridge of bridges) bridge.seal();
    await time.runUntil(atMs, () => isBroken(run));
    if (drained()) return;
  }
  if (isBroken(run)) return;
  const waiting = [...office.open].join(', ');
  const states = bridges.map((bridge) => bridge.describe()).join(' ');
  const up = nodes.map(({ name, isUp }) => `${name} ${isUp ? 'up' : 'down'}`).join(', ');
  const anchored = world.chain.head?.size ?? 0;
  const detail = `open: ${waiting}; ${states}; ${up}; ${anchored}/${model.watcher.latest}/${model.log.size}`;
  model.violate('never-ends', detail);
}

function isDrained({ world, bridges, office }: Run): boolean {
  const { database, chain, model } = world;
  const reader = database.reader();
  const { leaves } = reader.size(SITE);
  return (
    office.open.size === 0 &&
    bridges.every(({ isDrained }) => isDrained) &&
    model.watcher.latest === leaves &&
    reader.checkpoint(SITE)?.size === leaves &&
    !hasNews(reader, SITE, chain.head?.size ?? 0, leaves) &&
    chain.anchored.every(({ size }) =>
      model.log.events.some(
        ({ type, data }) => type === 'anchor.confirmed' && data['size'] === size,
      ),
    )
  );
}

/** Ends the ledgers, starts one again from what is on the disk, and checks everything. */
async function settle({ world, nodes, bridges }: Run, node: LedgerNode): Promise<void> {
  const { time, random } = world;
  for (const bridge of bridges) {
    bridge.isStopped = true;
    bridge.end(false);
  }
  // A ledger that is ended has a tail to replay; one that was idle has none.
  if (random.chance(0.5)) await time.runUntil(time.nowMs + SETTLE_MS);
  for (const one of nodes) one.end();
  node.start();
  await time.runUntil(time.nowMs + SETTLE_MS);
  await checkLog(world, bridges);
  let books: unknown;
  node
    .ask({ kind: 'query', query: { site: SITE, ask: 'balances' } })
    .then((value) => {
      books = value;
    })
    .catch((error: unknown) => world.model.violate('balance', String(error)));
  await time.runUntil(time.nowMs + SETTLE_MS, () => books !== undefined);
  checkBalances(world, books);
}

/** Polls by the schedule of the bridges; answers what ends it. */
function pollFrom({ world, bridges }: Run): () => void {
  const { time, building, random } = world;
  let isOver = false;
  const poll = () => {
    if (isOver) return;
    for (const bridge of bridges) {
      time.later(random.int(0, 2_000), () => {
        if (!isOver) bridge.poll();
      });
    }
    time.later(building.everyMs, poll);
  };
  time.later(building.everyMs - (time.nowMs % building.everyMs), poll);
  return () => {
    isOver = true;
  };
}

function isBroken({ world }: Run): boolean {
  return world.model.violations.length > 0;
}
