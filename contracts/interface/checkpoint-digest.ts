import { keccak_256 } from '@noble/hashes/sha3.js';
import { assert } from '../../ledger/core/assert.ts';
import { concat, fromHex, utf8 } from '../../ledger/core/bytes.ts';
import type { Checkpoint } from '../../ledger/core/checkpoint.ts';

/** The contract that a signature is for. `address` is 20 bytes. */
export interface AnchorPlace {
  readonly chainId: bigint;
  readonly address: Uint8Array;
}

const DOMAIN_TYPE =
  'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)';
const DOMAIN_NAME = 'Billproof log anchor';
const DOMAIN_VERSION = '1';
const CHECKPOINT_TYPE = 'Checkpoint(string origin,uint64 size,bytes32 root)';

/**
 * The 32 bytes that a signer of `LogAnchor` signs with secp256k1 (EIP-712): bound to one chain, one
 * contract and one log. Needs neither Hardhat nor a chain.
 */
export function checkpointDigest(place: AnchorPlace, checkpoint: Checkpoint): Uint8Array {
  assert(place.address.length === 20, 'an address has 20 bytes');
  assert(checkpoint.root.length === 32, 'a root has 32 bytes');
  const domain = keccak_256(
    concat(
      hashText(DOMAIN_TYPE),
      hashText(DOMAIN_NAME),
      hashText(DOMAIN_VERSION),
      word(place.chainId),
      new Uint8Array(12),
      place.address,
    ),
  );
  const struct = keccak_256(
    concat(
      hashText(CHECKPOINT_TYPE),
      hashText(checkpoint.origin),
      word(BigInt(checkpoint.size)),
      checkpoint.root,
    ),
  );
  return keccak_256(concat(Uint8Array.of(0x19, 0x01), domain, struct));
}

function hashText(text: string): Uint8Array {
  return keccak_256(utf8(text));
}

/** A number as the 32 bytes of an ABI word. */
function word(value: bigint): Uint8Array {
  assert(value >= 0n && value < 2n ** 256n, `${value} is no ABI word`);
  return fromHex(value.toString(16).padStart(64, '0'));
}
