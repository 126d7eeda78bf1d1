import type { JoinableRows, SegmentRow } from '../compact-segments.ts';
import type { SegmentPlace } from '../segment-reader.ts';
import type { SqlRow, Statement } from './bridge-messages.ts';
import { placeIn, segmentIn } from './segment-rows.ts';
import { insertSegments } from './write-rows.ts';

const PLACE = `first_leaf AS "firstLeaf", first_record AS "firstRecord",
  leaf_count AS "leafCount", record_count AS "recordCount"`;
const PLACES = `SELECT ${PLACE} FROM segments
  WHERE site = $1 AND first_leaf >= $2 AND first_record >= $3
    AND first_leaf + leaf_count <= $4::bigint AND first_record + record_count <= $5::bigint
  ORDER BY first_leaf, first_record LIMIT $6`;
const RUN = `site = $1 AND (first_leaf, first_record) >= ($2::bigint, $3::bigint)
  AND (first_leaf, first_record) <= ($4::bigint, $5::bigint)`;

/** Joins rows of segments in PostgreSQL. */
export class PostgresJoinableRows implements JoinableRows {
  readonly #read: (statement: Statement) => readonly SqlRow[];
  readonly #write: (site: string, statements: () => Statement[]) => void;

  constructor(
    read: (statement: Statement) => readonly SqlRow[],
    write: (site: string, statements: () => Statement[]) => void,
  ) {
    this.#read = read;
    this.#write = write;
  }

  places(site: string, from: Mark, to: Mark, limit: number): SegmentPlace[] {
    const values = [site, from.leaf, from.record, to.leaf, to.record, limit];
    return this.#read({ text: PLACES, values }).map(placeIn);
  }

  read(site: string, places: readonly SegmentPlace[]): SegmentRow[] {
    const text = `SELECT ${PLACE}, commitments, events, batches FROM segments WHERE ${RUN}
      ORDER BY first_leaf, first_record`;
    return this.#read({ text, values: runOf(site, places) }).map(segmentIn);
  }

  replace(site: string, places: readonly SegmentPlace[], by: SegmentRow): void {
    const text = `DELETE FROM segments WHERE ${RUN}`;
    this.#write(site, () => [
      { text, values: runOf(site, places), affects: places.length },
      ...insertSegments([{ ...by, site }]),
    ]);
  }
}

interface Mark {
  readonly leaf: number;
  readonly record: number;
}

function runOf(site: string, places: readonly SegmentPlace[]): (string | number)[] {
  const ends = [places[0], places.at(-1)];
  return [site, ...ends.flatMap((place) => [place?.firstLeaf ?? 0, place?.firstRecord ?? 0])];
}
