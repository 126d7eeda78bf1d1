import { assert } from './assert.ts';
import {
  base64,
  concat,
  equalBytes,
  fromBase64,
  fromHex,
  hex,
  isWellFormed,
  utf8,
} from './bytes.ts';
import { type Primitives, portable, type Sha256, sha256 } from './primitives.ts';
import { Refusal } from './refusal.ts';
import { type Failure, failure } from './verification.ts';

/** Signature types of C2SP signed-note that this project reads and writes. */
export const ED25519_NOTE = 0x01;
export const ED25519_COSIGNATURE = 0x04;

/** A public key as trusted by its name. `keyId` is 8 hex digits; `publicKey` as its type says. */
export interface VerifierKey {
  readonly name: string;
  readonly keyId: string;
  readonly type: number;
  readonly publicKey: Uint8Array;
}

/** One line under a note: `signature` is what follows the four bytes of the key ID. */
export interface NoteSignature {
  readonly name: string;
  readonly keyId: string;
  readonly signature: Uint8Array;
}

/** `text` is what was signed, its final newline included. Nothing in it is true before `verifyNote`. */
export interface SignedNote {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Signs bytes with the private key of one verifier key. The core never sees that key. */
export type Sign = (message: Uint8Array) => Uint8Array;

/** `SHA-256(name || 0x0A || type || publicKey)[:4]` as 8 hex digits (C2SP signed-note). */
export function keyId(
  name: string,
  type: number,
  publicKey: Uint8Array,
  sha: Sha256 = sha256,
): string {
  return hex(sha(concat(utf8(name), Uint8Array.of(NEWLINE, type), publicKey)).subarray(0, 4));
}

/** Refusal `bad-key-name`. */
export function verifierKey(
  name: string,
  type: number,
  publicKey: Uint8Array,
  sha: Sha256 = sha256,
): VerifierKey {
  if (!isKeyName(name)) throw badKeyName();
  return { name, type, publicKey, keyId: keyId(name, type, publicKey, sha) };
}

/**
 * Reads `<name>+<hex key ID>+<base64(type || public key)>`. A key of an unknown type is read too: it
 * verifies nothing. Refusals `bad-verifier-key`, `verifier-key-id`.
 */
export function parseVerifierKey(vkey: string, sha: Sha256 = sha256): VerifierKey {
  const [, name = '', id = '', encoded = ''] = VERIFIER_KEY.exec(vkey) ?? [];
  if (!isKeyName(name)) throw badVerifierKey();
  let material: Uint8Array;
  try {
    material = fromBase64(encoded);
  } catch {
    throw badVerifierKey();
  }
  const [type] = material;
  const publicKey = material.subarray(1);
  if (type === undefined || publicKey.length === 0) throw badVerifierKey();
  if (isEd25519(type) && publicKey.length !== ED25519_KEY_BYTES) throw badVerifierKey();
  const wanted = keyId(name, type, publicKey, sha);
  if (id !== wanted) {
    throw new Refusal(
      'verifier-key-id',
      `The key of ${name} should have the ID ${wanted}, not ${id}; copy the whole key again.`,
      { name, wanted, found: id },
    );
  }
  return { name, keyId: id, type, publicKey };
}

export function formatVerifierKey(key: VerifierKey): string {
  return `${key.name}+${key.keyId}+${base64(concat(Uint8Array.of(key.type), key.publicKey))}`;
}

/**
 * Reads a signed note without believing it. Refusals `note-too-long`, `note-control-character`,
 * `note-without-signatures`, `note-too-many-signatures`, `note-signature-line`, `lone-surrogate`.
 */
export function parseNote(note: string): SignedNote {
  if (note.length > MAX_NOTE_LENGTH) {
    throw new Refusal(
      'note-too-long',
      `The note is longer than ${MAX_NOTE_LENGTH} characters; send a shorter one.`,
      {
        limit: MAX_NOTE_LENGTH,
      },
    );
  }
  const text = note.slice(0, note.lastIndexOf('\n\n') + 1);
  assertNoteText(note);
  const lines = note.slice(text.length + 1).split('\n');
  // The text may hold blank lines itself: the last one of the note is the border.
  if (text === '' || lines.pop() !== '' || lines.length === 0) {
    throw new Refusal(
      'note-without-signatures',
      'The note has no blank line with signatures after it; fetch the whole note.',
    );
  }
  if (lines.length > MAX_SIGNATURES) {
    throw new Refusal(
      'note-too-many-signatures',
      `The note has more than ${MAX_SIGNATURES} signatures; drop some.`,
      {
        limit: MAX_SIGNATURES,
      },
    );
  }
  return { text, signatures: lines.map(parseSignatureLine) };
}

/** Writes the note: the text, a blank line, the signatures. */
export function formatNote(note: SignedNote): string {
  assertNoteText(note.text);
  assert(note.text.endsWith('\n'), 'the text of a note ends in a newline');
  assert(note.signatures.length > 0, 'a note has a signature');
  return `${note.text}\n${note.signatures.map(formatSignatureLine).join('')}`;
}

/** Reads one line without its newline. Refusal `note-signature-line`. */
export function parseSignatureLine(line: string): NoteSignature {
  const [, name = '', encoded = ''] = SIGNATURE_LINE.exec(line) ?? [];
  if (!isKeyName(name)) throw badSignatureLine();
  let payload: Uint8Array;
  try {
    payload = fromBase64(encoded);
  } catch {
    throw badSignatureLine();
  }
  if (payload.length <= KEY_ID_BYTES) throw badSignatureLine();
  const id = hex(payload.subarray(0, KEY_ID_BYTES));
  return { name, keyId: id, signature: payload.subarray(KEY_ID_BYTES) };
}

/** `— <name> base64(key ID || signature)` and a newline. */
export function formatSignatureLine({ name, keyId: id, signature }: NoteSignature): string {
  return `\u2014 ${name} ${base64(concat(fromHex(id), signature))}\n`;
}

/** Signs the text with an Ed25519 note key. */
export function signNote(text: string, key: VerifierKey, sign: Sign): NoteSignature {
  assert(key.type === ED25519_NOTE, 'a note is signed with an Ed25519 note key');
  return { name: key.name, keyId: key.keyId, signature: sign(utf8(text)) };
}

/**
 * The signatures of the known keys, all of them verified. Lines of other keys are ignored, even those
 * that share a name or an ID with a known one. Cosignature keys are checked by `verifyCosignatures`.
 * Failures: `signature-invalid` when a line of a known key does not verify, `signature-missing` when
 * no known key has signed.
 */
export function verifyNote(
  note: SignedNote,
  keys: readonly VerifierKey[],
  primitives: Primitives = portable,
): { readonly ok: true; readonly keys: readonly VerifierKey[] } | Failure {
  const signed = new Set<VerifierKey>();
  const message = utf8(note.text);
  for (const { key, signature } of knownSignatures(note, keys, ED25519_NOTE)) {
    if (!primitives.verifyEd25519(key.publicKey, message, signature)) return invalidSignature(key);
    signed.add(key);
  }
  if (signed.size > 0) return { ok: true, keys: [...signed] };
  return failure('signature-missing', 'The note has no signature of a key that is trusted here.');
}

/** The lines of a note that known keys of one type claim to have signed, none of them verified yet. */
export function knownSignatures(
  note: SignedNote,
  keys: readonly VerifierKey[],
  type: number,
): { readonly key: VerifierKey; readonly signature: Uint8Array }[] {
  return note.signatures.flatMap(({ name, keyId: id, signature }) => {
    const key = keys.find((k) => k.type === type && k.name === name && k.keyId === id);
    return key === undefined ? [] : [{ key, signature }];
  });
}

export function invalidSignature(key: VerifierKey): Failure {
  return failure('signature-invalid', `The signature of ${key.name} does not fit the note.`);
}

/** Whether two verifier keys are the same public key for the same purpose. */
export function isSameKey(a: VerifierKey, b: VerifierKey): boolean {
  return a.type === b.type && equalBytes(a.publicKey, b.publicKey);
}

/** A key name is not empty and has neither Unicode white space nor a plus nor a control character. */
export function isKeyName(name: string): boolean {
  return KEY_NAME.test(name) && !CONTROL_CHARACTER.test(name);
}

const NEWLINE = 0x0a;
const KEY_ID_BYTES = 4;
const ED25519_KEY_BYTES = 32;
// C2SP asks for at least 16 signatures of up to 5 kB each.
const MAX_SIGNATURES = 64;
const MAX_NOTE_LENGTH = 512 * 1024;

const KEY_NAME = /^[^\p{White_Space}+]+$/u;
const VERIFIER_KEY = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/;
const SIGNATURE_LINE = /^\u2014 ([^ ]+) ([^ ]+)$/;
const CONTROL_CHARACTER = /[\u0000-\u0009\u000b-\u001f]/;

function isEd25519(type: number): boolean {
  return type === ED25519_NOTE || type === ED25519_COSIGNATURE;
}

function assertNoteText(text: string): void {
  if (CONTROL_CHARACTER.test(text)) {
    throw new Refusal(
      'note-control-character',
      'The note has a control character other than newline, such as a carriage return.',
    );
  }
  if (!isWellFormed(text)) {
    throw new Refusal('lone-surrogate', 'The text holds half of a character; send valid Unicode.');
  }
}

function badKeyName(): Refusal {
  return new Refusal(
    'bad-key-name',
    'A key name is not empty and has no spaces and no plus; use a URL without its scheme.',
  );
}

function badVerifierKey(): Refusal {
  return new Refusal(
    'bad-verifier-key',
    'The key is not <name>+<8 hex digits>+<base64>; copy the whole line again.',
  );
}

function badSignatureLine(): Refusal {
  return new Refusal(
    'note-signature-line',
    'A signature line is not an em dash, a key name and base64, with one space between them.',
  );
}
