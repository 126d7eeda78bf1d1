import { secp256k1 } from '@noble/curves/secp256k1.js';
import {
  computeAddress,
  concat,
  getAddress,
  getBytes,
  getCreateAddress,
  hexlify,
  keccak256,
  TypedDataEncoder,
  ZeroAddress,
} from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EMPTY_ROOT } from '../ledger/core/merkle.ts';
import { consistencyProof, treeRoot } from '../ledger/core/merkle-proofs.ts';
import { AnchoredLog, type Submission } from './anchored-log.ts';
import { isAnchorCode } from './interface/anchor-artifact.ts';
import { checkpointDigest } from './interface/checkpoint-digest.ts';
import { type CompactSignature, sampleSigners, signDigest } from './sample-signers.ts';
import { sparseTree } from './sparse-tree.ts';
import {
  type AnchorContract,
  artifact,
  deployAnchor,
  errorNames,
  type Outcome,
  openTestChain,
  type Sent,
  type TestChain,
} from './test-chain.ts';

const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const three = sampleSigners(3);
const [first, second, third] = three;
if (first === undefined || second === undefined || third === undefined) throw new Error('three');
const pair = [first, second];
const read = sparseTree([0, 1, 2, 5, 6, 7, 11, 40, 99, 1000]);

let chain: TestChain;
beforeAll(async () => {
  chain = await openTestChain();
});
afterAll(() => chain.close());

function newLog(owner?: string): Promise<AnchoredLog> {
  return AnchoredLog.deploy(chain, read, pair, owner);
}

function refusal(sent: Sent | Outcome | { readonly ok: true }): unknown {
  return sent.ok ? 'accepted' : [sent.error, ...sent.args];
}

async function values(contract: AnchorContract, name: string, args: readonly unknown[] = []) {
  const outcome = await contract.read(name, args);
  return outcome.ok ? outcome.values : refusal(outcome);
}

describe('an anchor', () => {
  it('is kept with its root, the time of its block and the anchor before it', async () => {
    const log = await newLog();
    const roots = [7, 12].map((size) => hexlify(treeRoot(size, read)));
    const one = await log.submit(log.submission(0, 7));
    const two = await log.submit(log.submission(7, 12));
    if (!one.ok || !two.ok) throw new Error('both are honest');
    expect([one.events, two.events]).toEqual([
      [{ name: 'Anchored', args: [7n, roots[0]] }],
      [{ name: 'Anchored', args: [12n, roots[1]] }],
    ]);
    const anchors = [
      [roots[0], 7n, one.blockTime, 0n],
      [roots[1], 12n, two.blockTime, 7n],
    ];
    expect(await values(log.contract, 'anchorAt', [7])).toEqual([anchors[0]]);
    expect(await values(log.contract, 'anchorAt', [12])).toEqual([anchors[1]]);
    expect(await values(log.contract, 'latest')).toEqual([anchors[1]]);
    expect(await values(log.contract, 'anchorCount')).toEqual([2n]);
    expect(await values(log.contract, 'origin')).toEqual([AnchoredLog.origin]);
  });

  it('is not there before the first one, nor at a size between two', async () => {
    const log = await newLog();
    expect(await values(log.contract, 'latest')).toEqual(['AnchorUnknown', 0n]);
    expect(await values(log.contract, 'anchorCount')).toEqual([0n]);
    await log.anchor(7, 12);
    expect(await values(log.contract, 'anchorAt', [8])).toEqual(['AnchorUnknown', 8n]);
    expect(await values(log.contract, 'anchorAt', [0])).toEqual(['AnchorUnknown', 0n]);
    const claim = [hexlify(EMPTY_ROOT), 0, 8, []];
    expect(await values(log.contract, 'verifyInclusion', claim)).toEqual(['AnchorUnknown', 8n]);
    const prefix = [7, hexlify(EMPTY_ROOT), 8, []];
    expect(await values(log.contract, 'verifyPrefix', prefix)).toEqual(['AnchorUnknown', 8n]);
  });

  it('may be submitted by anybody who has the signatures', async () => {
    const log = await newLog();
    const { size, root, proof, signatures } = log.submission(0, 5);
    const args = [size, hexlify(root), proof.map((hash) => hexlify(hash)), signatures];
    const sent = await log.contract.send('submit', args, chain.accounts[5]);
    expect(sent.ok).toBe(true);
  });

  it('is dated by the proofs against it', async () => {
    const log = await newLog();
    const sent = await log.submit(log.submission(0, 8));
    if (!sent.ok) throw new Error(sent.error);
    const prefix = [8, hexlify(treeRoot(8, read)), 8, []];
    expect(await values(log.contract, 'verifyPrefix', prefix)).toEqual([sent.blockTime]);
  });
});

