import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64 } from './bytes.ts';
import {
  formatCheckpointBody,
  parseCheckpoint,
  parseCheckpointBody,
  signCheckpoint,
  verifyCheckpoint,
} from './checkpoint.ts';
import { EMPTY_ROOT } from './merkle.ts';
import { Refusal } from './refusal.ts';
import { ED25519_NOTE, formatNote, signNote, verifierKey } from './signed-note.ts';

const secret = new Uint8Array(32).fill(7);
const publicKey = ed25519.getPublicKey(secret);
const key = verifierKey('log.example/a', ED25519_NOTE, publicKey);
const sign = (message: Uint8Array): Uint8Array => ed25519.sign(message, secret);
const root = new Uint8Array(32).fill(9);

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('the body of a checkpoint', () => {
  it('is three lines: origin, size, root', () => {
    expect(formatCheckpointBody({ origin: 'log.example/a', size: 12, root })).toBe(
      `log.example/a\n12\n${base64(root)}\n`,
    );
  });

  it('is read back to what it was written from', () => {
    const size = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(size, hash, (n, found) => {
        const checkpoint = { origin: 'log.example/火', size: n, root: found };
        expect(parseCheckpointBody(formatCheckpointBody(checkpoint))).toEqual(checkpoint);
      }),
    );
  });

  const r = base64(root);
  it.each([
    ['accepted', `a\n1\n${r}\n`],
    ['accepted', `a\n0\n${base64(EMPTY_ROOT)}\n`],
    ['checkpoint-lines', ''],
    ['checkpoint-lines', 'a\n1\n'],
    ['checkpoint-lines', `a\n1\n${r}`],
    ['checkpoint-extension', `a\n1\n${r}\nmore\n`],
    ['checkpoint-extension', `a\n1\n${r}\n\n`],
    ['checkpoint-origin', `\n1\n${r}\n`],
    ['checkpoint-size', `a\n01\n${r}\n`],
    ['checkpoint-size', `a\n-1\n${r}\n`],
    ['checkpoint-size', `a\n+1\n${r}\n`],
    ['checkpoint-size', `a\n1.0\n${r}\n`],
    ['checkpoint-size', `a\n1e3\n${r}\n`],
    ['checkpoint-size', `a\n 1\n${r}\n`],
    ['checkpoint-size', `a\n١\n${r}\n`],
    ['checkpoint-size', `a\n\n${r}\n`],
    ['checkpoint-size', `a\n9007199254740992\n${r}\n`],
    ['checkpoint-root', 'a\n1\n\n'],
    ['checkpoint-root', `a\n1\n${r} \n`],
    ['checkpoint-root', `a\n1\n${base64(root.subarray(1))}\n`],
    ['checkpoint-root', `a\n1\n${r.replace('=', '')}\n`],
    ['checkpoint-root', `a\n0\n${r}\n`],
  ])('is judged %s: %j', (code, body) => {
    expect(codeOf(() => parseCheckpointBody(body))).toBe(code);
  });

  it('is not written when no reader would accept it', () => {
    expect(codeOf(() => formatCheckpointBody({ origin: 'a\nb', size: 1, root }))).toBe(
      'checkpoint-extension',
    );
    expect(codeOf(() => formatCheckpointBody({ origin: 'a', size: 0, root }))).toBe(
      'checkpoint-root',
    );
    expect(codeOf(() => formatCheckpointBody({ origin: 'a', size: 0.5, root }))).toBe(
      'checkpoint-size',
    );
  });
});

describe('a signed checkpoint', () => {
  const note = signCheckpoint({ size: 12, root }, key, sign);

  it('verifies with the key of its log', () => {
    const checkpoint = parseCheckpoint(note);
    expect([checkpoint.origin, checkpoint.size, checkpoint.root]).toEqual([key.name, 12, root]);
    expect(verifyCheckpoint(checkpoint, key)).toEqual({ ok: true });
  });

  it('is signed for the empty tree too', () => {
    const empty = parseCheckpoint(signCheckpoint({ size: 0, root: EMPTY_ROOT }, key, sign));
    expect(verifyCheckpoint(empty, key)).toEqual({ ok: true });
  });

  it('fails with another size, another key or no signature of the key', () => {
    const larger = parseCheckpoint(note.replace('\n12\n', '\n13\n'));
    expect(verifyCheckpoint(larger, key)).toMatchObject({ ok: false, code: 'signature-invalid' });
    const stranger = verifierKey(key.name, ED25519_NOTE, new Uint8Array(32));
    expect(verifyCheckpoint(parseCheckpoint(note), stranger)).toMatchObject({
      ok: false,
      code: 'signature-missing',
    });
  });

  it('of another log fails, though the same key signed it', () => {
    const text = formatCheckpointBody({ origin: 'log.example/b', size: 12, root });
    const foreign = formatNote({ text, signatures: [signNote(text, key, sign)] });
    expect(verifyCheckpoint(parseCheckpoint(foreign), key)).toEqual({
      ok: false,
      code: 'checkpoint-other-log',
      detail: 'The checkpoint is of log.example/b, the trusted key is of log.example/a.',
    });
  });
});
