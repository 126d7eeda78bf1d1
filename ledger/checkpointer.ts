import type { CheckpointStore, LastCheckpoint } from './checkpoint-store.ts';
import { equalBytes, hex } from './core/bytes.ts';
import { parseCheckpoint, signCheckpoint } from './core/checkpoint.ts';
import { Refusal } from './core/refusal.ts';
import { formatVerifierKey } from './core/signed-note.ts';
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
  #wasOvertaken = false;

  constructor(site: string, signer: NoteSigner, last: CheckpointStore, store: Store) {
    this.#site = site;
    this.#signer = signer;
    this.#last = last;
    this.#store = store;
    refuseOtherKey(site, signer, store);
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
          'It is an older copy: restore the newest one. Where there is none that is newer, docs/recovery.md ' +
          'says how the site goes on.',
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
    const published = this.#published;
    if (published !== undefined && tree.size <= published.size) {
      const same = tree.size === published.size && hex(tree.root) === published.root;
      if (same) {
        // Whoever has signed it may have ended before it was stored.
        this.repair(nowMs);
        return published.note;
      }
      // The owner since then has signed more of the same log, so it is this one that is behind.
      if (this.#wasOvertaken) throw taken(tree);
      throw new Refusal('log-forked', 'Another tree of this size was signed.', { size: tree.size });
    }
    const note = signCheckpoint(tree, this.#signer.key, this.#signer.sign);
    const next = { size: tree.size, root: hex(tree.root), note };
    if (!this.#replace(published, next)) return this.#publishAfterOther(tree, published, nowMs);
    this.#published = next;
    this.#store.addCheckpoint(this.#site, { size: tree.size, note, atMs: nowMs });
    return note;
  }

  /**
   * The owner before may have signed when it was one no more, for what is committed is the same to both.
   * Then its checkpoint is the last one, if it is of this log. Who signs all the time is another matter.
   */
  #publishAfterOther(tree: Tree, published: LastCheckpoint | undefined, nowMs: number): string {
    this.#published = this.#last.fetch(this.#signer.key.name);
    const isNews = this.#published?.note !== published?.note;
    if (isNews && !this.#wasOvertaken) {
      this.refuseOtherHistory();
      this.#wasOvertaken = true;
      try {
        return this.publish(tree, nowMs);
      } finally {
        this.#wasOvertaken = false;
      }
    }
    throw taken(tree);
  }

  /** After an error only the store knows which of the two it holds. */
  #replace(published: LastCheckpoint | undefined, next: LastCheckpoint): boolean {
    const { name } = this.#signer.key;
    try {
      return this.#last.replace(name, published, next);
    } catch (error) {
      this.#published = this.#last.fetch(name);
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

/** What another key signs no reader of this log would believe: a file of another log, or a key made anew. */
function refuseOtherKey(site: string, { key }: NoteSigner, store: Store): void {
  const row = store.sites().find((known) => known.site === site);
  if (row === undefined || row.vkey === formatVerifierKey(key)) return;
  throw new Refusal(
    'log-key-differs',
    `The key of log ${row.origin} is not the one in the key folder; put back the right file.`,
    { site },
  );
}

function taken({ size }: Tree): Refusal {
  const why = 'Another process signs for this log; stop one of them.';
  return new Refusal('checkpoint-taken', why, { size });
}
