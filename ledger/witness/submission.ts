import { base64, fromBase64, fromUtf8 } from '../core/bytes.ts';
import { parseCount } from '../core/checkpoint.ts';
import { HASH_BYTES } from '../core/merkle.ts';
import { Refusal } from '../core/refusal.ts';
import { parseNote, type SignedNote } from '../core/signed-note.ts';

/** What a log sends to a witness (C2SP tlog-witness, "add-checkpoint"). */
export interface Submission {
  /** Size of the tree that the witness is believed to have cosigned last. */
  readonly oldSize: number;
  readonly proof: readonly Uint8Array[];
  /** The whole signed note, as its log wrote it. */
  readonly checkpoint: string;
}

/** The checkpoint of a submission. Nothing in it is true before its signature is verified. */
export interface SubmittedCheckpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  readonly note: SignedNote;
}

/** Most proof lines of a submission. */
export const MAX_PROOF = 63;

/** Writes the body of a request: old size, proof, an empty line, the note. */
export function formatSubmission({ oldSize, proof, checkpoint }: Submission): string {
  const hashes = proof.map((hash) => `${base64(hash)}\n`).join('');
  return `old ${oldSize}\n${hashes}\n${checkpoint}`;
}

/** Reads the body of a request without believing it. Refusals `bad-utf8`, `submission-form`. */
export function parseSubmission(body: Uint8Array): Submission {
  const text = fromUtf8(body);
  const end = text.indexOf('\n\n');
  if (end < 0) throw badForm('an empty line ends the proof');
  const [sizeLine = '', ...hashes] = text.slice(0, end).split('\n');
  const oldSize = sizeLine.startsWith('old ') ? parseCount(sizeLine.slice(4)) : undefined;
  if (oldSize === undefined) throw badForm('the first line is "old" and a tree size below 2^53');
  if (hashes.length > MAX_PROOF) throw badForm(`a proof has at most ${MAX_PROOF} hashes`);
  return { oldSize, proof: hashes.map(readHash), checkpoint: text.slice(end + 2) };
}

/** The first line of a note, which names its log; it may still be no checkpoint. */
export function claimedOrigin(checkpoint: string): string {
  return checkpoint.slice(0, checkpoint.indexOf('\n'));
}

/**
 * Reads any log's checkpoint (C2SP tlog-checkpoint). Lines after the root are allowed here, though our
 * own log writes none: a cosignature covers them and says nothing of them. The root of an empty tree
 * is not judged. Refusals of `parseNote`, and `submission-form`.
 */
export function parseSubmittedCheckpoint(checkpoint: string): SubmittedCheckpoint {
  const note = parseNote(checkpoint);
  const lines = note.text.split('\n');
  const [origin = '', sizeText = '', rootText = '', ...extensions] = lines.slice(0, -1);
  const size = parseCount(sizeText);
  if (origin === '') throw badForm('the first line of a checkpoint names its log');
  if (size === undefined) throw badForm('the second line of a checkpoint is a size below 2^53');
  if (extensions.includes('')) throw badForm('a checkpoint has no empty lines');
  return { origin, size, root: readHash(rootText), note };
}

function readHash(line: string): Uint8Array {
  let hash: Uint8Array;
  try {
    hash = fromBase64(line);
  } catch {
    throw badForm('a hash is 32 bytes of base64');
  }
  if (hash.length !== HASH_BYTES) throw badForm('a hash is 32 bytes of base64');
  return hash;
}

function badForm(rule: string): Refusal {
  return new Refusal('submission-form', `This is no add-checkpoint request: ${rule}.`);
}
