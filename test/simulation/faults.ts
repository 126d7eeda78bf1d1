import type { Random } from './random.ts';
import type { ChainFaults } from './simulated-chain.ts';
import type { NetworkFaults } from './simulated-network.ts';
import type { StoreFaults } from './simulated-store.ts';
import type { Building } from './world.ts';

/** Something that begins and ends by itself. */
export interface Spell {
  readonly fromMs: number;
  readonly toMs: number;
}

/** All that one run will meet, chosen before it begins. A run has some kinds of faults and not others. */
export interface FaultPlan {
  readonly store: Omit<StoreFaults, 'isAway'>;
  readonly storeAway: readonly Spell[];
  readonly checkpointStore: Omit<StoreFaults, 'isAway'>;
  readonly anchorStore: Omit<StoreFaults, 'isAway'>;
  readonly network: NetworkFaults;
  readonly partitions: readonly (Spell & { readonly bridge: number })[];
  readonly chain: Omit<ChainFaults, 'isAway'>;
  readonly chainAway: readonly Spell[];
  readonly diskCut: number;
  readonly diskFull: readonly (Spell & { readonly bridge: number })[];
  readonly diskLies: readonly (Spell & { readonly bridge: number })[];
  readonly ledgerSteps: readonly ClockStep[];
  readonly bridgeSteps: readonly (ClockStep & { readonly bridge: number })[];
  /** Ends of processes; `power`: what was not synced is in doubt. */
  readonly ledgerEnds: readonly number[];
  readonly bridgeEnds: readonly { atMs: number; bridge: number; power: boolean }[];
  readonly powerCuts: FaultPlan['bridgeEnds'];
  /** The writer stops for a while, and another one may take over. */
  readonly pauses: readonly Spell[];
  /** A copy is taken at the first moment and put back at the second. */
  readonly restores: readonly Spell[];
  readonly meterOutages: readonly (Spell & { readonly meter: number })[];
  /** Batches that nobody honest has made. */
  readonly forgeries: readonly { atMs: number; kind: 'tampered' | 'cloned' }[];
}

interface ClockStep {
  readonly atMs: number;
  readonly byMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export function planFaults(random: Random, building: Building): FaultPlan {
  const { bridges, metersEach, faultsFromMs, faultsEndMs: endMs } = building;
  const meters = bridges * metersEach;
  const has = (share: number) => random.chance(share);
  const at = () => random.int(faultsFromMs, endMs);
  const spells = (most: number, longestMs: number): Spell[] =>
    Array.from({ length: random.int(0, most + 1) }, () => {
      const fromMs = at();
      return { fromMs, toMs: Math.min(endMs, fromMs + random.int(MINUTE_MS, longestMs)) };
    });
  const some = <T>(share: number, make: () => readonly T[]): readonly T[] =>
    has(share) ? make() : [];
  const rate = (share: number, most: number) => (has(share) ? random.next() * most : 0);
  const bridge = () => random.int(0, bridges);
  const diskLies = some(0.2, () =>
    spells(1, 6 * HOUR_MS).map((one) => ({ ...one, bridge: bridge() })),
  );
  return {
    store: storeFaults(rate, 0.02),
    storeAway: some(0.3, () => spells(2, 10 * MINUTE_MS)),
    checkpointStore: storeFaults(rate, 0.02),
    anchorStore: { ...storeFaults(rate, 0.02), lostAfter: 0 },
    network: {
      lost: rate(0.5, 0.15),
      doubled: rate(0.5, 0.15),
      jitterMs: has(0.5) ? random.int(0, 20_000) : 200,
      late: rate(0.4, 0.1),
    },
    partitions: some(0.4, () =>
      spells(2, 5 * HOUR_MS).map((one) => ({ ...one, bridge: bridge() })),
    ),
    chain: {
      ...{ away: rate(0.5, 0.15), lost: rate(0.5, 0.3), doubled: rate(0.5, 0.3) },
      ...{ late: rate(0.5, 0.8), unheard: rate(0.5, 0.3) },
    },
    chainAway: some(0.3, () => spells(2, 5 * HOUR_MS)),
    diskCut: rate(0.5, 0.004),
    diskFull: some(0.3, () => spells(2, 3 * HOUR_MS).map((one) => ({ ...one, bridge: bridge() }))),
    diskLies,
    ledgerSteps: some(0.3, () => steps(random, at)),
    bridgeSteps: some(0.3, () => steps(random, at).map((step) => ({ ...step, bridge: bridge() }))),
    ledgerEnds: some(0.6, () => Array.from({ length: random.int(1, 5) }, at)),
    // A disk that pretends is found out by a power cut only.
    powerCuts: diskLies.map(({ toMs, bridge }) => ({ atMs: toMs - 1, bridge, power: true })),
    bridgeEnds: some(0.6, () =>
      Array.from({ length: random.int(1, 5) }, () => ({
        ...{ atMs: at(), bridge: bridge(), power: has(0.6) },
      })),
    ),
    pauses: some(0.5, () => spells(3, 2 * HOUR_MS)),
    restores: some(0.3, () => spells(1, 10 * HOUR_MS)),
    meterOutages: some(0.4, () =>
      spells(3, 3 * HOUR_MS).map((one) => ({ ...one, meter: random.int(0, meters) })),
    ),
    forgeries: some(0.5, () =>
      Array.from({ length: random.int(1, 4) }, () => ({
        atMs: at(),
        kind: has(0.5) ? ('tampered' as const) : ('cloned' as const),
      })),
    ),
  };
}

function storeFaults(rate: (share: number, most: number) => number, most: number) {
  return {
    ...{ full: rate(0.4, most), lost: rate(0.4, most), lostAfter: rate(0.4, most) },
    ...{ cut: rate(0.4, most / 4), cutAfter: rate(0.4, most / 4), readLost: rate(0.3, most / 4) },
  };
}

function steps(random: Random, at: () => number): ClockStep[] {
  return Array.from({ length: random.int(1, 3) }, () => ({
    atMs: at(),
    byMs: random.int(-20 * MINUTE_MS, 20 * MINUTE_MS),
  }));
}
