import { hexlify } from 'ethers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fromBase64 } from '../ledger/core/bytes.ts';
import {
  type ConsistencyClaim,
  leafHash,
  verifyConsistency,
  verifyInclusion,
} from '../ledger/core/merkle.ts';
import { consistencyProof, inclusionProof, treeRoot } from '../ledger/core/merkle-proofs.ts';
import { sha256 } from '../ledger/core/primitives.ts';
import type { Verification } from '../ledger/core/verification.ts';
import { auditPath, prefixProof, treeHash } from '../test/reference/rfc6962.ts';
import { describeFixture } from '../test/support/fixtures.ts';
import { MERKLE_VECTORS, readMerkleVectors } from '../test/support/merkle-vector-files.ts';
import { AnchoredLog } from './anchored-log.ts';
import { sampleSigners } from './sample-signers.ts';
import { sparseEntry, sparseTree } from './sparse-tree.ts';
import { type Outcome, openTestChain, type TestChain } from './test-chain.ts';

// Both verifiers must say the same of every proof, good or bad, and for the same reason.

// Some ten thousand calls of a virtual machine, in a few tests: a busy computer needs its time.
vi.setConfig({ testTimeout: 300_000 });

const SMALL = 64;
const entries = Array.from({ length: SMALL }, (_, i) => sha256(Uint8Array.of(i)));
const hashes = new Map(entries.map((entry, index) => [`0/${index}`, leafHash(entry)]));
const readSmall = (level: number, index: number): Uint8Array => {
  const span = 2 ** level;
  const part = entries.slice(index * span, (index + 1) * span);
  const name = `${level}/${index}`;
  const hash = hashes.get(name) ?? treeHash(part);
  hashes.set(name, hash);
  return hash;
};
const roots = Array.from({ length: SMALL + 1 }, (_, n) => treeHash(entries.slice(0, n)));
const signers = sampleSigners(1);

let chain: TestChain;
let small: AnchoredLog;

beforeAll(async () => {
  chain = await openTestChain();
  small = await AnchoredLog.deploy(chain, readSmall, signers);
  await small.anchor(...Array.from({ length: SMALL }, (_, i) => i + 1));
});

afterAll(() => chain.close());

/** `proof-too-short` as `ProofTooShort`: the contract's errors are the core's codes. */
function codeOf(verdict: Verification): string {
  if (verdict.ok) return 'verified';
  return verdict.code.replaceAll(/(?:^|-)([a-z])/g, (_, first: string) => first.toUpperCase());
}

function wordOf(outcome: Outcome): string {
  return outcome.ok ? 'verified' : outcome.error;
}

type PrefixClaim = Pick<ConsistencyClaim, 'from' | 'to' | 'fromRoot' | 'proof'>;

async function prefixOnChain(log: AnchoredLog, claim: PrefixClaim): Promise<string> {
  const { from, to, fromRoot } = claim;
  const proof = claim.proof.map((hash) => hexlify(hash));
  return wordOf(await log.contract.read('verifyPrefix', [from, hexlify(fromRoot), to, proof]));
}

async function inclusionOnChain(
  log: AnchoredLog,
  claim: { entry: Uint8Array; index: number; size: number; proof: readonly Uint8Array[] },
): Promise<string> {
  const { entry, index, size } = claim;
  const proof = claim.proof.map((hash) => hexlify(hash));
  return wordOf(await log.contract.read('verifyInclusion', [hexlify(entry), index, size, proof]));
}

/** Every way to spoil a list of hashes a little. */
function spoiled(proof: readonly Uint8Array[]): Uint8Array[][] {
  const other = new Uint8Array(32).fill(7);
  const each = proof.flatMap((hash, at) => [
    proof.toSpliced(at, 1),
    proof.toSpliced(at, 0, other),
    proof.toSpliced(at, 1, hash.with(at % 32, (hash[at % 32] ?? 0) ^ 1)),
    proof.toSpliced(at, 2, ...proof.slice(at, at + 2).toReversed()),
  ]);
  return [[...proof, other], [other, ...proof], [...proof].reverse(), [], ...each];
}