describe('a submission is refused', () => {
  const attempts: [string, (log: AnchoredLog) => Submission, readonly unknown[]][] = [
    ['when it shrinks the log', (log) => log.submission(0, 5), ['SizeOrder', 7n, 5n]],
    ['when it repeats the head', (log) => log.submission(7, 7), ['SizeOrder', 7n, 7n]],
    ['when it is the empty tree', (log) => log.submission(0, 0), ['SizeOrder', 7n, 0n]],
    [
      'when it forks at the size of the head',
      (log) => ({ ...signedOver(log, 7, EMPTY_ROOT), proof: [] }),
      ['SizeOrder', 7n, 7n],
    ],
    [
      'when its size is none that the format has',
      (log) => ({ ...log.submission(7, 12), size: Number.MAX_SAFE_INTEGER + 1 }),
      ['CheckpointSize', 9007199254740992n],
    ],
    [
      'when its proof starts at another size',
      (log) => ({ ...log.submission(7, 12), proof: log.submission(5, 12).proof }),
      ['FromRootMismatch'],
    ],
    [
      'when its proof leads to another root',
      (log) => ({ ...log.submission(7, 12), ...signedOver(log, 12, EMPTY_ROOT) }),
      ['RootMismatch'],
    ],
    [
      'when its proof is cut',
      (log) => change(log.submission(7, 12), ({ proof }) => ({ proof: proof.slice(0, -1) })),
      ['ProofTooShort'],
    ],
    [
      'when its proof is missing',
      (log) => ({ ...log.submission(7, 12), proof: [] }),
      ['ProofTooShort'],
    ],
    [
      'when its proof is padded',
      (log) => change(log.submission(7, 12), ({ proof }) => ({ proof: [...proof, EMPTY_ROOT] })),
      ['ProofTooLong'],
    ],
    [
      'when a log that was written anew is signed by everybody',
      (log) => rewritten(log, 7, 12),
      ['FromRootMismatch'],
    ],
  ];
  it.each(attempts)('%s', async (_, attempt, reason) => {
    const log = await newLog();
    await log.anchor(7);
    expect(refusal(await log.submit(attempt(log)))).toEqual(reason);
    expect(await values(log.contract, 'anchorCount')).toEqual([1n]);
    // What was refused has not harmed the log: it goes on.
    expect((await log.submit(log.submission(7, 12))).ok).toBe(true);
  });

  it('as the first one, when it is the empty tree or brings a proof', async () => {
    const log = await newLog();
    expect(refusal(await log.submit(log.submission(0, 0)))).toEqual(['SizeOrder', 0n, 0n]);
    const padded = { ...log.submission(0, 3), proof: [EMPTY_ROOT] };
    expect(refusal(await log.submit(padded))).toEqual(['ProofTooLong']);
  });

  it('when it is replayed, or was overtaken by a larger one', async () => {
    const log = await newLog();
    const [five, seven] = [log.submission(0, 5), log.submission(0, 7)];
    expect((await log.submit(seven)).ok).toBe(true);
    expect(refusal(await log.submit(seven))).toEqual(['SizeOrder', 7n, 7n]);
    expect(refusal(await log.submit(five))).toEqual(['SizeOrder', 7n, 5n]);
  });
});

function signedOver(log: AnchoredLog, size: number, root: Uint8Array): Omit<Submission, 'proof'> {
  return { size, root, signatures: log.sign(size, root) };
}

function change(honest: Submission, by: (honest: Submission) => Partial<Submission>): Submission {
  return { ...honest, ...by(honest) };
}

