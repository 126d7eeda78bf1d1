import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, fromUtf8, hex, u64be } from './bytes.ts';
import { parseCheckpoint, signCheckpoint } from './checkpoint.ts';
import { cosign, cosignedMessage, verifyCosignatures } from './cosignature.ts';
import {
  ED25519_COSIGNATURE,
  ED25519_NOTE,
  type NoteSignature,
  type SignedNote,
  verifierKey,
} from './signed-note.ts';

const logSecret = new Uint8Array(32).fill(1);
const log = verifierKey('log.example', ED25519_NOTE, ed25519.getPublicKey(logSecret));
const secret = new Uint8Array(32).fill(2);
const witness = verifierKey('w.example', ED25519_COSIGNATURE, ed25519.getPublicKey(secret));
const sign = (message: Uint8Array): Uint8Array => ed25519.sign(message, secret);
const { note } = parseCheckpoint(
  signCheckpoint({ size: 3, root: new Uint8Array(32) }, log, (message) =>
    ed25519.sign(message, logSecret),
  ),
);
const TIME = 1_790_000_000;

function withLines(...lines: NoteSignature[]): SignedNote {
  return { text: note.text, signatures: [...note.signatures, ...lines] };
}

function verdictOf(...lines: NoteSignature[]): unknown {
  const verdict = verifyCosignatures(withLines(...lines), [witness]);
  return verdict.ok ? verdict.cosignatures.map(({ timeS }) => timeS) : verdict.code;
}

describe('a cosignature', () => {
  const good = cosign(note.text, TIME, witness, sign);

  it('covers its time and the body of the checkpoint', () => {
    expect(fromUtf8(cosignedMessage('a\n1\nb\n', 1679315147))).toBe(
      'cosignature/v1\ntime 1679315147\na\n1\nb\n',
    );
    expect(hex(good.signature.subarray(0, 8))).toBe(hex(u64be(TIME)));
    expect(good.signature).toHaveLength(72);
  });

  it('verifies with the key of the witness and tells its time', () => {
    expect(verifyCosignatures(withLines(good), [witness])).toEqual({
      ok: true,
      cosignatures: [{ key: witness, timeS: TIME }],
    });
  });

  it('of an unknown witness is ignored', () => {
    expect(verifyCosignatures(withLines(good), [])).toEqual({ ok: true, cosignatures: [] });
    expect(verdictOf({ ...good, keyId: '00000000' })).toEqual([]);
    expect(verdictOf()).toEqual([]);
  });

  it('fails with another time, another body, another length or a time that is no number', () => {
    const later = good.signature.slice();
    later.set(u64be(TIME + 1));
    const huge = good.signature.slice();
    huge.set(new Uint8Array(8).fill(255));
    expect(verdictOf({ ...good, signature: later })).toBe('signature-invalid');
    expect(verdictOf({ ...good, signature: huge })).toBe('signature-invalid');
    expect(verdictOf({ ...good, signature: good.signature.subarray(1) })).toBe('signature-invalid');
    expect(verdictOf(cosign('other\n', TIME, witness, sign))).toBe('signature-invalid');
    expect(verdictOf(good, { ...good, signature: later })).toBe('signature-invalid');
  });

  it('fails at a time beyond the safe integers, though the witness signed it', () => {
    const body = new TextEncoder().encode(`cosignature/v1\ntime ${2 ** 53}\n${note.text}`);
    const signature = concat(fromHex('0020000000000000'), sign(body));
    expect(verdictOf({ ...good, signature })).toBe('signature-invalid');
  });

  it('may be there twice, with both its times', () => {
    expect(verdictOf(good, cosign(note.text, TIME + 5, witness, sign))).toEqual([TIME, TIME + 5]);
  });

  it('is not the plain signature of the same key over the same text', () => {
    const plain = { ...good, signature: sign(new TextEncoder().encode(note.text)) };
    expect(verdictOf(plain)).toBe('signature-invalid');
  });

  it('is not made with a note key or at no time', () => {
    expect(() => cosign(note.text, TIME, log, sign)).toThrow('with a cosignature key');
    for (const bad of [0, -1, 0.5, 2 ** 53]) {
      expect(() => cosign(note.text, bad, witness, sign)).toThrow('is a time in seconds');
    }
  });
});
