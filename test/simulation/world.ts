import { createHash, type Hash } from 'node:crypto';
import { KeyWrap } from '../../ledger/account-keys.ts';
import { SqliteAnchorStore } from '../../ledger/anchor/sqlite-anchor-store.ts';
import { SqliteCheckpointStore } from '../../ledger/checkpoint-store.ts';
import { ED25519_NOTE } from '../../ledger/core/signed-note.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import { noteSigner } from '../../ledger/note-signer.ts';
import { type FaultPlan, planFaults } from './faults.ts';
import { Model } from './model.ts';
import { Random } from './random.ts';
import { SimulatedChain } from './simulated-chain.ts';
import { SimulatedNetwork } from './simulated-network.ts';
import { SimulatedDatabase, type StoreFaults } from './simulated-store.ts';
import { SimulatedTime } from './simulated-time.ts';

export const SITE = 'tower';
export const ORIGIN = 'ledger.example/log/tower';
/** Midnight at the site, a day before its month ends: where simulated time counts from. */
export const START_MS = Date.UTC(2026, 8, 29, 16);
const HOUR_MS = 3_600_000;
/** End of the month, and of the first tariff version. */
export const MONTH_END_MS = 24 * HOUR_MS;
/** Long enough for every retry, once nothing fails any more. */
export const DRAIN_MS = 14 * HOUR_MS;

/** Sizes of one run. */
export interface Building {
  readonly bridges: number;
  readonly metersEach: number;
  readonly everyMs: number;
  /** Two ledgers beside each other on one database, of which one writes. */
  readonly isShared: boolean;
  /** When it is set up, and when faults begin and end; the month ends between. */
  readonly beginMs: number;
  readonly faultsFromMs: number;
  readonly faultsEndMs: number;
}

/** Everything that one run stands on, made from its seed alone. */
export class World {
  readonly seed: number;
  readonly random: Random;
  readonly time = new SimulatedTime();
  readonly network: SimulatedNetwork;
  readonly chain: SimulatedChain;
  readonly database = new SimulatedDatabase();
  readonly checkpoints = new SqliteCheckpointStore(':memory:');
  readonly anchors = new SqliteAnchorStore(':memory:');
  readonly signer = noteSigner(ORIGIN, ED25519_NOTE, Buffer.alloc(32, 7));
  readonly wrap = new KeyWrap(Buffer.alloc(32, 9));
  readonly primitives = nativePrimitives();
  readonly building: Building;
  readonly plan: FaultPlan;
  readonly model: Model;
  readonly storeFaults: StoreFaults = noFaults();
  readonly checkpointFaults: StoreFaults = noFaults();
  readonly anchorFaults: StoreFaults = noFaults();
  /** How far the ledger's clock is off. */
  ledgerOffsetMs = 0;
  readonly #hash: Hash = createHash('sha256');
  readonly #print: ((line: string) => void) | undefined;
  steps = 0;

  constructor(seed: number, print?: (line: string) => void) {
    this.seed = seed;
    this.#print = print;
    const random = new Random(seed);
    this.random = random.fork();
    this.building = buildingOf(random);
    this.time.nowMs = this.building.beginMs;
    this.plan = planFaults(random.fork(), this.building);
    this.network = new SimulatedNetwork(this.time, random.fork());
    this.chain = new SimulatedChain(this.time, random.fork());
    this.model = new Model(this);
  }

  ledgerNowMs(): number {
    return START_MS + Math.floor(this.time.nowMs) + this.ledgerOffsetMs;
  }

  /** One line of the course; equal seeds give equal lines. */
  trace(line: string): void {
    const stamped = `${String(Math.round(this.time.nowMs)).padStart(9)} ${line}`;
    this.steps += 1;
    this.#hash.update(`${stamped}\n`);
    this.#print?.(stamped);
  }

  traceHash(): string {
    return this.#hash.copy().digest('hex');
  }

  close(): void {
    this.checkpoints.close();
    void this.anchors.close();
    this.database.db.close();
  }
}

/** Most runs have the hours about the end of the month; every tenth has two days. */
function buildingOf(random: Random): Building {
  const isLong = random.chance(1 / 10);
  const beginMs = MONTH_END_MS - (isLong ? 23 : 2) * HOUR_MS;
  return {
    ...{ bridges: random.int(1, 3), metersEach: random.int(1, 3) },
    everyMs: random.pick(isLong ? [HOUR_MS, 2 * HOUR_MS] : [HOUR_MS / 6, HOUR_MS / 4, HOUR_MS / 2]),
    ...{ isShared: random.chance(0.5), beginMs, faultsFromMs: beginMs + HOUR_MS / 6 },
    faultsEndMs: MONTH_END_MS + (isLong ? 25 : 1) * HOUR_MS,
  };
}

export function noFaults(): StoreFaults {
  return {
    ...{ full: 0, lost: 0, lostAfter: 0, cut: 0, cutAfter: 0, readLost: 0 },
    isAway: false,
  };
}
