import { assert } from './assert.ts';
import { HASH_BYTES, nodeHash } from './merkle.ts';
import type { HashReader } from './merkle-proofs.ts';
import { type Sha256, sha256 } from './primitives.ts';
import { decodeHashTile, type HashTile, TILE_WIDTH, tileWidth } from './tiles.ts';

/** Bytes of a tile, `tile.width` × 32 of them. */
export type TileReader = (tile: HashTile) => Uint8Array;

/**
 * Reads the nodes of a tree of `size` leaves out of its tiles. Each tile is read once and each inner
 * node hashed once for as long as the reader lives, so make one for a proof or for a batch of proofs.
 * Refusal `bad-tile` when a tile has the wrong length.
 */
export function hashesFromTiles(
  size: number,
  readTile: TileReader,
  sha: Sha256 = sha256,
): HashReader {
  const tiles = new Map<string, TileTree>();
  return (level, index) => {
    const { tile, height, position } = locate(level, index, size);
    const key = `${tile.level}/${tile.index}`;
    let tree = tiles.get(key);
    if (tree === undefined) {
      tree = new TileTree(decodeHashTile(readTile(tile), tile.width), sha);
      tiles.set(key, tree);
    }
    return tree.node(height, position);
  };
}

/**
 * The tiles that a proof over a tree of `size` leaves reads, each once, in the order of need: for
 * whoever has to fetch them before anything can be computed.
 * `tilesNeeded(size, (read) => inclusionProof(index, size, read))`
 */
export function tilesNeeded(size: number, prove: (read: HashReader) => unknown): HashTile[] {
  const tiles = new Map<string, HashTile>();
  prove((level, index) => {
    const { tile } = locate(level, index, size);
    tiles.set(`${tile.level}/${tile.index}`, tile);
    return new Uint8Array(HASH_BYTES);
  });
  return [...tiles.values()];
}

/** Nodes above the hashes of one tile, numbered as a heap: 1 on top, 256 to 511 the tile itself. */
class TileTree {
  readonly #nodes: (Uint8Array | undefined)[];
  readonly #sha: Sha256;

  constructor(hashes: readonly Uint8Array[], sha: Sha256) {
    this.#nodes = [...Array.from({ length: TILE_WIDTH }, () => undefined), ...hashes];
    this.#sha = sha;
  }

  node(height: number, position: number): Uint8Array {
    return this.#at(2 ** (8 - height) + position);
  }

  #at(place: number): Uint8Array {
    const known = this.#nodes[place];
    if (known !== undefined) return known;
    assert(place < TILE_WIDTH, 'a proof asks for complete subtrees only');
    const node = nodeHash(this.#at(2 * place), this.#at(2 * place + 1), this.#sha);
    this.#nodes[place] = node;
    return node;
  }
}

/** The tile that holds a node, its height above the tile's hashes and its place at that height. */
function locate(
  level: number,
  index: number,
  size: number,
): { tile: HashTile; height: number; position: number } {
  const height = level % 8;
  const tileLevel = (level - height) / 8;
  const perTile = 2 ** (8 - height);
  const tileIndex = Math.floor(index / perTile);
  const width = tileWidth(tileLevel, tileIndex, size);
  assert((index + 1) * 2 ** level <= size, `node ${index} of level ${level} is complete`);
  const tile: HashTile = { kind: 'hashes', level: tileLevel, index: tileIndex, width };
  return { tile, height, position: index % perTile };
}
