import { concat, fromHex, hex, utf8 } from './bytes.ts';
import { canonicalize } from './canonical-json.ts';
import { formatMicros, parseMicros } from './decimal.ts';
import { hmacSha256, type Sha256, sha256 } from './primitives.ts';
import { Refusal } from './refusal.ts';
import { HASH, ID, integer, list, map, object, oneOf, PERIOD, type Read, text } from './shape.ts';
import { type Failure, failure } from './verification.ts';

/** An amount of at least zero: what one tenant holds may never be hidden by another's negative. */
const amount = text(/^(0|[1-9][0-9]{0,14})\.[0-9]{6}$/);
const sums = object({ prepaid: amount, owed: amount, charged: map(ID, amount) });
const closeLeaf = object({
  v: integer(1),
  label: text(HASH),
  last: text(HASH),
  count: integer(1),
  sums,
});
const closeStep = object({ side: oneOf('left', 'right'), hash: text(HASH), sums });
const closePath = list(closeStep, 64);

/** Declared totals; every utility of the site stands in `charged`, zero included. */
export type CloseSums = Read<typeof sums>;
/** One account at a period's end: its label, last commitment, number of events, and sums. */
export type CloseLeaf = Read<typeof closeLeaf>;
/** A sibling on the way from a leaf to the root. */
export type CloseStep = Read<typeof closeStep>;

export interface CloseTree {
  /** 64 hex digits. */
  readonly root: string;
  readonly sums: CloseSums;
  /** The siblings of leaf `i`, from the leaf upwards. */
  path(i: number): readonly CloseStep[];
}

/** `HMAC-SHA-256(K, "billproof/v1/label" || period)`: only the account can find its own leaf. */
export function closeLabel(accountYearKey: Uint8Array, period: string): string {
  if (!PERIOD.test(period)) {
    throw new Refusal('bad-period', 'A period is a month such as 2026-09.', { period });
  }
  return hex(hmacSha256(accountYearKey, utf8(`billproof/v1/label${period}`)));
}

/** Refuses (`bad-shape`) any member too many, missing, negative or misspelt. */
export function parseCloseLeaf(value: unknown, pointer = ''): CloseLeaf {
  const leaf = closeLeaf(value, pointer);
  if (leaf.v !== 1) {
    throw new Refusal('bad-shape', `${pointer}/v must be 1.`, { pointer: `${pointer}/v` });
  }
  return leaf;
}

/** `SHA-256(0x02 || JCS(leaf))`. */
export function closeLeafHash(leaf: CloseLeaf, sha: Sha256 = sha256): string {
  return hex(sha(concat(LEAF, utf8(canonicalize(leaf)))));
}

/**
 * `SHA-256(0x03 || left || JCS(left sums) || right || JCS(right sums))`. Both children's sums are
 * inside: with only their total, two tenants could each be shown a sibling of zero.
 */
export function closeNodeHash(left: CloseNode, right: CloseNode, sha: Sha256 = sha256): string {
  return hex(sha(concat(NODE, nodeBytes(left), nodeBytes(right))));
}

export interface CloseNode {
  /** 64 hex digits. */
  readonly hash: string;
  readonly sums: CloseSums;
}

/**
 * The Merkle sum tree of a period, in the shape of RFC 6962. Refusals: `close-empty`, `close-order`
 * (labels sorted, none twice), `close-utilities` (leaves list different utilities), `close-too-large`.
 */
export function closeTree(leaves: readonly CloseLeaf[], sha: Sha256 = sha256): CloseTree {
  if (leaves.length === 0) throw new Refusal('close-empty', 'A close needs at least one account.');
  refuseDisorder(leaves);
  const levels: CloseNode[][] = [
    leaves.map((leaf, i) => {
      const { sums: own } = parseCloseLeaf(leaf, `/${i}`);
      return { hash: closeLeafHash(leaf, sha), sums: own };
    }),
  ];
  for (let below = levels[0] ?? []; below.length > 1; below = levels.at(-1) ?? []) {
    levels.push(parentsOf(below, sha));
  }
  const top = levels.at(-1)?.[0];
  if (top === undefined) throw new Error('a tree with leaves has a root');
  return { root: top.hash, sums: top.sums, path: (i) => pathIn(levels, i) };
}

