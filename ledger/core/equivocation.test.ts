import { ed25519 } from '@noble/curves/ed25519.js';
import { expect, it } from 'vitest';
import { parseCheckpoint, signCheckpoint } from './checkpoint.ts';
import { verifyEquivocation } from './equivocation.ts';
import { ED25519_NOTE, verifierKey } from './signed-note.ts';

const secret = (fill: number) => new Uint8Array(32).fill(fill);
const keyOf = (name: string, fill: number) =>
  verifierKey(name, ED25519_NOTE, ed25519.getPublicKey(secret(fill)));
const key = keyOf('log.example', 1);

/** A checkpoint by its size, the byte that fills its root, and who signs it as which log. */
function tree(size: number, root: number, signer = 1, name = 'log.example') {
  const body = { size, root: secret(root) };
  const sign = (message: Uint8Array) => ed25519.sign(message, secret(signer));
  return parseCheckpoint(signCheckpoint(body, keyOf(name, signer), sign));
}

it('is proven by one size, two roots, and two signatures of one key', () => {
  expect(verifyEquivocation(tree(7, 1), tree(7, 2), key)).toEqual({ ok: true });
  expect(verifyEquivocation(tree(7, 2), tree(7, 1), key)).toEqual({ ok: true });
});

it.each([
  ['two sizes', tree(7, 1), tree(8, 2), 'equivocation-sizes'],
  ['the same tree', tree(7, 1), tree(7, 1), 'equivocation-same-tree'],
  ['a checkpoint that a stranger signed', tree(7, 1), tree(7, 2, 3), 'signature-missing'],
  ['one of another log', tree(7, 1, 1, 'other.example'), tree(7, 2), 'checkpoint-other-log'],
])('is not proven by %s', (_, one, other, code) => {
  expect(verifyEquivocation(one, other, key)).toMatchObject({ ok: false, code });
  expect(verifyEquivocation(other, one, key)).toMatchObject({ ok: false, code });
});

it('is not proven by a text that was changed under its signature', () => {
  const one = tree(7, 1);
  const { signatures } = tree(7, 2).note;
  const forged = { ...one, root: secret(9), note: { text: one.note.text, signatures } };
  expect(verifyEquivocation(tree(7, 2), forged, key)).toMatchObject({ code: 'signature-invalid' });
});
