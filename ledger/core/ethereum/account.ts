import { concat } from '../bytes.ts';
import { digitsOf, readRlp, readRlpList, stringOf } from './rlp.ts';
import { type NodeOf, readTrie } from './trie.ts';
import { unreadable } from './unreadable.ts';

/** What counts of an account (Yellow Paper, 4.1) that has code. */
export interface Account {
  readonly storageRoot: Uint8Array;
  readonly codeHash: Uint8Array;
}

/** The account at an address of 20 bytes, undefined where the state has none. */
export function readAccount(
  stateRoot: Uint8Array,
  address: Uint8Array,
  nodeOf: NodeOf,
): Account | undefined {
  const value = readTrie(stateRoot, address, nodeOf);
  if (value === undefined) return undefined;
  const [nonce, balance, storageRoot, codeHash, ...others] = readRlpList(value);
  digitsOf(nonce, 8);
  digitsOf(balance, 32);
  if (others.length > 0) throw unreadable();
  return { storageRoot: stringOf(storageRoot, 32), codeHash: stringOf(codeHash, 32) };
}

/** The word in a slot of a contract's storage, which does not keep words of zero. */
export function readWord(storageRoot: Uint8Array, slot: Uint8Array, nodeOf: NodeOf): Uint8Array {
  const value = readTrie(storageRoot, slot, nodeOf);
  if (value === undefined) return new Uint8Array(32);
  const [item, ...others] = readRlp(value);
  const digits = digitsOf(item, 32);
  if (digits.length === 0 || others.length > 0) throw unreadable();
  return concat(new Uint8Array(32 - digits.length), digits);
}
