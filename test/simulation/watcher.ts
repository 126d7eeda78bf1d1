import { fromHex, hex } from '../../ledger/core/bytes.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { verifyConsistency } from '../../ledger/core/merkle.ts';
import { proveGrowth, rootIfStored } from '../../ledger/log-reader.ts';
import type { DurableLog } from './durable-log.ts';
import { ORIGIN, SITE, type World } from './world.ts';

/** Every how many checkpoints a proof from the one seen before is asked for. */
const PROVEN_EVERY = 8;

/**
 * A verifier that forgets nothing: sees each checkpoint in the moment in which it is signed, and holds it
 * against what is on the disk then and against everything that was signed before. Signatures are for
 * `fsck`, at the end.
 */
export class Watcher {
  readonly #world: World;
  readonly #log: DurableLog;
  readonly #roots = new Map<number, string>();
  #proven: { readonly size: number; readonly root: string } | undefined;
  #seen = 0;
  latest = -1;

  constructor(world: World, log: DurableLog) {
    this.#world = world;
    this.#log = log;
  }

  /** The newest signed checkpoint has just changed. */
  look(): void {
    const { checkpoints, database, model } = this.#world;
    const last = checkpoints.fetch(ORIGIN);
    if (last === undefined) return;
    const note = parseCheckpoint(last.note);
    const { size } = note;
    const root = hex(note.root);
    if (size < this.latest) {
      model.violate('checkpoint-back', `${size} was signed after ${this.latest}.`);
    }
    const known = this.#roots.get(size);
    this.#world.trace(`signed: ${size}`);
    if (known === root) return;
    if (known !== undefined) model.violate('two-roots', `Two trees of ${size} events were signed.`);
    const stored = this.#storedRoot(size);
    if (stored === undefined) {
      model.violate('signed-not-stored', `${size} were signed, ${this.#log.size} are stored.`);
    } else if (stored !== root) {
      model.violate('signed-other-tree', `Another tree of ${size} events was signed.`);
    }
    this.#roots.set(size, root);
    this.latest = Math.max(this.latest, size);
    this.#seen += 1;
    if (this.#seen % PROVEN_EVERY !== 0 || stored === undefined) return;
    if (this.#proven !== undefined && this.#proven.size < size) {
      const from = this.#proven;
      const grown = verifyConsistency({
        ...{ from: from.size, to: size, fromRoot: fromHex(from.root), toRoot: note.root },
        proof: proveGrowth(database.reader(), SITE, from.size, size),
      });
      if (!grown.ok) model.violate('inconsistent', `${from.size} to ${size}: ${grown.detail}`);
    }
    this.#proven = { size, root };
  }

  rootOf(size: number): string | undefined {
    return this.#roots.get(size);
  }

  #storedRoot(size: number): string | undefined {
    if (size === this.#log.size) return this.#log.root();
    const root = rootIfStored(this.#world.database.reader(), SITE, size);
    return root && hex(root);
  }
}
