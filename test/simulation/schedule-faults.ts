import type { BridgeNode } from './bridge-node.ts';
import type { Spell } from './faults.ts';
import type { Forger } from './forger.ts';
import type { LedgerNode } from './ledger-node.ts';
import type { Office } from './office.ts';
import { noFaults, SITE, type World } from './world.ts';

/** Everything of one run. */
export interface Run {
  readonly world: World;
  readonly nodes: readonly LedgerNode[];
  readonly bridges: readonly BridgeNode[];
  readonly office: Office;
  readonly forger: Forger;
}

/** How long people need to notice that they put an old copy back, and to find the new one. */
const RESTORED_MS = 30 * 60_000;

/** Sets the rates of this run and plans what happens at its times. */
export function scheduleFaults(run: Run): void {
  const { world, bridges, forger } = run;
  const { plan, network, chain } = world;
  Object.assign(world.storeFaults, plan.store);
  Object.assign(world.checkpointFaults, plan.checkpointStore);
  Object.assign(world.anchorFaults, plan.anchorStore);
  Object.assign(network.faults, plan.network);
  Object.assign(chain.faults, plan.chain);
  for (const { disk } of bridges) disk.faults.cut = plan.diskCut;
  spells(world, plan.storeAway, 'the database is away', (isOn) => {
    world.storeFaults.isAway = isOn;
  });
  spells(world, plan.chainAway, 'the chain is away', (isOn) => {
    chain.faults.isAway = isOn;
  });
  for (const spell of plan.partitions) {
    const name = bridges[spell.bridge]?.name ?? '';
    spells(world, [spell], `${name} is cut off`, (isOn) => {
      if (isOn) network.cutOff.add(name);
      else network.cutOff.delete(name);
    });
  }
  for (const spell of plan.diskFull) {
    spells(world, [spell], `disk ${spell.bridge} is full`, (isOn) => {
      for (const bridge of bridges.slice(spell.bridge, spell.bridge + 1)) {
        bridge.disk.faults.isFull = isOn;
      }
    });
  }
  for (const spell of plan.diskLies) {
    spells(world, [spell], `disk ${spell.bridge} pretends`, (isOn) => {
      for (const bridge of bridges.slice(spell.bridge, spell.bridge + 1)) {
        bridge.disk.faults.lies = isOn;
      }
    });
  }
  for (const { atMs, kind } of plan.forgeries) at(world, atMs, kind, () => forger.forge(kind));
  scheduleSteps(run);
  scheduleEnds(run);
  for (const spell of plan.restores) scheduleRestore(run, spell);
}

/** From now on nothing fails; what is broken is mended. */
export function stopFaults({ world, nodes, bridges }: Run): void {
  world.trace('no more faults');
  for (const faults of [world.storeFaults, world.checkpointFaults, world.anchorFaults]) {
    Object.assign(faults, noFaults());
  }
  Object.assign(world.network.faults, { lost: 0, doubled: 0, jitterMs: 50, late: 0 });
  world.network.cutOff.clear();
  Object.assign(world.chain.faults, { away: 0, lost: 0, doubled: 0, late: 0, unheard: 0 });
  world.chain.faults.isAway = false;
  for (const { disk } of bridges)
    Object.assign(disk.faults, { cut: 0, isFull: false, lies: false });
  for (const node of nodes) {
    node.resume();
    node.start();
  }
  for (const bridge of bridges) bridge.start();
}

function scheduleSteps({ world, bridges }: Run): void {
  for (const { atMs, byMs } of world.plan.ledgerSteps) {
    at(world, atMs, `the ledger's clock steps by ${byMs}`, () => {
      world.ledgerOffsetMs += byMs;
    });
  }
  for (const { atMs, byMs, bridge } of world.plan.bridgeSteps) {
    at(world, atMs, `the clock of bridge ${bridge} steps by ${byMs}`, () => {
      for (const one of bridges.slice(bridge, bridge + 1)) one.offsetMs += byMs;
    });
  }
}

function scheduleEnds({ world, nodes, bridges }: Run): void {
  const { plan, random } = world;
  for (const atMs of plan.ledgerEnds) {
    at(world, atMs, 'a ledger is ended', () => random.pick(nodes).end());
  }
  for (const { atMs, bridge, power } of [...plan.bridgeEnds, ...plan.powerCuts]) {
    at(world, atMs, 'a bridge is ended', () => {
      for (const one of bridges.slice(bridge, bridge + 1)) one.end(power);
    });
  }
  for (const spell of plan.pauses) {
    spells(world, [spell], 'the writer is to stand still', (isOn) => {
      for (const node of nodes) {
        if (!isOn) node.resume();
        else if (node.isWriter) node.pause();
      }
    });
  }
}

/** An old copy of the database comes back, while the store of checkpoints is as it was. */
function scheduleRestore({ world, nodes }: Run, { fromMs, toMs }: Spell): void {
  const { database, model, time } = world;
  let copy: Buffer | undefined;
  let leaves = 0;
  at(world, fromMs, 'a copy is taken', () => {
    copy = database.copy();
    leaves = database.reader().size(SITE).leaves;
  });
  at(world, toMs, 'the copy comes back', () => {
    for (const node of nodes) node.end();
    model.log.refresh(database.reader());
    // What nobody has signed may be rolled back unseen, so people would not be warned either.
    if (copy === undefined || leaves >= model.watcher.latest) return;
    const newest = database.copy();
    database.restore(copy);
    model.restored = { leaves };
    for (const node of nodes) node.start();
    time.later(RESTORED_MS, () => {
      world.trace('the newest data comes back');
      for (const node of nodes) node.end();
      database.restore(newest);
      model.restored = undefined;
      for (const node of nodes) node.start();
    });
  });
}

function spells(
  world: World,
  list: readonly Spell[],
  what: string,
  set: (isOn: boolean) => void,
): void {
  for (const { fromMs, toMs } of list) {
    at(world, fromMs, what, () => set(true));
    at(world, toMs, `${what} no more`, () => set(false));
  }
}

function at(world: World, atMs: number, what: string, work: () => void): void {
  world.time.later(atMs - world.time.nowMs, () => {
    world.trace(what);
    work();
  });
}
