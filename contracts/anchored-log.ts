import { getBytes, hexlify, ZeroAddress } from 'ethers';
import { consistencyProof, type HashReader, treeRoot } from '../ledger/core/merkle-proofs.ts';
import { checkpointDigest } from './interface/checkpoint-digest.ts';
import { type CompactSignature, type SampleSigner, signDigest } from './sample-signers.ts';
import { type AnchorContract, deployAnchor, type Sent, type TestChain } from './test-chain.ts';

/** What is handed to `submit`. */
export interface Submission {
  readonly size: number;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly signatures: readonly CompactSignature[];
}

/** A contract, the log that it anchors, and who signs for the log. */
export class AnchoredLog {
  static readonly origin = 'ledger.example/log/site-1';
  readonly #chain: TestChain;
  readonly #signers: readonly SampleSigner[];
  readonly contract: AnchorContract;
  readonly read: HashReader;
  readonly #origin: string;

  private constructor(
    chain: TestChain,
    contract: AnchorContract,
    read: HashReader,
    signers: readonly SampleSigner[],
    origin: string,
  ) {
    this.#chain = chain;
    this.#signers = signers;
    this.contract = contract;
    this.read = read;
    this.#origin = origin;
  }

  /** Every signer has to sign; nobody owns the contract unless `owner` says so. */
  static async deploy(
    chain: TestChain,
    read: HashReader,
    signers: readonly SampleSigner[],
    owner: string = ZeroAddress,
    origin: string = AnchoredLog.origin,
  ): Promise<AnchoredLog> {
    const deployed = await deployAnchor(chain, {
      origin,
      signers: signers.map(({ address }) => address),
      threshold: signers.length,
      owner,
    });
    if (!('contract' in deployed)) throw new Error(`refused: ${JSON.stringify(deployed)}`);
    return new AnchoredLog(chain, deployed.contract, read, signers, origin);
  }

  digest(size: number, root: Uint8Array): Uint8Array {
    const address = getBytes(this.contract.address);
    const checkpoint = { origin: this.#origin, size, root };
    return checkpointDigest({ chainId: this.#chain.chainId, address }, checkpoint);
  }

  /** An honest submission of `size` after an anchor of `from`, zero for none. */
  submission(from: number, size: number): Submission {
    const root = treeRoot(size, this.read);
    const proof = consistencyProof(from, size, this.read);
    return { size, root, proof, signatures: this.sign(size, root) };
  }

  /** Everybody signs, whatever it is. */
  sign(size: number, root: Uint8Array): CompactSignature[] {
    return signDigest(this.digest(size, root), this.#signers);
  }

  submit({ size, root, proof, signatures }: Submission): Promise<Sent> {
    const hashes = proof.map((hash) => hexlify(hash));
    return this.contract.send('submit', [BigInt(size), hexlify(root), hashes, signatures]);
  }

  /** Anchors each of the ascending sizes; throws when one is refused. */
  async anchor(...sizes: readonly number[]): Promise<void> {
    let from = 0;
    for (const size of sizes) {
      const sent = await this.submit(this.submission(from, size));
      if (!sent.ok) throw new Error(`anchor of ${size} after ${from} refused: ${sent.error}`);
      from = size;
    }
  }
}
