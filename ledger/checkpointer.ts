import type { CheckpointStore, LastCheckpoint } from './checkpoint-store.ts';
import { equalBytes, hex } from './core/bytes.ts';
import { parseCheckpoint, signCheckpoint } from './core/checkpoint.ts';
import { Refusal } from './core/refusal.ts';
import { rootAt } from './log-reader.ts';
import type { NoteSigner } from './note-signer.ts';
import type { Store } from './store/port.ts';

/** A tree as it is about to be published. */
interface Tree {
  readonly size: number;
  readonly root: Uint8Array;
}

/**
 * Signs and publishes checkpoints of one log. The order is the design: the compare-and-swap on the last
 * signed checkpoint comes before anybody can read the new one, so a log never shows two histories.
 */
export class Checkpointer {
  readonly #signer: NoteSigner;
  readonly #last: CheckpointStore;
  readonly #store: Store;
  readonly #site: string;
  #published: LastCheckpoint | undefined;
  /** A replacement ended in an error: the store may hold either of the two. */
  #isInDoubt = false;

  constructor(site: string, signer: NoteSigner, last: CheckpointStore, store: Store) {
    this.#site = site;
    this.#signer = signer;
    this.#last = last;
    this.#store = store;
    this.#published = last.fetch(signer.key.name);
    this.refuseOtherHistory();
  }

  get publishedSize(): number {
    return this.#published?.size ?? -1;
  }

  /**
   * Refuses (`log-behind`, `log-forked`) to serve a store that does not hold what was signed before:
   * a restored backup, or one that was changed. Nothing is published until people have decided.
   */
  refuseOtherHistory(): void {
    const last = this.#published;
    if (last === undefined) return;
    const { leaves } = this.#store.size(this.#site);
    const params = { signed: last.size, stored: leaves };
    if (leaves < last.size) {
      throw new Refusal(
        'log-behind',
        `This data ends at event ${leaves}, but a checkpoint of ${last.size} events was signed. ` +
          'It is an older copy: restore the newest one, or have the bridges send again what is missing ' +
          'and ask the auditor before you continue.',
        params,
      );
    }
    const stored = rootAt(this.#store, this.#site, last.size);
    if (hex(stored) === last.root) return;
    throw new Refusal(
      'log-forked',
      `The first ${last.size} events are not those that were signed. Keep this data as it is, restore ` +
        'the right copy, and tell the auditor.',
      params,
    );
  }

  /** Signs and publishes the tree; returns the note. Publishes nothing smaller, ever. */
  publish(tree: Tree, nowMs: number): string {
    if (this.#isInDoubt) this.#published = this.#last.fetch(this.#signer.key.name);
    this.#isInDoubt = false;
    const published = this.#published;
    if (published !== undefined && tree.size <= published.size) {
      const same = tree.size === published.size && hex(tree.root) === published.root;
      if (same) {
        this.repair(nowMs);
        return published.note;
      }
      throw new Refusal('log-forked', 'Another tree of this size was signed.', { size: tree.size });
    }
    const note = signCheckpoint(tree, this.#signer.key, this.#signer.sign);
    const next = { size: tree.size, root: hex(tree.root), note };
    if (!this.#replace(published, next)) {
      throw new Refusal(
        'checkpoint-taken',
        'Another process signs for this log; stop one of them.',
        {
          size: tree.size,
        },
      );
    }
    this.#published = next;
    this.#store.addCheckpoint(this.#site, { size: tree.size, note, atMs: nowMs });
    return note;
  }

  /** After an error only the store knows which of the two it holds, once it answers again. */
  #replace(published: LastCheckpoint | undefined, next: LastCheckpoint): boolean {
    const { name } = this.#signer.key;
    try {
      return this.#last.replace(name, published, next);
    } catch (error) {
      this.#isInDoubt = true;
      throw error;
    }
  }

  /** What was signed but perhaps not stored when the process died is stored now. */
  repair(nowMs: number): void {
    const last = this.#published;
    if (last === undefined || this.#store.checkpoint(this.#site, last.size) !== undefined) return;
    const { size, root } = parseCheckpoint(last.note);
    if (size === last.size && equalBytes(root, Buffer.from(last.root, 'hex'))) {
      this.#store.addCheckpoint(this.#site, { size, note: last.note, atMs: nowMs });
    }
  }
}
