import { hex } from '../../ledger/core/bytes.ts';
import { type SignedCheckpoint, verifyCheckpoint } from '../../ledger/core/checkpoint.ts';
import { verifyEquivocation } from '../../ledger/core/equivocation.ts';
import type { Primitives } from '../../ledger/core/primitives.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { formatNote, parseVerifierKey } from '../../ledger/core/signed-note.ts';
import { claimedTrees } from './signed-trees.ts';

/** Two files that prove together that one key has signed two histories of one log. */
export interface Contradiction {
  readonly origin: string;
  readonly vkey: string;
  readonly size: number;
  /** Files, roots and signed notes: the one that came first, and the one that contradicts it. */
  readonly sources: readonly [string, string];
  readonly roots: readonly [string, string];
  readonly notes: readonly [string, string];
}

interface Shown {
  readonly source: string;
  readonly checkpoint: SignedCheckpoint;
}

/**
 * The signed trees that the bills of one call show. Bills of two readers need no memory and no network to
 * be compared: the same log, the same size and another root is proof enough.
 */
export class ShownTrees {
  readonly #primitives: Primitives;
  /** By key and size; the first one that is truly signed. */
  readonly #shown = new Map<string, Shown>();

  constructor(primitives: Primitives) {
    this.#primitives = primitives;
  }

  /** Takes in a bill, and answers the first contradiction between it and the bills before it. */
  add(text: string, source: string): Contradiction | undefined {
    const claimed = claimedTrees(text);
    if (claimed === undefined) return undefined;
    let found: Contradiction | undefined;
    for (const checkpoint of claimed.checkpoints) {
      found ??= this.#compare(claimed.vkey, { source, checkpoint });
    }
    return found;
  }

  #compare(vkey: string, shown: Shown): Contradiction | undefined {
    const { size } = shown.checkpoint;
    const place = `${vkey} ${size}`;
    const before = this.#shown.get(place);
    try {
      const key = parseVerifierKey(vkey, this.#primitives.sha256);
      if (before === undefined) {
        const signed = verifyCheckpoint(shown.checkpoint, key, this.#primitives);
        if (signed.ok) this.#shown.set(place, shown);
        return undefined;
      }
      const [one, other] = [before.checkpoint, shown.checkpoint];
      if (!verifyEquivocation(one, other, key, this.#primitives).ok) return undefined;
      return {
        ...{ origin: one.origin, vkey, size, sources: [before.source, shown.source] },
        roots: [hex(one.root), hex(other.root)],
        notes: [formatNote(one.note), formatNote(other.note)],
      };
    } catch (error) {
      // A key that is none: the verdict over the bill says so.
      if (!(error instanceof Refusal)) throw error;
      return undefined;
    }
  }
}
