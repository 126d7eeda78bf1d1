import { assert } from './assert.ts';
import { concat, u64be, utf8 } from './bytes.ts';
import { type Primitives, portable } from './primitives.ts';
import {
  ED25519_COSIGNATURE,
  invalidSignature,
  knownSignatures,
  type NoteSignature,
  type Sign,
  type SignedNote,
  type VerifierKey,
} from './signed-note.ts';
import type { Failure } from './verification.ts';

/** A witness says: at `timeS`, the largest tree that I have seen of this log has this root. */
export interface Cosignature {
  readonly key: VerifierKey;
  /** Seconds since 1970-01-01T00:00:00Z, by the witness's clock. */
  readonly timeS: number;
}

/** `cosignature/v1\ntime <timeS>\n` and the body of the checkpoint (C2SP tlog-cosignature). */
export function cosignedMessage(body: string, timeS: number): Uint8Array {
  return utf8(`cosignature/v1\ntime ${timeS}\n${body}`);
}

/** Cosigns the body of a checkpoint. `timeS` is a safe integer above 0. */
export function cosign(body: string, timeS: number, key: VerifierKey, sign: Sign): NoteSignature {
  assert(key.type === ED25519_COSIGNATURE, 'a witness signs with a cosignature key');
  assert(Number.isSafeInteger(timeS) && timeS > 0, `${timeS} is a time in seconds`);
  const signature = concat(u64be(timeS), sign(cosignedMessage(body, timeS)));
  return { name: key.name, keyId: key.keyId, signature };
}

/**
 * The cosignatures of the known witnesses, all of them verified; none at all is no failure here, the
 * policy decides. Lines of other keys are ignored. Failure: `signature-invalid`.
 */
export function verifyCosignatures(
  note: SignedNote,
  witnesses: readonly VerifierKey[],
  primitives: Primitives = portable,
): { readonly ok: true; readonly cosignatures: readonly Cosignature[] } | Failure {
  const cosignatures: Cosignature[] = [];
  for (const { key, signature } of knownSignatures(note, witnesses, ED25519_COSIGNATURE)) {
    const timeS = timeOf(signature);
    if (timeS === undefined) return invalidSignature(key);
    const message = cosignedMessage(note.text, timeS);
    const valid = primitives.verifyEd25519(key.publicKey, message, signature.subarray(TIME_BYTES));
    if (!valid) return invalidSignature(key);
    cosignatures.push({ key, timeS });
  }
  return { ok: true, cosignatures };
}

const TIME_BYTES = 8;
const SIGNATURE_BYTES = 64;

/** The time before the signature; undefined when it is no safe integer or the length is wrong. */
function timeOf(signature: Uint8Array): number | undefined {
  if (signature.length !== TIME_BYTES + SIGNATURE_BYTES) return undefined;
  let timeS = 0;
  for (const byte of signature.subarray(0, TIME_BYTES)) timeS = timeS * 256 + byte;
  return Number.isSafeInteger(timeS) ? timeS : undefined;
}
