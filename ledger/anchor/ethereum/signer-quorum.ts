import { computeAddress, hexlify, recoverAddress, Signature, SigningKey } from 'ethers';
import { parseCheckpoint } from '../../core/checkpoint.ts';
import { verifyConsistency } from '../../core/merkle.ts';
import { Refusal } from '../../core/refusal.ts';
import { ChainUnavailable } from '../chain.ts';
import type { CheckpointSignature, CheckpointSigner, SigningRequest } from './connection.ts';

/** People may have to be asked on the way, so later than a node. */
const PATIENCE_MS = 30_000;

/** A key of a secp256k1 account. Refusal `ethereum-key`, in which the key does not stand. */
export function accountKey(secret: string): SigningKey {
  try {
    const key = new SigningKey(secret);
    // Only who asks for the public key is told that there is none.
    computeAddress(key);
    return key;
  } catch {
    throw new Refusal('ethereum-key', 'A key is 0x and 64 hex digits, of a secret of secp256k1.');
  }
}

/**
 * A signer whose key this process holds. It asks for no more than the contract checks as well; who holds
 * the log's own key needs nobody to vouch for what that has signed. Refusals of `verifyConsistency`.
 */
export function localSigner(secret: string): CheckpointSigner {
  const key = accountKey(secret);
  return {
    address: computeAddress(key),
    sign: async (request) => signIfGrown(key, request),
  };
}

function signIfGrown(key: SigningKey, request: SigningRequest): CheckpointSignature {
  const { digest, note, head, proof } = request;
  if (head !== undefined) {
    const { size: to, root: toRoot } = parseCheckpoint(note);
    const grown = { from: head.size, to, fromRoot: head.root, toRoot, proof };
    const found = verifyConsistency(grown);
    if (!found.ok) throw new Refusal(found.code, found.detail);
  }
  const { r, yParityAndS } = key.sign(digest);
  return { r, yParityAndS };
}

interface Signed {
  readonly signer: bigint;
  readonly signature: CheckpointSignature;
}

/**
 * `threshold` signatures, the first that come, in the order that the contract wants. What a signer
 * refuses is refused, unless others are enough; who does not answer is asked again another time.
 * Refusal `signature-missing`.
 */
export async function gatherQuorum(
  signers: readonly CheckpointSigner[],
  threshold: number,
  request: SigningRequest,
  patienceMs = PATIENCE_MS,
): Promise<CheckpointSignature[]> {
  if (signers.length < threshold) {
    const params = { given: signers.length, threshold };
    throw new Refusal('signature-missing', `${threshold} signers are needed.`, params);
  }
  const late = AbortSignal.timeout(patienceMs);
  const signed: Signed[] = [];
  const failures: unknown[] = [];
  const enough = Promise.withResolvers<void>();
  const asked = signers.map(async (signer) => {
    try {
      signed.push(await ask(signer, request, late));
      if (signed.length === threshold) enough.resolve();
    } catch (error) {
      failures.push(error);
    }
  });
  await Promise.race([enough.promise, Promise.all(asked)]);
  if (signed.length < threshold) throw whyTooFew(failures, signed.length, threshold);
  return signed
    .slice(0, threshold)
    .sort((a, b) => (a.signer < b.signer ? -1 : 1))
    .map(({ signature }) => signature);
}

/** One wrong signature makes the contract refuse all, so each is looked at. */
async function ask(
  { address, sign }: CheckpointSigner,
  request: SigningRequest,
  late: AbortSignal,
): Promise<Signed> {
  const end = Promise.withResolvers<never>();
  const onLate = () => end.reject(new ChainUnavailable(`${address} did not sign in time.`));
  late.addEventListener('abort', onLate);
  try {
    const signature = await Promise.race([sign(request), end.promise]);
    const signer = recoverAddress(hexlify(request.digest), Signature.from(signature));
    if (signer.toLowerCase() === address.toLowerCase())
      return { signer: BigInt(signer), signature };
  } catch (error) {
    if (error instanceof Refusal || error instanceof ChainUnavailable) throw error;
    throw new ChainUnavailable(`${address} gave no signature.`);
  } finally {
    late.removeEventListener('abort', onLate);
  }
  throw new Refusal('signature-invalid', `${address} gave a signature of another key.`);
}

function whyTooFew(failures: readonly unknown[], given: number, threshold: number): Error {
  const refusal = failures.find((failure) => failure instanceof Refusal);
  if (refusal !== undefined) return refusal;
  const words = failures.map((failure) => (failure instanceof Error ? failure.message : ''));
  return new ChainUnavailable(`${given} of ${threshold} signatures: ${words.join(' ')}`);
}