/** A consistent history with one entry changed before the anchor: all that its maker can do. */
function rewritten(log: AnchoredLog, from: number, to: number): Submission {
  const other = sparseTree([0, 1, 3, 6, 7, 11]);
  const proof = consistencyProof(from, to, other);
  return { ...signedOver(log, to, treeRoot(to, other)), proof };
}

describe('signatures', () => {
  const cases: [string, (digest: Uint8Array) => CompactSignature[], unknown][] = [
    ['of the quorum are accepted', (d) => signDigest(d, [first, second]), 'accepted'],
    ['of more than the quorum are accepted', (d) => signDigest(d, three), 'accepted'],
    ['that are missing', () => [], ['SignatureMissing', 0n, 2n]],
    ['that are too few', (d) => signDigest(d, [first]), ['SignatureMissing', 1n, 2n]],
    [
      'of one signer twice',
      (d) => signDigest(d, [first, first]),
      ['SignerOrder', first.address, first.address],
    ],
    [
      'of one signer twice among enough others',
      (d) => signDigest(d, [first, second, second]),
      ['SignerOrder', second.address, second.address],
    ],
    [
      'out of order',
      (d) => signDigest(d, [second, first]),
      ['SignerOrder', second.address, first.address],
    ],
    [
      'with one of a stranger',
      (d) => signDigest(d, [...sampleSigners(4).filter((s) => !three.some(has(s))), first]),
      ['SignerUnknown', sampleSigners(4).find((s) => !three.some(has(s)))?.address],
    ],
    ['that are zero', (d) => [zeroed(d), ...signDigest(d, [second])], ['SignatureInvalid', 0n]],
    [
      'whose s is zero',
      (d) => [{ ...zeroed(d), r: `0x${'11'.repeat(32)}` }, ...signDigest(d, [second])],
      ['SignatureInvalid', 0n],
    ],
    [
      'whose s is the first that is too large',
      (d) => withS(signDigest(d, [first, second]), HALF_ORDER + 1n),
      ['SignatureInvalid', 0n],
    ],
  ];
  it.each(cases)('%s', async (_, sign, wanted) => {
    const deployed = await deployAnchor(chain, {
      origin: AnchoredLog.origin,
      signers: three.map(({ address }) => address),
      threshold: 2,
      owner: ZeroAddress,
    });
    if (!('contract' in deployed)) throw new Error('this is a good deployment');
    const root = treeRoot(9, read);
    const place = { chainId: chain.chainId, address: getBytes(deployed.contract.address) };
    const digest = checkpointDigest(place, { origin: AnchoredLog.origin, size: 9, root });
    const sent = await deployed.contract.send('submit', [9, hexlify(root), [], sign(digest)]);
    expect(refusal(sent)).toEqual(wanted);
  });

  it('are valid in one spelling only', async () => {
    // The compact form has room for the larger s of few signatures. This is one of them: of a signer
    // whose key nobody knows, but who is found from the digest.
    const [from = ''] = chain.accounts;
    const nonce = Number(await chain.request('eth_getTransactionCount', [from, 'latest']));
    const address = getCreateAddress({ from, nonce });
    const root = treeRoot(9, read);
    const checkpoint = { origin: AnchoredLog.origin, size: 9, root };
    const digest = checkpointDigest(
      { chainId: chain.chainId, address: getBytes(address) },
      checkpoint,
    );
    const [r, large] = [BigInt(first.key.sign(digest).r), HALF_ORDER + 1n];
    const signer = new secp256k1.Signature(r, large, 0).recoverPublicKey(digest);
    const deployed = await deployAnchor(chain, {
      ...{ origin: AnchoredLog.origin, threshold: 1, owner: ZeroAddress },
      signers: [computeAddress(`0x${signer.toHex(false)}`)],
    });
    if (!('contract' in deployed)) throw new Error('this is a good deployment');
    const submit = (yParityAndS: bigint) => {
      const signatures = [{ r: word(r), yParityAndS: word(yParityAndS) }];
      return deployed.contract.send('submit', [9, hexlify(root), [], signatures]);
    };
    expect(deployed.contract.address.toLowerCase()).toBe(address.toLowerCase());
    expect(refusal(await submit(large))).toEqual(['SignatureInvalid', 0n]);
    expect(refusal(await submit((1n << 255n) | (ORDER - large)))).toBe('accepted');
  });

  it('over any other checkpoint, contract, chain or log are of strangers', async () => {
    const log = await newLog();
    const root = treeRoot(9, read);
    const place = { chainId: chain.chainId, address: getBytes(log.contract.address) };
    const checkpoint = { origin: AnchoredLog.origin, size: 9, root };
    const others = [
      checkpointDigest(place, { ...checkpoint, size: 10 }),
      checkpointDigest(place, { ...checkpoint, root: treeRoot(10, read) }),
      checkpointDigest(place, { ...checkpoint, origin: 'ledger.example/log/site-2' }),
      checkpointDigest({ ...place, chainId: 1n }, checkpoint),
      checkpointDigest({ ...place, address: new Uint8Array(20) }, checkpoint),
    ];
    for (const digest of others) {
      const signatures = signDigest(digest, [first, second]);
      const sent = await log.submit({ size: 9, root, proof: [], signatures });
      expect(refusal(sent)).toEqual(['SignerUnknown', expect.any(String)]);
    }
    expect(others).not.toContainEqual(log.digest(9, root));
  });

  it('are over the digest that the contract, this code and ethers compute alike', async () => {
    const log = await newLog();
    const root = treeRoot(9, read);
    const ours = hexlify(log.digest(9, root));
    const types = {
      Checkpoint: [
        { name: 'origin', type: 'string' },
        { name: 'size', type: 'uint64' },
        { name: 'root', type: 'bytes32' },
      ],
    };
    const domain = {
      ...{ name: 'Billproof log anchor', version: '1', chainId: chain.chainId },
      verifyingContract: log.contract.address,
    };
    const message = { origin: AnchoredLog.origin, size: 9, root: hexlify(root) };
    expect(TypedDataEncoder.hash(domain, types, message)).toBe(ours);
    expect(await values(log.contract, 'checkpointDigest', [9, hexlify(root)])).toEqual([ours]);
  });
});

