import { equalBytes } from '../bytes.ts';
import { Refusal } from '../refusal.ts';
import { keccak256 } from './keccak256.ts';
import { type RlpItem, readRlp, readRlpList, stringOf } from './rlp.ts';
import { unreadable } from './unreadable.ts';

/** Gives the node with this hash, or refuses. */
export type NodeOf = (hash: Uint8Array) => Uint8Array;

/**
 * What a trie of Ethereum (Yellow Paper, appendix D) with this root holds under a key: that of a state
 * or of a contract's storage, whose paths are hashes of the keys. Undefined where the nodes show that it
 * holds nothing. Only nodes on the path are read, each strictly: no other trie has this root.
 */
export function readTrie(
  root: Uint8Array,
  key: Uint8Array,
  nodeOf: NodeOf,
): Uint8Array | undefined {
  const path = nibblesOf(keccak256(key));
  let items = readRlpList(nodeOf(root));
  for (let depth = 0; depth < path.length; ) {
    if (items.length === BRANCH_ITEMS) {
      const child = branchChild(items, path[depth] ?? 0);
      if (child === undefined) return undefined;
      items = readChild(child, nodeOf);
      depth += 1;
      // Under the last branch of a path is a leaf that has none of it left.
      if (depth < path.length) continue;
    }
    const { isLeaf, nibbles, content } = readShort(items);
    const left = path.length - depth;
    if (isLeaf ? nibbles.length !== left : nibbles.length < 1 || nibbles.length >= left) break;
    const isHere = nibbles.every((nibble, i) => nibble === path[depth + i]);
    if (isLeaf) return isHere ? leafValue(content) : undefined;
    if (!isHere) return undefined;
    depth += nibbles.length;
    items = readChild(content, nodeOf);
    // What an extension and a short node under it say, one node says.
    if (items.length !== BRANCH_ITEMS) break;
  }
  throw unreadable();
}

/**
 * The nodes of a proof, in the order in which the keys that it is for come upon them, each once. So a
 * proof has one spelling, and nothing in it is there for nothing.
 */
export class ProofNodes {
  readonly #nodes: readonly Uint8Array[];
  readonly #seen: { readonly hash: Uint8Array; readonly node: Uint8Array }[] = [];

  constructor(nodes: readonly Uint8Array[]) {
    this.#nodes = nodes;
  }

  /** The node with this hash: one that was asked for before, or the next. Refusal `ethereum-proof`. */
  readonly nodeOf: NodeOf = (hash) => {
    const known = this.#seen.find((one) => equalBytes(one.hash, hash));
    if (known !== undefined) return known.node;
    const node = this.#nodes[this.#seen.length];
    if (node === undefined || !equalBytes(keccak256(node), hash)) {
      throw wrongProof(this.#seen.length);
    }
    this.#seen.push({ hash, node });
    return node;
  };

  /** Refuses (`ethereum-proof`) when a node was not asked for. */
  end(): void {
    if (this.#seen.length < this.#nodes.length) throw wrongProof(this.#seen.length);
  }
}

function wrongProof(index: number): Refusal {
  return new Refusal(
    'ethereum-proof',
    `Node ${index} of the proof is missing, is another one, or is not needed.`,
    { index },
  );
}

const BRANCH_ITEMS = 17;

/** The child of a branch, undefined where there is none. Paths are of one length, so none ends in it. */
function branchChild(items: readonly RlpItem[], nibble: number): RlpItem | undefined {
  const filled = items.filter((item) => item.isList || item.content.length > 0);
  const [child, end] = [items[nibble], items[BRANCH_ITEMS - 1]];
  if (filled.length < 2 || !filled.every(isChild) || child === undefined) throw unreadable();
  stringOf(end, 0);
  return filled.includes(child) ? child : undefined;
}

/** A node shorter than a hash stands in its parent; a longer one is named there by its hash. */
function isChild({ isList, content, whole }: RlpItem): boolean {
  return isList ? whole.length < 32 : content.length === 32;
}

function readChild(child: RlpItem, nodeOf: NodeOf): readonly RlpItem[] {
  if (!isChild(child)) throw unreadable();
  if (child.isList) return readRlp(child.content);
  const node = nodeOf(child.content);
  if (node.length < 32) throw unreadable();
  return readRlpList(node);
}

interface ShortNode {
  /** A leaf has a value, an extension a branch under it. */
  readonly isLeaf: boolean;
  readonly nibbles: readonly number[];
  readonly content: RlpItem;
}

/** Appendix C: the first nibble tells leaf from extension and odd from even, where a zero follows it. */
function readShort(items: readonly RlpItem[]): ShortNode {
  const [packed, content, ...others] = items;
  if (content === undefined || others.length > 0) throw unreadable();
  const [flag = 4, ...nibbles] = nibblesOf(stringOf(packed));
  if (flag > 3 || (flag % 2 === 0 && nibbles.shift() !== 0)) throw unreadable();
  return { isLeaf: flag > 1, nibbles, content };
}

function leafValue(content: RlpItem): Uint8Array {
  const value = stringOf(content);
  if (value.length === 0) throw unreadable();
  return value;
}

function nibblesOf(bytes: Uint8Array): number[] {
  return Array.from(bytes).flatMap((byte) => [byte >> 4, byte & 15]);
}
