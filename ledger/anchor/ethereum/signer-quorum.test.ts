import { recoverAddress, Signature, SigningKey } from 'ethers';
import { describe, expect, test } from 'vitest';
import { prefixProof } from '../../../test/reference/rfc6962.ts';
import { signedLog } from '../../../test/support/signed-log.ts';
import { hex } from '../../core/bytes.ts';
import { Refusal } from '../../core/refusal.ts';
import { ChainUnavailable } from '../chain.ts';
import type { CheckpointSigner, SignCheckpoint, SigningRequest } from './connection.ts';
import { accountKey, gatherQuorum, localSigner } from './signer-quorum.ts';

const secret = (n: number) => `0x${n.toString(16).padStart(64, '0')}`;
const [one, two, three] = [localSigner(secret(1)), localSigner(secret(2)), localSigner(secret(3))];

const log = signedLog('signers.test/log');
const request: SigningRequest = {
  digest: Uint8Array.from({ length: 32 }, (_, i) => i),
  chainId: 1,
  contract: `0x${'ab'.repeat(20)}`,
  note: log.checkpoint(9),
  head: { origin: log.origin, size: 4, root: log.root(4) },
  proof: prefixProof(4, log.leaves.slice(0, 9)),
};

function like({ address }: CheckpointSigner, sign: SignCheckpoint): CheckpointSigner {
  return { address, sign };
}

const unreachable: SignCheckpoint = () => Promise.reject(new ChainUnavailable('Out of reach.'));
const unwilling: SignCheckpoint = () => Promise.reject(new Refusal('seen-another', 'No.'));
const silent: SignCheckpoint = () => new Promise(() => undefined);

/** Who has signed, in order. */
async function quorum(signers: readonly CheckpointSigner[], threshold: number): Promise<string[]> {
  const signatures = await gatherQuorum(signers, threshold, request, 50);
  const digest = `0x${hex(request.digest)}`;
  return signatures.map((signature) => recoverAddress(digest, Signature.from(signature)));
}

test('signatures stand in the order of their signers, however they are asked', async () => {
  const all = [one, two, three].map(({ address }) => address);
  const ascending = all.toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  expect(await quorum([one, two, three], 3)).toEqual(ascending);
  expect(await quorum([three, two, one], 3)).toEqual(ascending);
});

test('those that are enough are not held up by others', async () => {
  const others = [like(one, silent), like(one, unwilling), like(one, unreachable)];
  for (const other of others) {
    expect(new Set(await quorum([other, two, three], 2))).toEqual(
      new Set([two.address, three.address]),
    );
  }
});

describe('too few', () => {
  const wrong = like(one, two.sign);
  test.each([
    ['are configured', [one], { code: 'signature-missing', params: { given: 1, threshold: 2 } }],
    ['sign, and one refuses', [one, like(two, unwilling)], { code: 'seen-another' }],
    ['are reached', [one, like(two, unreachable)], { code: 'chain-unavailable' }],
    ['sign in time', [like(two, silent), one], { code: 'chain-unavailable' }],
    ['use the key that they should', [wrong, three], { code: 'signature-invalid' }],
  ] as const)('%s', async (_, signers, expected) => {
    await expect(gatherQuorum(signers, 2, request, 50)).rejects.toMatchObject(expected);
  });
});

test('what a signer throws is not passed on: who knows what stands in it', async () => {
  const leaky = like(one, () => Promise.reject(new Error('key 0x1234')));
  const error = { message: `0 of 1 signatures: ${one.address} gave no signature.` };
  await expect(gatherQuorum([leaky], 1, request)).rejects.toMatchObject(error);
});

test('a local signer signs only what continues the head', async () => {
  await expect(one.sign({ ...request, note: log.checkpointOver(9, log.root(8)) })).rejects.toThrow(
    Refusal,
  );
  await expect(one.sign({ ...request, proof: [] })).rejects.toMatchObject({
    code: 'proof-too-short',
  });
  expect(await one.sign({ ...request, head: undefined, proof: [] })).toEqual(
    await one.sign(request),
  );
});

test('a key that is none is refused without being named', () => {
  expect(accountKey(secret(1))).toBeInstanceOf(SigningKey);
  for (const bad of ['', '0x1234', secret(0), 'f'.repeat(63)]) {
    const message = 'A key is 0x and 64 hex digits, of a secret of secp256k1.';
    expect(() => accountKey(bad)).toThrow(new Refusal('ethereum-key', message));
  }
});