function has(signer: { address: string }) {
  return (other: { address: string }) => other.address === signer.address;
}

function withS([one, ...rest]: CompactSignature[], s: bigint): CompactSignature[] {
  if (one === undefined) throw new Error('there is a signature');
  return [{ ...one, yParityAndS: word(s) }, ...rest];
}

function zeroed(_: Uint8Array): CompactSignature {
  return { r: word(0n), yParityAndS: word(0n) };
}

function word(value: bigint): string {
  return `0x${value.toString(16).padStart(64, '0')}`;
}

describe('signers', () => {
  it('are changed by the owner, with an event each', async () => {
    const [owner = ''] = chain.accounts;
    const { contract } = await newLog(owner);
    const events = async (name: string, args: readonly unknown[]) => {
      const sent = await contract.send(name, args, owner);
      return sent.ok ? sent.events : refusal(sent);
    };
    expect(await events('addSigner', [third.address])).toEqual([
      { name: 'SignerAdded', args: [third.address] },
    ]);
    expect(await values(contract, 'signerCount')).toEqual([3n]);
    expect(await events('setThreshold', [3])).toEqual([{ name: 'ThresholdChanged', args: [3n] }]);
    expect(await values(contract, 'threshold')).toEqual([3n]);
    expect(await events('removeSigner', [first.address])).toEqual([
      ...['ThresholdOutOfRange', 3n, 2n],
    ]);
    expect(await events('setThreshold', [2])).toEqual([{ name: 'ThresholdChanged', args: [2n] }]);
    expect(await events('removeSigner', [first.address])).toEqual([
      { name: 'SignerRemoved', args: [first.address] },
    ]);
    expect(await values(contract, 'isSigner', [first.address])).toEqual([false]);
    expect(await values(contract, 'isSigner', [second.address])).toEqual([true]);
    expect(await events('removeSigner', [first.address])).toEqual(['SignerUnknown', first.address]);
    expect(await events('addSigner', [second.address])).toEqual(['SignerRefused', second.address]);
    expect(await events('addSigner', [ZeroAddress])).toEqual(['SignerRefused', ZeroAddress]);
    expect(await events('setThreshold', [0])).toEqual(['ThresholdOutOfRange', 0n, 2n]);
    expect(await events('setThreshold', [3])).toEqual(['ThresholdOutOfRange', 3n, 2n]);
  });

  it('that were removed sign no more, and those that were added do', async () => {
    const [owner = ''] = chain.accounts;
    const log = await newLog(owner);
    await log.contract.send('addSigner', [third.address], owner);
    await log.contract.send('removeSigner', [first.address], owner);
    const root = treeRoot(4, read);
    const by = (signers: typeof three) => signDigest(log.digest(4, root), signers);
    const old = await log.submit({ size: 4, root, proof: [], signatures: by([first, second]) });
    expect(refusal(old)).toEqual(['SignerUnknown', first.address]);
    const fresh = await log.submit({ size: 4, root, proof: [], signatures: by([second, third]) });
    expect(refusal(fresh)).toBe('accepted');
  });

  it('cannot rewrite what is anchored, though the owner may choose all of them', async () => {
    const [owner = ''] = chain.accounts;
    const log = await newLog(owner);
    await log.anchor(7);
    expect(refusal(await log.submit(rewritten(log, 7, 12)))).toEqual(['FromRootMismatch']);
    expect(await values(log.contract, 'anchorAt', [7])).toEqual([
      [hexlify(treeRoot(7, read)), 7n, expect.any(BigInt), 0n],
    ]);
  });

  const deployments: [string, string, string[], number, unknown][] = [
    ['twice the same', 'a', [first.address, first.address], 1, ['SignerRefused', first.address]],
    ['nobody', 'a', [ZeroAddress], 1, ['SignerRefused', ZeroAddress]],
    ['none at all', 'a', [], 0, ['ThresholdOutOfRange', 0n, 0n]],
    ['no threshold', 'a', [first.address], 0, ['ThresholdOutOfRange', 0n, 1n]],
    ['too high a threshold', 'a', [first.address], 2, ['ThresholdOutOfRange', 2n, 1n]],
    ['a log without a name', '', [first.address], 1, ['CheckpointOrigin']],
  ];
  it.each(deployments)(
    'are not deployed with %s',
    async (_, origin, signers, threshold, reason) => {
      const deployment = { origin, signers, threshold, owner: ZeroAddress };
      expect(refusal(await deployAnchor(chain, deployment))).toEqual(reason);
    },
  );
});

