import { keccak_256 } from '@noble/hashes/sha3.js';
import { concat, hex } from '../../ledger/core/bytes.ts';
import { encodeList, encodeString } from '../../ledger/core/ethereum/rlp.ts';

export interface TrieEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

interface PathEntry {
  readonly path: string;
  readonly value: Uint8Array;
}

/**
 * A trie of Ethereum over hashed keys, built in the obvious way, from its whole content each time. It
 * shares with the reader that it tests nothing but the encoding of RLP, and has another Keccak.
 */
export class SampleTrie {
  readonly #entries: readonly PathEntry[];
  readonly root: Uint8Array;

  constructor(entries: readonly TrieEntry[]) {
    this.#entries = entries.map(({ key, value }) => ({ path: pathOf(key), value }));
    this.root = keccak_256(entries.length === 0 ? EMPTY : build(this.#entries, 0, []));
  }

  /** The nodes on the paths of the keys, in the order of their first use, each once. */
  proof(...keys: readonly Uint8Array[]): Uint8Array[] {
    const nodes = new Map<string, Uint8Array>();
    for (const key of keys) {
      const found: Uint8Array[] = [];
      found.push(build(this.#entries, 0, found, pathOf(key)));
      for (const node of found.toReversed()) nodes.set(hex(node), nodes.get(hex(node)) ?? node);
    }
    return [...nodes.values()];
  }
}

/** The path of a key: 64 nibbles, as hex. */
export function pathOf(key: Uint8Array): string {
  return hex(keccak_256(key));
}

/** How a node stands in its parent: itself, or its hash when that is not longer. */
export function referenceTo(node: Uint8Array): Uint8Array {
  return node.length < 32 ? node : encodeString(keccak_256(node));
}

export function leafNode(path: string, value: Uint8Array): Uint8Array {
  return encodeList([encodeString(packedPath(2, path)), encodeString(value)]);
}

export function extensionNode(path: string, child: Uint8Array): Uint8Array {
  return encodeList([encodeString(packedPath(0, path)), referenceTo(child)]);
}

/** A branch whose children are under the nibbles that are named. */
export function branchNode(children: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const references = [...NIBBLES].map((nibble) => {
    const child = children[nibble];
    return child === undefined ? EMPTY : referenceTo(child);
  });
  return encodeList([...references, EMPTY]);
}

const EMPTY = Uint8Array.of(0x80);
const NIBBLES = '0123456789abcdef';

/**
 * The node over entries that agree in the first `depth` nibbles. Nodes below it that lie on the path
 * `wanted` and are named by their hashes go to `found`, the deepest first.
 */
function build(
  entries: readonly PathEntry[],
  depth: number,
  found: Uint8Array[],
  wanted?: string,
): Uint8Array {
  const [first, ...others] = entries;
  if (first === undefined) return EMPTY;
  if (others.length === 0) return leafNode(first.path.slice(depth), first.value);
  const end = sharedLength(entries);
  const children: Record<string, Uint8Array> = {};
  for (const nibble of NIBBLES) {
    const below = entries.filter(({ path }) => path[end] === nibble);
    if (below.length === 0) continue;
    const child = build(below, end + 1, found, wanted);
    children[nibble] = child;
    const prefix = first.path.slice(0, end) + nibble;
    if (child.length >= 32 && wanted?.startsWith(prefix) === true) found.push(child);
  }
  const branch = branchNode(children);
  if (end === depth) return branch;
  if (branch.length >= 32 && wanted?.startsWith(first.path.slice(0, end)) === true) {
    found.push(branch);
  }
  return extensionNode(first.path.slice(depth, end), branch);
}

function sharedLength(entries: readonly PathEntry[]): number {
  const [first, ...others] = entries.map(({ path }) => path);
  let length = 0;
  while (first !== undefined && others.every((path) => path[length] === first[length])) length += 1;
  return length;
}

function packedPath(flag: number, path: string): Uint8Array {
  const isOdd = path.length % 2 === 1;
  const digits = isOdd ? `${flag + 1}${path}` : `${flag}0${path}`;
  return concat(Uint8Array.from(Buffer.from(digits, 'hex')));
}
