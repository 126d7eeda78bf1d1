import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkpointDigest } from '../../contracts/interface/checkpoint-digest.ts';
import { type SampleSigner, sampleSigners, signDigest } from '../../contracts/sample-signers.ts';
import {
  type AnchorContract,
  deployAnchor,
  openTestChain,
  type TestChain,
} from '../../contracts/test-chain.ts';
import { collectEthereumReceipt } from '../../ledger/anchor/ethereum/collect-receipt.ts';
import { fromHex, hex } from '../../ledger/core/bytes.ts';
import { canonicalize } from '../../ledger/core/canonical-json.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { keccak256 } from '../../ledger/core/ethereum/keccak256.ts';
import { formatEthereumReceipt } from '../../ledger/core/ethereum/receipt.ts';
import { verifyConsistency } from '../../ledger/core/merkle.ts';
import { formatTrustPolicy, parseTrustPolicy } from '../../ledger/core/trust-policy.ts';
import { verifyBundle } from '../../ledger/core/verdict.ts';
import { say } from '../../ledger/core/words/render.ts';
import { ORIGIN } from '../support/sample-ledger.ts';
import { type TreeOf, type TwoHistories, tellTwoHistories } from './two-histories.ts';

// A split view before the contract on a public chain, with signers that sign whatever the operator hands them,
// and with signers that look. The contract cannot read the log's own signature: its signers vouch for that.

let two: TwoHistories;
let chain: TestChain;
const [blind, careful] = [sampleSigners(4).slice(0, 2), sampleSigners(4).slice(2)];

beforeAll(async () => {
  two = await tellTwoHistories();
  chain = await openTestChain();
});
afterAll(async () => {
  await chain.close();
  await two.remove();
});

/** A contract whose head is the honest tree of `size`; zero for none yet. */
async function contractAt(size: number, signers: readonly SampleSigner[]): Promise<AnchorContract> {
  const addresses = signers.map(({ address }) => address);
  const plan = { origin: ORIGIN, signers: addresses, threshold: signers.length };
  const nobody = `0x${'0'.repeat(40)}`;
  const deployed = await deployAnchor(chain, { ...plan, owner: nobody });
  if (!('contract' in deployed)) throw new Error('the contract was not deployed');
  const { contract } = deployed;
  if (size > 0) await submit(contract, two.trees.honest, 0, size, signers);
  return contract;
}

/** As the ABI takes it. */
function word(bytes: Uint8Array): string {
  return `0x${hex(bytes)}`;
}

/** Everybody signs the tree of a history, and the contract gets the proof that this history has. */
async function submit(
  contract: AnchorContract,
  tree: TreeOf,
  from: number,
  size: number,
  signers: readonly SampleSigner[],
  proof: readonly Uint8Array[] = from === 0 ? [] : tree.prove(from, size),
) {
  const root = tree.root(size);
  const place = {
    chainId: chain.chainId,
    address: fromHex(contract.address.slice(2).toLowerCase()),
  };
  const digest = checkpointDigest(place, { origin: ORIGIN, size, root });
  const hashes = proof.map(word);
  const signatures = signDigest(digest, signers);
  const sent = await contract.send('submit', [BigInt(size), word(root), hashes, signatures]);
  return sent.ok ? 'anchored' : [sent.error, ...sent.args.map(Number)];
}

/** A signer as an auditor runs one: it keeps the tree that it signed last, and signs what continues it. */
class CarefulSigner {
  #last: { readonly size: number; readonly root: Uint8Array } | undefined;