describe('ownership', () => {
  it('passes in two steps, and an offer can be taken back', async () => {
    const [a = '', b = '', c = ''] = chain.accounts;
    const { contract } = await newLog(a);
    const offer = await contract.send('transferOwnership', [b], a);
    expect(offer.ok && offer.events).toEqual([
      { name: 'OwnershipTransferStarted', args: [a, b].map(checksum) },
    ]);
    expect(await values(contract, 'owner')).toEqual([checksum(a)]);
    expect(refusal(await contract.send('acceptOwnership', [], c))).toEqual([
      ...['NotPendingOwner', checksum(c)],
    ]);
    await contract.send('transferOwnership', [ZeroAddress], a);
    expect(refusal(await contract.send('acceptOwnership', [], b))).toEqual([
      ...['NotPendingOwner', checksum(b)],
    ]);
    await contract.send('transferOwnership', [b], a);
    const taken = await contract.send('acceptOwnership', [], b);
    expect(taken.ok && taken.events).toEqual([
      { name: 'OwnershipTransferred', args: [a, b].map(checksum) },
    ]);
    expect(await values(contract, 'pendingOwner')).toEqual([ZeroAddress]);
    expect(refusal(await contract.send('addSigner', [third.address], a))).toEqual([
      ...['NotOwner', checksum(a)],
    ]);
    expect((await contract.send('addSigner', [third.address], b)).ok).toBe(true);
  });

  it('that was renounced comes back to nobody, not even to whom it was offered', async () => {
    const [a = '', b = ''] = chain.accounts;
    const log = await newLog(a);
    await log.contract.send('transferOwnership', [b], a);
    const renounced = await log.contract.send('renounceOwnership', [], a);
    expect(renounced.ok && renounced.events).toEqual([
      { name: 'OwnershipTransferred', args: [checksum(a), ZeroAddress] },
    ]);
    expect(refusal(await log.contract.send('acceptOwnership', [], b))).toEqual([
      ...['NotPendingOwner', checksum(b)],
    ]);
    expect(await values(log.contract, 'owner')).toEqual([ZeroAddress]);
    await log.anchor(3, 9);
  });

  const guarded: [string, readonly unknown[]][] = [
    ['addSigner', [third.address]],
    ['removeSigner', [first.address]],
    ['setThreshold', [1]],
    ['transferOwnership', [third.address]],
    ['renounceOwnership', []],
  ];
  it.each(guarded)('is needed for %s', async (name, args) => {
    const [a = '', b = ''] = chain.accounts;
    const { contract } = await newLog(a);
    expect(refusal(await contract.send(name, args, b))).toEqual(['NotOwner', checksum(b)]);
    const unowned = await newLog();
    expect(refusal(await unowned.contract.send(name, args, a))).toEqual(['NotOwner', checksum(a)]);
  });
});