export type ClosePathResult = ({ readonly ok: true } & Pick<CloseTree, 'root' | 'sums'>) | Failure;

/**
 * The root and the totals that a leaf's path leads to. Whoever calls holds them against the
 * `period.closed` event. Failures: `bad-shape`, `close-utilities`, `close-too-large`.
 */
export function verifyClosePath(
  leaf: unknown,
  path: unknown,
  sha: Sha256 = sha256,
): ClosePathResult {
  try {
    const start = parseCloseLeaf(leaf, '/leaf');
    let node: CloseNode = { hash: closeLeafHash(start, sha), sums: start.sums };
    for (const { side, hash, sums: theirs } of closePath(path, '/path')) {
      const sibling = { hash, sums: theirs };
      node = side === 'left' ? parentOf(sibling, node, sha) : parentOf(node, sibling, sha);
    }
    return { ok: true, root: node.hash, sums: node.sums };
  } catch (error) {
    if (error instanceof Refusal) return failure(error.code, error.message);
    throw error;
  }
}

const LEAF = Uint8Array.of(2);
const NODE = Uint8Array.of(3);

function nodeBytes({ hash, sums: own }: CloseNode): Uint8Array {
  return concat(fromHex(hash), utf8(canonicalize(own)));
}

function parentOf(left: CloseNode, right: CloseNode, sha: Sha256): CloseNode {
  return { hash: closeNodeHash(left, right, sha), sums: addSums(left.sums, right.sums) };
}

/** An odd last node goes up as it is, which is the split at the largest power of two. */
function parentsOf(nodes: readonly CloseNode[], sha: Sha256): CloseNode[] {
  const parents: CloseNode[] = [];
  for (let i = 0; i < nodes.length; i += 2) {
    const [left, right] = [nodes[i], nodes[i + 1]];
    if (left !== undefined) parents.push(right === undefined ? left : parentOf(left, right, sha));
  }
  return parents;
}

function pathIn(levels: readonly (readonly CloseNode[])[], leaf: number): CloseStep[] {
  if (levels[0]?.[leaf] === undefined) throw new Error(`there is no leaf ${leaf}`);
  const steps: CloseStep[] = [];
  let at = leaf;
  for (const level of levels) {
    const sibling = level[at % 2 === 0 ? at + 1 : at - 1];
    if (sibling !== undefined) steps.push({ side: at % 2 === 0 ? 'right' : 'left', ...sibling });
    at = Math.floor(at / 2);
  }
  return steps;
}

function addSums(a: CloseSums, b: CloseSums): CloseSums {
  const names = Object.keys(a.charged).sort();
  if (names.join('\n') !== Object.keys(b.charged).sort().join('\n')) {
    throw new Refusal('close-utilities', 'Every leaf of a close lists the same utilities.');
  }
  const charged: Record<string, string> = {};
  for (const name of names) {
    charged[name] = added(a.charged[name] ?? '', b.charged[name] ?? '');
  }
  return { prepaid: added(a.prepaid, b.prepaid), owed: added(a.owed, b.owed), charged };
}

function added(a: string, b: string): string {
  const sum = formatMicros(parseMicros(a) + parseMicros(b));
  if (sum.length > 22) throw new Refusal('close-too-large', 'The totals exceed 15 digits.');
  return sum;
}

function refuseDisorder(leaves: readonly CloseLeaf[]): void {
  for (let i = 1; i < leaves.length; i += 1) {
    if ((leaves[i - 1]?.label ?? '') < (leaves[i]?.label ?? '')) continue;
    throw new Refusal('close-order', `Leaf ${i} is out of order; sort by label, each once.`, {
      leaf: i,
    });
  }
}
