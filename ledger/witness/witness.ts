import type { CheckpointStore, LastCheckpoint } from '../checkpoint-store.ts';
import { equalBytes, fromHex, hex } from '../core/bytes.ts';
import { cosign } from '../core/cosignature.ts';
import { EMPTY_ROOT, verifyConsistency } from '../core/merkle.ts';
import type { Primitives } from '../core/primitives.ts';
import { Refusal } from '../core/refusal.ts';
import {
  formatNote,
  formatSignatureLine,
  type NoteSignature,
  type VerifierKey,
  verifyNote,
} from '../core/signed-note.ts';
import type { NoteSigner } from '../note-signer.ts';
import type { WitnessAnswer } from './answer.ts';
import {
  claimedOrigin,
  parseSubmission,
  parseSubmittedCheckpoint,
  type Submission,
  type SubmittedCheckpoint,
} from './submission.ts';

export interface WitnessParts {
  readonly signer: NoteSigner;
  /** What was cosigned last of each log. It must never go back in time. */
  readonly last: CheckpointStore;
  /** Keys of the logs that are watched; several may share an origin. */
  readonly logs: readonly VerifierKey[];
  readonly nowMs: () => number;
  readonly primitives: Primitives;
}

/**
 * A witness (C2SP tlog-witness): cosigns a log's checkpoint when its tree continues the one that it
 * cosigned before. It keeps of each log the last checkpoint only, on disk before the cosignature
 * leaves, so neither a race nor a power cut makes it sign two trees of one log.
 */
export class Witness {
  readonly #parts: WitnessParts;
  readonly #logs: VerifierKey[];

  constructor(parts: WitnessParts) {
    this.#parts = parts;
    this.#logs = [...parts.logs];
  }

  get key(): VerifierKey {
    return this.#parts.signer.key;
  }

  get origins(): readonly string[] {
    return [...new Set(this.#logs.map(({ name }) => name))];
  }

  /** Watches one log more. */
  watch(log: VerifierKey): void {
    this.#logs.push(log);
  }

  /** The cosigned checkpoint of a watched log as it was answered last, with the log's signatures. */
  latest(origin: string): LastCheckpoint | undefined {
    return this.#parts.last.fetch(origin);
  }

  /** Answers the body of an add-checkpoint request. Throws what the store throws; nothing is signed then. */
  add(body: Uint8Array): WitnessAnswer {
    try {
      return this.#judge(parseSubmission(body));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { kind: 'malformed', why: error.message };
    }
  }

  #judge(submission: Submission): WitnessAnswer {
    const origin = claimedOrigin(submission.checkpoint);
    const keys = this.#logs.filter(({ name }) => name === origin);
    if (keys.length === 0) return { kind: 'unknown-log', why: 'This log is not watched here.' };
    const checkpoint = parseSubmittedCheckpoint(submission.checkpoint);
    const signed = verifyNote(checkpoint.note, keys, this.#parts.primitives);
    if (!signed.ok) return { kind: 'not-signed', why: signed.detail };
    const { oldSize } = submission;
    if (oldSize > checkpoint.size) {
      return { kind: 'malformed', why: `A tree of ${checkpoint.size} does not extend ${oldSize}.` };
    }
    return this.#advance(submission, checkpoint, keys);
  }

  /** Compares, persists, then lets the cosignature out; a rival process sees both or neither. */
  #advance(
    { oldSize, proof }: Submission,
    checkpoint: SubmittedCheckpoint,
    keys: readonly VerifierKey[],
  ): WitnessAnswer {
    const { last } = this.#parts;
    for (;;) {
      const before = last.fetch(checkpoint.origin);
      const known = before?.size ?? 0;
      if (known !== oldSize) return { kind: 'conflict', size: known };
      const flaw = findFlaw(before, checkpoint, proof, this.#parts.primitives);
      if (flaw !== undefined) return { kind: 'inconsistent', why: flaw };
      const line = this.#cosign(checkpoint);
      const next = cosigned(checkpoint, keys, line);
      // Refused only when another process was faster: what it stored is then compared anew.
      if (last.replace(checkpoint.origin, before, next)) {
        return { kind: 'cosigned', lines: formatSignatureLine(line) };
      }
    }
  }

  #cosign({ note }: SubmittedCheckpoint): NoteSignature {
    const { signer, nowMs } = this.#parts;
    return cosign(note.text, Math.floor(nowMs() / 1000), signer.key, signer.sign);
  }
}

/** Why the tree does not continue the one before; undefined when it does. */
function findFlaw(
  before: LastCheckpoint | undefined,
  { size, root }: SubmittedCheckpoint,
  proof: readonly Uint8Array[],
  { sha256 }: Primitives,
): string | undefined {
  if (size === 0 && !equalBytes(root, EMPTY_ROOT)) return 'The empty tree has another root.';
  // The empty tree is a prefix of every tree, so there is nothing to prove.
  if (before === undefined || before.size === 0) {
    return proof.length === 0 ? undefined : 'From size 0 there is nothing to prove.';
  }
  const fromRoot = fromHex(before.root);
  const claim = { from: before.size, to: size, fromRoot, toRoot: root, proof };
  const verified = verifyConsistency(claim, sha256);
  return verified.ok ? undefined : verified.detail;
}

/** The note with the verified signatures of its log and the witness's own line, no others. */
function cosigned(
  { size, root, note }: SubmittedCheckpoint,
  keys: readonly VerifierKey[],
  line: NoteSignature,
): LastCheckpoint {
  const ofLog = note.signatures.filter(({ name, keyId }) =>
    keys.some((key) => key.name === name && key.keyId === keyId),
  );
  const kept = formatNote({ text: note.text, signatures: [...ofLog, line] });
  return { size, root: hex(root), note: kept };
}