/** The first things on which two lists differ: all of them would not fit on a screen. */
function differences(found: readonly string[], wanted: readonly string[]): string[] {
  const pairs = found.map((word, i) =>
    word === wanted[i] ? '' : `${i}: ${word}, not ${wanted[i]}`,
  );
  return pairs.filter((pair) => pair !== '').slice(0, 10);
}

describe('a prefix', () => {
  it('is proved by the proofs of the reference, for all sizes up to 64', async () => {
    const found: string[] = [];
    for (let to = 1; to <= SMALL; to++) {
      for (let from = 1; from <= to; from++) {
        const proof = prefixProof(from, entries.slice(0, to));
        const fromRoot = roots[from] ?? proof[0] ?? new Uint8Array(32);
        found.push(await prefixOnChain(small, { from, to, fromRoot, proof }));
      }
    }
    expect([new Set(found), found.length]).toEqual([new Set(['verified']), 2080]);
  });

  it('is refused for the reason that the core has, however its proof is spoiled', async () => {
    const [found, wanted]: [string[], string[]] = [[], []];
    for (let to = 1; to <= 20; to++) {
      for (let from = 1; from <= to; from++) {
        const [fromRoot, toRoot] = [treeRoot(from, readSmall), treeRoot(to, readSmall)];
        for (const proof of spoiled(consistencyProof(from, to, readSmall))) {
          found.push(await prefixOnChain(small, { from, to, fromRoot, proof }));
          wanted.push(codeOf(verifyConsistency({ from, to, fromRoot, toRoot, proof })));
        }
      }
    }
    expect(differences(found, wanted)).toEqual([]);
    expect(new Set(found)).toEqual(
      new Set(['verified', 'ProofTooShort', 'ProofTooLong', 'FromRootMismatch', 'RootMismatch']),
    );
  });

  it('is refused with any other root or size', async () => {
    const [found, wanted]: [string[], string[]] = [[], []];
    for (let to = 1; to <= 16; to++) {
      for (let from = 0; from <= 17; from++) {
        const proof = consistencyProof(Math.min(from, to), to, readSmall);
        for (const other of [from, from + 1, to, 0]) {
          const [fromRoot, toRoot] = [treeRoot(other, readSmall), treeRoot(to, readSmall)];
          found.push(await prefixOnChain(small, { from, to, fromRoot, proof }));
          wanted.push(codeOf(verifyConsistency({ from, to, fromRoot, toRoot, proof })));
        }
      }
    }
    expect(differences(found, wanted)).toEqual([]);
    expect([...new Set(found)].sort()).toEqual([
      ...['EmptyTree', 'FromRootMismatch', 'RootMismatch', 'SizeOrder', 'verified'],
    ]);
  });
});

describe('an entry', () => {
  it('is proved by the proofs of the reference, for all places up to 64', async () => {
    const found: string[] = [];
    for (let size = 1; size <= SMALL; size++) {
      for (let index = 0; index < size; index++) {
        const proof = auditPath(index, entries.slice(0, size));
        const entry = entries[index] ?? new Uint8Array(32);
        found.push(await inclusionOnChain(small, { entry, index, size, proof }));
      }
    }
    expect([new Set(found), found.length]).toEqual([new Set(['verified']), 2080]);
  });

  it('is refused for the reason that the core has, at other places and by spoiled proofs', async () => {
    const [found, wanted]: [string[], string[]] = [[], []];
    for (let size = 1; size <= 14; size++) {
      for (let index = 0; index < size; index++) {
        const entry = entries[index] ?? new Uint8Array(32);
        const proof = inclusionProof(index, size, readSmall);
        const places = [index + 1, index ^ 1, size, size - 1];
        const claims = [
          ...spoiled(proof).map((other) => ({ index, proof: other })),
          ...places.map((place) => ({ index: place, proof })),
        ];
        for (const claim of claims) {
          found.push(await inclusionOnChain(small, { entry, size, ...claim }));
          const root = treeRoot(size, readSmall);
          wanted.push(codeOf(verifyInclusion({ size, leaf: leafHash(entry), root, ...claim })));
        }
      }
    }
    expect(differences(found, wanted)).toEqual([]);
    expect([...new Set(found)].sort()).toEqual([
      ...['IndexOutOfRange', 'ProofTooLong', 'ProofTooShort', 'RootMismatch', 'verified'],
    ]);
  });

  it('is not proved by its leaf hash, nor a node by its children', async () => {
    const entry = entries[0] ?? new Uint8Array(32);
    const leaf = { entry: leafHash(entry), index: 0, size: 1, proof: [] };
    expect(await inclusionOnChain(small, leaf)).toBe('RootMismatch');
    const node = { entry: readSmall(1, 0), index: 0, size: 3, proof: [readSmall(0, 2)] };
    expect(await inclusionOnChain(small, node)).toBe('ProofTooShort');
  });
});

