import { readFileSync, writeFileSync } from 'node:fs';
import { hexlify, ZeroAddress } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../ledger/core/bytes.ts';
import { EMPTY_ROOT, leafHash, nodeHash, rootOf } from '../ledger/core/merkle.ts';
import { consistencyProof, type HashReader, inclusionProof } from '../ledger/core/merkle-proofs.ts';
import { sha256 } from '../ledger/core/primitives.ts';
import { AnchoredLog } from './anchored-log.ts';
import { type CompactSignature, sampleSigners, signDigest } from './sample-signers.ts';
import { anchorInterface, openTestChain, type TestChain } from './test-chain.ts';

// For anchorers and verifiers in other languages: what to sign and to send, and what is refused.
const FILE = new URL('../test/vectors/contract/anchors.json', import.meta.url);

interface Step {
  readonly name: string;
  /** The call that is sent to the contract, and its arguments in clear. */
  readonly call: 'submit' | 'verifyInclusion' | 'verifyPrefix';
  readonly args: readonly unknown[];
  readonly data: string;
  /** What was signed; of `submit` only. */
  readonly digest?: string;
  /** The contract's error, or null where it accepts. */
  readonly error: string | null;
}

interface Vectors {
  readonly about: string;
  readonly chainId: string;
  readonly contract: string;
  readonly origin: string;
  readonly threshold: number;
  readonly signers: readonly { readonly key: string; readonly address: string }[];
  readonly steps: readonly Step[];
}

const entries = Array.from({ length: 40 }, (_, i) => sha256(utf8(`entry ${i}`)));
const read: HashReader = (level, index) => {
  if (level === 0) return leafHash(entries[index] ?? EMPTY_ROOT);
  return nodeHash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1));
};
const rootAt = (size: number) => rootOf(entries.slice(0, size));
const signers = sampleSigners(2);

// A chain of its own: on a fresh one the first contract has the address that the vectors name.
let chain: TestChain;
let log: AnchoredLog;
beforeAll(async () => {
  chain = await openTestChain();
  log = await AnchoredLog.deploy(chain, read, signers, ZeroAddress);
});
afterAll(() => chain.close());

interface Attempt {
  readonly size: number;
  readonly root?: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly sign?: (digest: Uint8Array) => CompactSignature[];
}

function submit(name: string, attempt: Attempt, error: string | null = null): Step {
  const { size, proof, root = rootAt(size), sign = (d) => signDigest(d, signers) } = attempt;
  const digest = log.digest(size, root);
  const signatures = sign(digest).map(({ r, yParityAndS }) => [r, yParityAndS]);
  const args = [size, hexlify(root), proof.map((hash) => hexlify(hash)), signatures];
  return { ...step(name, 'submit', args, error), digest: hexlify(digest) };
}

function step(
  name: string,
  call: Step['call'],
  args: readonly unknown[],
  error: string | null,
): Step {
  return { name, call, args, data: anchorInterface.encodeFunctionData(call, [...args]), error };
}

function inclusion(name: string, leaf: number, index: number, size: number, error: string | null) {
  const entry = entries[leaf] ?? EMPTY_ROOT;
  const proof = inclusionProof(Math.min(index, size - 1), size, read).map((hash) => hexlify(hash));
  return step(name, 'verifyInclusion', [hexlify(entry), index, size, proof], error);
}

function prefix(name: string, size: number, root: Uint8Array, to: number, error: string | null) {
  const proof = consistencyProof(size, to, read).map((hash) => hexlify(hash));
  return step(name, 'verifyPrefix', [size, hexlify(root), to, proof], error);
}

function vectors(): Vectors {
  const proof = (from: number, to: number) => consistencyProof(from, to, read);
  const swapped = (d: Uint8Array) => signDigest(d, signers).toReversed();
  return {
    about: 'Calls in this order on one LogAnchor; entry i of the log is SHA-256("entry <i>").',
    chainId: String(chain.chainId),
    contract: log.contract.address,
    origin: AnchoredLog.origin,
    threshold: signers.length,
    signers: signers.map(({ key, address }) => ({ key: key.privateKey, address })),
    steps: [
      submit('empty tree first', { size: 0, proof: [] }, 'SizeOrder'),
      submit('first with a proof', { size: 7, proof: [EMPTY_ROOT] }, 'ProofTooLong'),
      submit('first', { size: 7, proof: [] }),
      submit('the same again', { size: 7, proof: [] }, 'SizeOrder'),
      submit('smaller', { size: 6, proof: [] }, 'SizeOrder'),
      submit('without proof', { size: 13, proof: [] }, 'ProofTooShort'),
      submit('proof cut', { size: 13, proof: proof(7, 13).slice(0, -1) }, 'ProofTooShort'),
      submit('proof padded', { size: 13, proof: [...proof(7, 13), EMPTY_ROOT] }, 'ProofTooLong'),
      submit('proof reversed', { size: 13, proof: proof(7, 13).reverse() }, 'FromRootMismatch'),
      submit('proof from another size', { size: 13, proof: proof(5, 13) }, 'FromRootMismatch'),
      submit('other root', { size: 13, root: rootAt(12), proof: proof(7, 13) }, 'RootMismatch'),
      submit(
        'one signature',
        { ...honest(13), sign: (d) => signDigest(d, signers.slice(1)) },
        'SignatureMissing',
      ),
      submit('signatures out of order', { ...honest(13), sign: swapped }, 'SignerOrder'),
      submit('grown', honest(13)),
      submit('grown to a power of two', { size: 32, proof: proof(13, 32) }),
      submit('grown from a power of two', { size: 40, proof: proof(32, 40) }),
      inclusion('entry in the first anchor', 3, 3, 7, null),
      inclusion('last entry in the last anchor', 39, 39, 40, null),
      inclusion('entry at the place of another', 3, 4, 7, 'RootMismatch'),
      inclusion('entry behind the end', 6, 7, 7, 'IndexOutOfRange'),
      inclusion('entry in a size that is not anchored', 3, 3, 8, 'AnchorUnknown'),
      prefix('checkpoint between two anchors', 20, rootAt(20), 32, null),
      prefix('forked checkpoint', 20, rootAt(21), 32, 'FromRootMismatch'),
      prefix('empty checkpoint', 0, EMPTY_ROOT, 32, 'EmptyTree'),
    ],
  };

  function honest(size: number): Attempt {
    return { size, proof: proof(7, size) };
  }
}

describe('the vectors of the contract', () => {
  it('are the file that this code makes', () => {
    const text = `${JSON.stringify(vectors(), undefined, 1)}\n`;
    if (process.env['UPDATE_VECTORS'] === '1') writeFileSync(FILE, text);
    expect(readFileSync(FILE, 'utf8')).toBe(text);
  });

  it('are judged by the contract as they say, call by call', async () => {
    const { steps }: Vectors = JSON.parse(readFileSync(FILE, 'utf8'));
    const found: string[] = [];
    for (const { name, call, args } of steps) {
      const outcome = await (call === 'submit'
        ? log.contract.send(call, args)
        : log.contract.read(call, args));
      found.push(`${name}: ${outcome.ok ? null : outcome.error}`);
    }
    expect(found).toEqual(steps.map(({ name, error }) => `${name}: ${error}`));
  });
});