  /** The code of the refusal; undefined when it would sign. */
  refuses(tree: TreeOf, size: number): string | undefined {
    const [last, next] = [this.#last, { size, root: tree.root(size) }];
    if (last !== undefined) {
      if (size < last.size) return 'size-order';
      const proof = tree.prove(last.size, size);
      const claim = { from: last.size, to: size, fromRoot: last.root, toRoot: next.root, proof };
      const verified = verifyConsistency(claim);
      if (!verified.ok) return verified.code;
    }
    this.#last = next;
    return undefined;
  }
}

describe('a quorum that signs blindly', () => {
  test('cannot take back an anchor: the contract refuses the fork by itself', async () => {
    const { forked, honest } = two.trees;
    const contract = await contractAt(two.size, blind);
    const fork = (from: number, size: number, proof?: readonly Uint8Array[]) =>
      submit(contract, forked, from, size, blind, proof);
    // The same size, whatever its root: there is one anchor a size.
    expect(await fork(two.size, two.size, [])).toEqual(['SizeOrder', two.size, two.size]);
    expect(await fork(two.size, two.larger)).toEqual(['FromRootMismatch']);
    expect(await fork(two.size, two.larger, [])).toEqual(['ProofTooShort']);
    // A proof that begins at the anchor is one of the honest tree, and ends there.
    const begun = honest.prove(two.size, two.larger);
    expect(await fork(two.size, two.larger, begun)).toEqual(['RootMismatch']);
    // An old signed tree again.
    expect(await submit(contract, honest, 0, two.common, blind)).toEqual([
      ...['SizeOrder', two.size, two.common],
    ]);
    expect(await contract.read('latest', [])).toMatchObject({
      values: [[word(honest.root(two.size)), BigInt(two.size), expect.anything(), 0n]],
    });
  });

  test('can fork what is not anchored yet, and then the honest log cannot go on', async () => {
    const contract = await contractAt(two.common, blind);
    const { honest, forked } = two.trees;
    expect(await submit(contract, forked, two.common, two.size, blind)).toBe('anchored');
    expect(await submit(contract, honest, two.common, two.size, blind)).toEqual([
      ...['SizeOrder', two.size, two.size],
    ]);
    // Everybody sees the contract: who holds the honest checkpoint sees that it is another one.
    const claim = [BigInt(two.size), word(honest.root(two.size)), BigInt(two.size), []];
    expect(await contract.read('verifyPrefix', claim)).toMatchObject({ error: 'RootMismatch' });
  });

  test('can begin with the fork: nothing comes before the first anchor', async () => {
    const contract = await contractAt(0, blind);
    expect(await submit(contract, two.trees.forked, 0, two.size, blind)).toBe('anchored');
  });
});

describe('a quorum whose signers look', () => {
  test('does not sign the fork of what it has signed, anchored or not', async () => {
    const contract = await contractAt(two.common, careful);
    const signer = new CarefulSigner();
    const { honest, forked } = two.trees;
    for (const size of [two.common, two.size]) {
      expect(signer.refuses(honest, size)).toBeUndefined();
    }
    // The honest tree is signed and on its way; the operator asks for the fork first.
    expect(signer.refuses(forked, two.size)).toBe('root-mismatch');
    expect(signer.refuses(forked, two.larger)).toBe('from-root-mismatch');
    expect(signer.refuses(forked, two.common)).toBe('size-order');
    // Without its signature there is no quorum.
    const alone = careful.slice(0, 1);
    expect(await submit(contract, forked, two.common, two.size, alone)).toEqual([
      ...['SignatureMissing', 1, 2],
    ]);
    expect(await submit(contract, honest, two.common, two.size, careful)).toBe('anchored');
  });
});

test('a bill of the fork with the receipt of the honest tree fails, whoever names the contract', async () => {
  const contract = await contractAt(two.size, careful);
  const code = await chain.request('eth_getCode', [contract.address, 'latest']);
  const chainId = Number(chain.chainId);
  const network = {
    ...{ chainId, contract: contract.address.toLowerCase(), blocks: [] },
    codeHash: keccak256(fromHex(String(code).slice(2))),
  };
  const receipt = await collectEthereumReceipt(chain.request, network, two.size, 'latest');
  const policy = parseTrustPolicy(`log ${two.vkey}\nquorum none\n`);
  const trust = formatTrustPolicy({ ...policy, anchors: [{ kind: 'ethereum', network }] });
  const anchors = { fabric: [], ethereum: [formatEthereumReceipt(receipt)] };
  const ninth = (text: string) => {
    const bundle = JSON.parse(text);
    expect(parseCheckpoint(bundle.checkpoint).size).toBe(two.size);
    const { overall, layers } = verifyBundle(canonicalize({ ...bundle, anchors }), { trust });
    return [overall, layers[8]?.findings[0]?.code];
  };
  // A chain of one machine proves nothing, and contradicts all the same.
  expect(ninth(two.bills.honest)).toEqual(['verified', 'anchored-local']);
  expect(ninth(two.bills.forked)).toEqual(['failed', 'ethereum-root']);
  expect(say('en', 'ethereum-root')).toBe('The public chain holds another state of the log.');
});