describe('large trees', () => {
  const LARGEST = 2 ** 30;

  it('are anchored, and their prefixes and entries proved, as in the core', async () => {
    const sizes = fc.uniqueArray(fc.integer({ min: 1, max: LARGEST }), {
      minLength: 9,
      maxLength: 9,
    });
    const property = fc.asyncProperty(sizes, fc.nat(), async (some, seed) => {
      const ascending = some.toSorted((a, b) => a - b);
      const marked = ascending.flatMap((size) => [size - 1, size - 2, (size + seed) % LARGEST]);
      const read = sparseTree(marked.filter((place) => place >= 0));
      const log = await AnchoredLog.deploy(chain, read, signers);
      await log.anchor(...ascending);
      for (const to of ascending) {
        const toRoot = treeRoot(to, read);
        for (const from of ascending.filter((size) => size <= to)) {
          const honest = { from, to, fromRoot: treeRoot(from, read) };
          const proof = consistencyProof(from, to, read);
          expect(await prefixOnChain(log, { ...honest, proof })).toBe('verified');
          const forged = spoiled(proof)[seed % (4 + 4 * proof.length)] ?? [];
          expect(await prefixOnChain(log, { ...honest, proof: forged })).toBe(
            codeOf(verifyConsistency({ ...honest, toRoot, proof: forged })),
          );
          const proofOfLeaf = inclusionProof(from - 1, to, read);
          const entry = sparseEntry(from - 1, marked);
          const claim = { entry, index: from - 1, size: to, proof: proofOfLeaf };
          expect(await inclusionOnChain(log, claim)).toBe('verified');
        }
      }
    });
    await fc.assert(property, { numRuns: 12 });
  });

  it('reach as far as the format can count', async () => {
    const largest = Number.MAX_SAFE_INTEGER;
    const read = sparseTree([0, 1, largest - 1]);
    const log = await AnchoredLog.deploy(chain, read, signers);
    await log.anchor(1, 2 ** 32 + 1, 2 ** 53 - 2, largest);
    const proof = inclusionProof(largest - 1, largest, read);
    const entry = sparseEntry(largest - 1, [largest - 1]);
    const claim = { entry, index: largest - 1, size: largest, proof };
    expect(await inclusionOnChain(log, claim)).toBe('verified');
  });
});

describeFixture(
  'the consistency vectors of transparency-dev/merkle',
  MERKLE_VECTORS,
  (testdata) => {
    const vectors = readMerkleVectors(testdata, 'consistency').flatMap((file) =>
      file.folder === 'consistency' ? [file] : [],
    );

    it('are judged as they say, where their hashes have 32 bytes', async () => {
      const [found, wanted]: [string[], string[]] = [[], []];
      for (const { name, wantErr, vector } of vectors) {
        const { size1: from, size2: to } = vector;
        const [fromRoot, toRoot] = [fromBase64(vector.root1), fromBase64(vector.root2)];
        const proof = (vector.proof ?? []).map((hash) => fromBase64(hash));
        if ([fromRoot, toRoot, ...proof].some((hash) => hash.length !== 32)) continue;
        const log = await AnchoredLog.deploy(chain, readSmall, signers);
        // Whatever root the vector names becomes the first anchor, which no proof is asked of.
        const signatures = log.sign(to, toRoot);
        const anchored = await log.submit({ size: to, root: toRoot, proof: [], signatures });
        const word = anchored.ok
          ? await prefixOnChain(log, { from, to, fromRoot, proof })
          : 'refused';
        found.push(`${name} ${word === 'verified'}`);
        wanted.push(`${name} ${!wantErr}`);
      }
      expect(differences(found, wanted)).toEqual([]);
      expect(found).toHaveLength(71);
    });
  },
);
