import { computeAddress, hexlify, SigningKey } from 'ethers';
import { utf8 } from '../ledger/core/bytes.ts';
import { sha256 } from '../ledger/core/primitives.ts';

/** A key that everybody knows: for tests and vectors only. */
export interface SampleSigner {
  readonly key: SigningKey;
  readonly address: string;
}

/** As the contract wants a signature. */
export interface CompactSignature {
  readonly r: string;
  readonly yParityAndS: string;
}

/** `count` signers in ascending order of their addresses. */
export function sampleSigners(count: number): SampleSigner[] {
  const signers = Array.from({ length: count }, (_, index) =>
    sampleSigner(`billproof sample signer ${index}`),
  );
  return signers.sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
}

/** One by its name. */
export function sampleSigner(name: string): SampleSigner {
  const key = new SigningKey(hexlify(sha256(utf8(name))));
  return { key, address: computeAddress(key) };
}

export function signDigest(
  digest: Uint8Array,
  signers: readonly SampleSigner[],
): CompactSignature[] {
  return signers.map(({ key }) => {
    const { r, yParityAndS } = key.sign(digest);
    return { r, yParityAndS };
  });
}
