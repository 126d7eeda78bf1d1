import { assert } from '../core/assert.ts';
import {
  decodeBatches,
  decodeTexts,
  encodeBatches,
  encodeTexts,
  joinSegments,
  SEGMENT_EVENTS,
  SEGMENT_RECORDS,
} from './segment-codec.ts';
import type { SegmentParts, SegmentPlace } from './segment-reader.ts';

/** A segment as a database keeps it. */
export type SegmentRow = SegmentPlace & SegmentParts;

/** How a database puts one row where several were. */
export interface JoinableRows {
  /** Up to `limit` places from one mark on that end at or before another, in order. */
  places(site: string, from: Mark, to: Mark, limit: number): readonly SegmentPlace[];
  /** The rows of these places, which follow each other. */
  read(site: string, places: readonly SegmentPlace[]): readonly SegmentRow[];
  /** In one transaction. */
  replace(site: string, places: readonly SegmentPlace[], by: SegmentRow): void;
}

interface Mark {
  readonly leaf: number;
  readonly record: number;
}

/** Segments that one step looks at: what bounds its time. */
const LOOKED_AT = 256;

/**
 * Joins the small segments that quiet hours leave behind: a reading alone takes 900 bytes, one among
 * 256 takes 265. A segment's place is found by leaf and record numbers, which joining does not change.
 */
export class SegmentCompactor {
  readonly #rows: JoinableRows;
  /** By site, where the next step begins; everything before it is as it should be. */
  readonly #from = new Map<string, Mark>();

  constructor(rows: JoinableRows) {
    this.#rows = rows;
  }

  /** One step below the two marks; whether another step may find more. */
  step(site: string, leaf: number, record: number): boolean {
    const from = this.#from.get(site) ?? { leaf: 0, record: 0 };
    const places = this.#rows.places(site, from, { leaf, record }, LOOKED_AT);
    const { run, closed } = firstRun(places);
    if (closed && run.length > 1) this.#join(site, run);
    const end = closed ? run.at(-1) : undefined;
    if (end === undefined) return false;
    this.#from.set(site, {
      leaf: end.firstLeaf + end.leafCount,
      record: end.firstRecord + end.recordCount,
    });
    return true;
  }

  #join(site: string, run: readonly SegmentPlace[]): void {
    const rows = this.#rows.read(site, run);
    assert(rows.length === run.length, 'only this thread removes segments');
    const joined = joinSegments(
      rows.map(({ firstLeaf, firstRecord, commitments, events, batches }) => ({
        ...{ firstLeaf, firstRecord, commitments },
        events: decodeTexts(events),
        batches: decodeBatches(batches),
      })),
    );
    const leafCount = sum(run, (place) => place.leafCount);
    const recordCount = sum(run, (place) => place.recordCount);
    assert(joined.events.length === leafCount, 'joining keeps every event');
    const { firstLeaf, firstRecord, commitments } = joined;
    this.#rows.replace(site, run, {
      ...{ firstLeaf, firstRecord, leafCount, recordCount, commitments },
      events: encodeTexts(joined.events),
      batches: encodeBatches(joined.batches),
    });
  }
}

/**
 * The segments up to where one segment should end. Not `closed`: more may follow that belongs to it,
 * and joining it now would have to be done again.
 */
function firstRun(places: readonly SegmentPlace[]): { run: SegmentPlace[]; closed: boolean } {
  const run: SegmentPlace[] = [];
  let [leaves, records] = [0, 0];
  for (const place of places) {
    const { leafCount, recordCount } = place;
    const fits = leaves + leafCount <= SEGMENT_EVENTS && records + recordCount <= SEGMENT_RECORDS;
    if (run.length > 0 && !fits) return { run, closed: true };
    run.push(place);
    leaves += leafCount;
    records += recordCount;
    if (leaves >= SEGMENT_EVENTS || records >= SEGMENT_RECORDS) return { run, closed: true };
  }
  return { run, closed: run.length === LOOKED_AT };
}

function sum(places: readonly SegmentPlace[], count: (place: SegmentPlace) => number): number {
  return places.reduce((total, place) => total + count(place), 0);
}
