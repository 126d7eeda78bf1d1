import { assert } from '../core/assert.ts';
import { decodeAscending, encodeAscending } from './segment-codec.ts';

/** A chunk of places with this many takes no more. */
const CHUNK_PLACES = 128;

export interface PlaceChunk {
  readonly first: number;
  readonly count: number;
  /** As `encodeAscending` packs them. */
  readonly numbers: Uint8Array;
}

/**
 * The chunk to write for new places: the last one with them while that is small, so a trickle of
 * readings costs no row each, or a new one behind it. `expected` is where the caller takes it to begin.
 */
export function chunkWith(
  last: PlaceChunk | undefined,
  numbers: readonly number[],
  expected?: number,
): PlaceChunk {
  const end = last === undefined ? 0 : last.first + last.count;
  assert(expected === undefined || expected === end, `the places go on at ${end}`);
  const joins = last !== undefined && last.count < CHUNK_PLACES;
  const all = joins ? [...decodeAscending(last.numbers), ...numbers] : numbers;
  return { first: joins ? last.first : end, count: all.length, numbers: encodeAscending(all) };
}
