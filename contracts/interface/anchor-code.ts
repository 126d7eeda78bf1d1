import { fromHex, hex, utf8 } from '../../ledger/core/bytes.ts';
import { keccak256 } from '../../ledger/core/ethereum/keccak256.ts';
import type { AnchorArtifact } from './anchor-artifact.ts';

/**
 * The code of the contract of one log, the same on every chain: its only immutable is the hash of the
 * log's name, which the constructor fills in.
 */
export function anchorCode(origin: string, { runtime, immutables }: AnchorArtifact): Uint8Array {
  const code = fromHex(runtime.slice(2));
  for (const { start } of immutables) code.set(keccak256(utf8(origin)), start);
  return code;
}

/**
 * Whether the input of the transaction that made a contract, as `0x` hex, is this repository's creation code.
 * The code of a contract does not show that: another constructor can leave the same code behind, and
 * anchors in the storage that nothing has checked.
 */
export function isAnchorCreation(input: string, { bytecode }: AnchorArtifact): boolean {
  return input.toLowerCase().startsWith(bytecode);
}

/** What an account on the chain names as the hash of that code, as hex. */
export function anchorCodeHash(origin: string, artifact: AnchorArtifact): string {
  return hex(keccak256(anchorCode(origin, artifact)));
}
