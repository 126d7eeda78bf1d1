import { hex } from '../core/bytes.ts';
import { CompactRange } from '../core/compact-range.ts';
import { EMPTY_ROOT, nodeHash } from '../core/merkle.ts';
import { TILE_WIDTH } from '../core/tiles.ts';
import { sha256Bytes } from '../writer/fast-hash.ts';
import type { Findings } from './finding.ts';
import type { TilesResult } from './jobs.ts';
import type { SiteSnapshot } from './snapshot.ts';

/** A checkpoint that was signed: what the tree must have been. */
export interface SignedTree {
  readonly size: number;
  /** Root, 64 hex digits. */
  readonly root: string;
}

/** Rebuilds the tree from its tiles and holds nodes and checkpoints against it. */
export class TreeCheck {
  readonly #found: Findings;
  /** Over the hashes of full tiles: its leaves are the tree's nodes of level 8. */
  readonly #upper = new CompactRange(sha256Bytes);
  readonly #nodes: Map<string, string>;
  #tiles = 0;
  #border: readonly Uint8Array[] = [];

  constructor(snapshot: SiteSnapshot, found: Findings) {
    this.#found = found;
    this.#nodes = new Map(
      snapshot.nodes.map(({ level, index, hash }) => [`${level}/${index}`, hex(hash)]),
    );
  }

  take(result: TilesResult): void {
    let next = 0;
    const { checkpoints, nodes } = result;
    for (let at = 0; at <= nodes.length; at += 32) {
      for (; next < checkpoints.length; next += 1) {
        const checkpoint = checkpoints[next];
        if (checkpoint === undefined || Math.floor(checkpoint.size / TILE_WIDTH) > this.#tiles)
          break;
        this.#compare(checkpoint, checkpoint.border);
      }
      if (at === nodes.length) break;
      const node = nodes.slice(at, at + 32);
      this.#compareNode(8, this.#tiles, node);
      this.#upper.append(node, (level, index, hash) => {
        if (level % 8 === 0) this.#compareNode(level + 8, index, hash);
      });
      this.#tiles += 1;
    }
    this.#border = result.border;
  }

  /** Root of the whole tree, once all tiles are taken. */
  root(): string {
    return hex(this.#fold(this.#border));
  }

  finish(): void {
    for (const place of this.#nodes.keys()) {
      this.#found.add('node-extra', `Node ${place} is no subtree of this log.`);
    }
  }

  #compare({ size, root }: SignedTree, border: readonly Uint8Array[]): void {
    if (hex(this.#fold(border)) === root) return;
    this.#found.add(
      'checkpoint-root',
      `The first ${size} events are not those of the signed checkpoint of that size.`,
      Math.max(0, size - 1),
    );
  }

  #compareNode(level: number, index: number, hash: Uint8Array): void {
    const key = `${level}/${index}`;
    const stored = this.#nodes.get(key);
    this.#nodes.delete(key);
    if (stored === hex(hash)) return;
    const what = stored === undefined ? 'node-missing' : 'node-differs';
    this.#found.add(what, `Node ${key} of the tree is not the one of its leaves.`);
  }

  #fold(border: readonly Uint8Array[]): Uint8Array {
    const parts = [...this.#upper.state().hashes, ...border];
    if (parts.length === 0) return EMPTY_ROOT;
    return parts.reduceRight((right, left) => nodeHash(left, right, sha256Bytes));
  }
}
