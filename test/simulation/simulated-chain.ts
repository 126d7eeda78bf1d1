import {
  type AnchorChain,
  type AnchorOutcome,
  type AnchorReceipt,
  type AnchorTask,
  ChainUnavailable,
  type PreparedAnchor,
} from '../../ledger/anchor/chain.ts';
import { equalBytes, hex } from '../../ledger/core/bytes.ts';
import type { Checkpoint } from '../../ledger/core/checkpoint.ts';
import { verifyConsistency } from '../../ledger/core/merkle.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import type { TrustedAnchor } from '../../ledger/core/trusted-anchor.ts';
import type { Life } from './life.ts';
import type { Random } from './random.ts';
import type { SimulatedTime } from './simulated-time.ts';

/** What may go wrong between a ledger and a chain; all zero, it answers and makes blocks in time. */
export interface ChainFaults {
  /** Chance that a call gets no answer. */
  away: number;
  /** Chances that what is sent does not arrive, arrives twice, or that we do not hear. */
  lost: number;
  doubled: number;
  /** Chance that a transaction arrives only minutes later, however often it is sent. */
  late: number;
  unheard: number;
  isAway: boolean;
}

interface Transaction {
  readonly id: string;
  readonly checkpoint: Checkpoint;
  readonly fromSize: number;
  readonly arrivesMs: number;
  state: 'unknown' | 'waiting' | 'anchored' | 'void';
}

const BLOCK_MS = 2_000;
/** Less than what the anchorer waits before it gives a transaction up. */
const LATE_MS = 200_000;

/** A chain with the anchor contract's rule: what continues the newest checkpoint, once. */
export class SimulatedChain {
  readonly faults: ChainFaults = {
    ...{ away: 0, lost: 0, doubled: 0, late: 0, unheard: 0, isAway: false },
  };
  readonly anchored: (Checkpoint & { readonly id: string; readonly atMs: number })[] = [];
  readonly #transactions = new Map<string, Transaction>();
  readonly #time: SimulatedTime;
  readonly #random: Random;
  #made = 0;

  constructor(time: SimulatedTime, random: Random) {
    this.#time = time;
    this.#random = random;
  }

  get head(): Checkpoint | undefined {
    return this.anchored.at(-1);
  }

  stateOf(id: string): Transaction['state'] {
    return this.#transactions.get(id)?.state ?? 'unknown';
  }

  /** The chain as one run of a process reaches it. `onSubmit` sees what is about to leave. */
  connect(life: Life, onSubmit: (id: string) => void): AnchorChain {
    const answer = async <T>(make: () => T): Promise<T> => {
      await this.#wait(life, this.#random.int(1, 400));
      if (this.faults.isAway || this.#random.chance(this.faults.away)) {
        throw new ChainUnavailable('The chain did not answer.');
      }
      return make();
    };
    return {
      kind: 'fabric',
      name: 'simulated',
      trusted: TRUSTED,
      head: () => answer(() => this.head),
      prepare: (task) => answer(() => this.#prepare(task)),
      submit: async (prepared) => {
        onSubmit(prepared.id);
        await this.#wait(life, this.#random.int(1, 400));
        this.#send(prepared.id);
      },
      outcome: (prepared, patienceMs) => this.#outcome(life, prepared, patienceMs, answer),
      receipt: (checkpoint) => answer(() => this.#receipt(checkpoint)),
      close: () => undefined,
    };
  }

  #prepare({ checkpoint, head, proof }: AnchorTask): PreparedAnchor {
    if (head !== undefined) {
      const claim = { from: head.size, to: checkpoint.size, fromRoot: head.root };
      const grown = verifyConsistency({ ...claim, toRoot: checkpoint.root, proof });
      if (!grown.ok) throw new Refusal('anchor-proof', grown.detail);
    }
    this.#made += 1;
    const id = `tx-${this.#made}`;
    const fromSize = head?.size ?? 0;
    const lateMs = this.#random.chance(this.faults.late) ? this.#random.int(0, LATE_MS) : 0;
    const arrivesMs = this.#time.nowMs + lateMs;
    this.#transactions.set(id, { id, checkpoint, fromSize, arrivesMs, state: 'unknown' });
    return { id, bytes: Buffer.from(id) };
  }

  #send(id: string): void {
    if (this.faults.isAway) throw new ChainUnavailable('The chain is away.');
    if (!this.#random.chance(this.faults.lost)) {
      const copies = this.#random.chance(this.faults.doubled) ? 2 : 1;
      for (let i = 0; i < copies; i += 1) {
        const arrivesMs = this.#transactions.get(id)?.arrivesMs ?? 0;
        const lateMs = Math.max(0, arrivesMs - this.#time.nowMs);
        this.#time.later(lateMs + this.#random.int(1, 500), () => this.#arrive(id));
      }
    }
    if (this.#random.chance(this.faults.unheard)) throw new ChainUnavailable('No answer came.');
  }

  #arrive(id: string): void {
    const transaction = this.#transactions.get(id);
    if (transaction === undefined || transaction.state !== 'unknown') return;
    transaction.state = 'waiting';
    this.#time.later(this.#random.int(1, BLOCK_MS), () => {
      const { checkpoint, fromSize } = transaction;
      const continues = fromSize === (this.head?.size ?? 0) && checkpoint.size > fromSize;
      transaction.state = continues ? 'anchored' : 'void';
      if (continues) this.anchored.push({ ...checkpoint, id, atMs: this.#time.nowMs });
    });
  }

  async #outcome(
    life: Life,
    { id }: PreparedAnchor,
    patienceMs: number,
    answer: <T>(make: () => T) => Promise<T>,
  ): Promise<AnchorOutcome> {
    let state = await answer(() => this.stateOf(id));
    for (let waited = 0; waited < patienceMs && isOpen(state); waited += 500) {
      await this.#wait(life, 500);
      state = await answer(() => this.stateOf(id));
    }
    return state === 'void' ? { state, why: 'It continues an older checkpoint.' } : { state };
  }

  #receipt({ size, root }: Checkpoint): AnchorReceipt {
    const block = this.anchored.findIndex(
      (anchor) => anchor.size === size && equalBytes(anchor.root, root),
    );
    const anchor = this.anchored[block];
    if (anchor === undefined) throw new Refusal('anchor-missing', 'It is not anchored.');
    return {
      receipt: { v: 1, block, root: hex(root) },
      network: 'development',
      atMs: START_MS + anchor.atMs,
      place: { block },
    };
  }

  #wait(life: Life, ms: number): Promise<void> {
    return new Promise((resolve) => life.later(ms, resolve));
  }
}

function isOpen(state: Transaction['state']): boolean {
  return state === 'unknown' || state === 'waiting';
}

const START_MS = Date.UTC(2026, 8, 1);
const TRUSTED: TrustedAnchor = {
  kind: 'fabric',
  network: {
    ...{ channel: 'simulated', chaincode: 'anchor', pinned: new Uint8Array(32) },
    endorsement: { threshold: 1, organisations: ['SimulatedMSP'] },
  },
};
