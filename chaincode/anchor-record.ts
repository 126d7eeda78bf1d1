import { fromHex, fromUtf8, utf8 } from '../ledger/core/bytes.ts';
import type { Checkpoint } from '../ledger/core/checkpoint.ts';
import { anchorValue, anchorKey as keyOfAnchor } from '../ledger/core/fabric/anchor-state.ts';

/** The namespace of the contract's keys, under which a receipt finds the anchored root. */
export const CHAINCODE_NAME = 'anchor';

/** Names of the two events, past tense: what they tell has been committed. */
export const ANCHORED_EVENT = 'anchored';
export const KEY_REGISTERED_EVENT = 'key-registered';

/**
 * Written once for each size: the version of this key is the proof that its transaction was valid.
 */
export function anchorKey(origin: string, size: number): string {
  return keyOfAnchor({ origin, size });
}

/** Holds the newest anchored checkpoint of a log, the one that the next has to extend. */
export function headKey(origin: string): string {
  return `head/${origin}`;
}

/** Holds the verifier key of a log. */
export function logKeyKey(origin: string): string {
  return `key/${origin}`;
}

/** Bounds for a range query over all anchors of a log above `size`; the end is not included. */
export function anchorsAbove(origin: string, size: number): { start: string; end: string } {
  // A size has sixteen digits, so text order is the order of sizes; a colon comes after the nine.
  return { start: anchorKey(origin, size + 1), end: `anchor/${origin}/:` };
}

/**
 * `{"origin":…,"size":…,"root":<hex>}`: the bytes under `anchorKey` and `headKey`, and the event.
 */
export function formatAnchor(checkpoint: Checkpoint): Uint8Array {
  return utf8(anchorValue(checkpoint));
}

/** Reads what `formatAnchor` wrote. Only for bytes of this contract's own keys. */
export function parseAnchor(value: Uint8Array): Checkpoint {
  const { origin, size, root }: StoredAnchor = JSON.parse(fromUtf8(value));
  return { origin, size, root: fromHex(root) };
}

interface StoredAnchor {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
}
