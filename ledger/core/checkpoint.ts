import { base64, equalBytes, fromBase64 } from './bytes.ts';
import { EMPTY_ROOT, HASH_BYTES } from './merkle.ts';
import { type Primitives, portable } from './primitives.ts';
import { Refusal } from './refusal.ts';
import {
  formatNote,
  parseNote,
  type Sign,
  type SignedNote,
  signNote,
  type VerifierKey,
  verifyNote,
} from './signed-note.ts';
import { failure, VERIFIED, type Verification } from './verification.ts';

/** What a log says of itself at one moment: its name, how many leaves it has, and their root. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

export interface SignedCheckpoint extends Checkpoint {
  readonly note: SignedNote;
}

/** `<origin>\n<size>\n<base64 root>\n` (C2SP tlog-checkpoint, without extension lines). */
export function formatCheckpointBody(checkpoint: Checkpoint): string {
  const { origin, size, root } = checkpoint;
  const body = `${origin}\n${size}\n${base64(root)}\n`;
  parseCheckpointBody(body);
  return body;
}

/**
 * Refusals `checkpoint-lines`, `checkpoint-extension`, `checkpoint-origin`, `checkpoint-size`,
 * `checkpoint-root`.
 */
export function parseCheckpointBody(body: string): Checkpoint {
  const lines = body.split('\n');
  const [origin = '', sizeText = '', rootText = ''] = lines;
  if (lines.length < 4 || lines.at(-1) !== '') {
    throw new Refusal('checkpoint-lines', 'A checkpoint has three lines: origin, size and root.');
  }
  if (lines.length > 4) {
    throw new Refusal(
      'checkpoint-extension',
      'The checkpoint has lines after its root; nothing audits them, so none are accepted.',
    );
  }
  if (origin === '') {
    throw new Refusal('checkpoint-origin', 'The first line of a checkpoint names its log.');
  }
  const size = parseCount(sizeText);
  if (size === undefined) {
    throw new Refusal(
      'checkpoint-size',
      'The tree size is not a decimal number without leading zeros below 2^53.',
    );
  }
  return { origin, size, root: parseRoot(rootText, size) };
}

/** A decimal without sign and leading zeros, up to 2^53 - 1. */
export function parseCount(text: string): number | undefined {
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(text)) return undefined;
  const count = Number(text);
  return Number.isSafeInteger(count) ? count : undefined;
}

/** Reads a checkpoint without believing it. Refusals of `parseNote` and `parseCheckpointBody`. */
export function parseCheckpoint(noteText: string): SignedCheckpoint {
  const note = parseNote(noteText);
  return { ...parseCheckpointBody(note.text), note };
}

/** The whole note, signed by the log. The name of the key is the origin of the log. */
export function signCheckpoint(
  tree: { readonly size: number; readonly root: Uint8Array },
  key: VerifierKey,
  sign: Sign,
): string {
  const text = formatCheckpointBody({ origin: key.name, size: tree.size, root: tree.root });
  return formatNote({ text, signatures: [signNote(text, key, sign)] });
}

/**
 * Whether the log that holds `key` has signed the checkpoint as its own.
 * Failures: `checkpoint-other-log`, `signature-invalid`, `signature-missing`.
 */
export function verifyCheckpoint(
  checkpoint: SignedCheckpoint,
  key: VerifierKey,
  primitives: Primitives = portable,
): Verification {
  if (checkpoint.origin !== key.name) {
    return failure(
      'checkpoint-other-log',
      `The checkpoint is of ${checkpoint.origin}, the trusted key is of ${key.name}.`,
    );
  }
  const signed = verifyNote(checkpoint.note, [key], primitives);
  return signed.ok ? VERIFIED : signed;
}

function parseRoot(text: string, size: number): Uint8Array {
  let root: Uint8Array;
  try {
    root = fromBase64(text);
  } catch {
    throw badRoot();
  }
  if (root.length !== HASH_BYTES) throw badRoot();
  // RFC 6962 section 2.1 leaves the empty tree no choice of root.
  if (size === 0 && !equalBytes(root, EMPTY_ROOT)) throw badRoot();
  return root;
}

function badRoot(): Refusal {
  return new Refusal(
    'checkpoint-root',
    'The third line of a checkpoint is the root, 32 bytes of base64, fixed for the empty tree.',
  );
}