/** As ethers spells addresses; a chain's accounts are in lower case. */
function checksum(address: string): string {
  return getAddress(address);
}

describe('the contract', () => {
  it('has code for this interface and no way to be replaced', async () => {
    const { contract } = await newLog();
    const code = await chain.request('eth_getCode', [contract.address, 'latest']);
    expect(isAnchorCode(String(code), artifact)).toBe(true);
    expect(isAnchorCode(String(code).replace('6080', '6081'), artifact)).toBe(false);
    // DELEGATECALL, CALLCODE and SELFDESTRUCT: none of them, in any instruction.
    expect(opcodesOf(String(code)).filter((op) => [0xf4, 0xf2, 0xff].includes(op))).toEqual([]);
  });

  it('has the errors that its documents name', () => {
    expect(errorNames()).toEqual([
      ...['AnchorUnknown', 'CheckpointOrigin', 'CheckpointSize', 'EmptyTree', 'FromRootMismatch'],
      ...['IndexOutOfRange', 'NotOwner', 'NotPendingOwner', 'ProofTooLong', 'ProofTooShort'],
      ...['RootMismatch', 'Sha256Unavailable', 'SignatureInvalid', 'SignatureMissing'],
      ...['SignerOrder', 'SignerRefused', 'SignerUnknown', 'SizeOrder', 'ThresholdOutOfRange'],
    ]);
  });

  it('keeps an anchor where a storage proof finds it', async () => {
    const log = await newLog();
    await log.anchor(7);
    const slot = BigInt(keccak256(concat([word(7n), word(ANCHORS_SLOT)])));
    const stored = (at: bigint) =>
      chain.request('eth_getStorageAt', [log.contract.address, word(at), 'latest']);
    expect(await stored(slot)).toBe(hexlify(treeRoot(7, read)));
    expect(BigInt(String(await stored(slot + 1n))) & 0xffffffffffffffffn).toBe(7n);
  });

  it('refuses a chain without SHA-256', async () => {
    // Every call of the precompiled contract at 2 goes to 0x77 instead, where there is no code.
    const bytecode = artifact.bytecode.replaceAll('60025afa', '60775afa');
    expect(bytecode).not.toBe(artifact.bytecode);
    const deployment = { origin: AnchoredLog.origin, signers: [first.address], threshold: 1 };
    const deployed = await deployAnchor(chain, { ...deployment, owner: ZeroAddress }, bytecode);
    expect(refusal(deployed)).toEqual(['Sha256Unavailable']);
  });
});

/** Where `_anchors` lies in the contract's storage. */
const ANCHORS_SLOT = 4n;

/** The instructions of a code without the bytes that they push, and without the metadata. */
function opcodesOf(code: string): number[] {
  const bytes = getBytes(code);
  const end = bytes.length - 2 - ((bytes.at(-2) ?? 0) * 256 + (bytes.at(-1) ?? 0));
  const found: number[] = [];
  for (let at = 0; at < end; at += 1) {
    const op = bytes[at] ?? 0;
    found.push(op);
    if (op >= 0x60 && op <= 0x7f) at += op - 0x5f;
  }
  return found;
}
