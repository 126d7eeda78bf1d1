import type { SegmentRow } from '../compact-segments.ts';
import type {
  DirectoryRow,
  EvidenceRow,
  Group,
  Projection,
  Replay,
  StatementRow,
  TreeNode,
  WrappedKey,
} from '../port.ts';
import { cutSegments, encodeBatches, encodeTexts } from '../segment-codec.ts';
import type { Statement } from './bridge-messages.ts';
import { bulkInsert, bytea, int8, text } from './bulk-insert.ts';

type OfSite<T> = T & { readonly site: string };

/** A chunk of places as it is stored. */
export interface PlacesRow {
  readonly kind: 'account' | 'meter';
  readonly id: string;
  readonly first: number;
  readonly count: number;
  readonly numbers: Uint8Array;
}

export const insertSegments = bulkInsert<OfSite<SegmentRow>>('segments', [
  text(({ site }) => site),
  int8(({ firstLeaf }) => firstLeaf),
  int8(({ firstRecord }) => firstRecord),
  int8(({ leafCount }) => leafCount),
  int8(({ recordCount }) => recordCount),
  bytea(({ commitments }) => commitments),
  bytea(({ events }) => events),
  bytea(({ batches }) => batches),
]);
const insertNodes = bulkInsert<OfSite<TreeNode>>('nodes', [
  text(({ site }) => site),
  int8(({ level }) => level),
  int8(({ index }) => index),
  bytea(({ hash }) => hash),
]);
const insertKeys = bulkInsert<OfSite<WrappedKey>>('account_keys', [
  text(({ site }) => site),
  text(({ account }) => account),
  int8(({ year }) => year),
  bytea(({ wrapped }) => wrapped),
]);
const insertStatements = bulkInsert<OfSite<StatementRow>>('statements', [
  text(({ site }) => site),
  text(({ id }) => id),
  text(({ account }) => account),
  text(({ period }) => period),
  int8(({ n }) => n),
  int8(({ leaf }) => leaf),
]);
const insertReplays = bulkInsert<OfSite<Replay & { readonly atMs: number }>>('idempotency', [
  text(({ site }) => site),
  text(({ key }) => key),
  text(({ requestHash }) => requestHash),
  text(({ response }) => response),
  int8(({ atMs }) => atMs),
]);
export const putDirectoryRows = bulkInsert<OfSite<DirectoryRow>>(
  'directory',
  [
    text(({ site }) => site),
    text(({ kind }) => kind),
    text(({ id }) => id),
    text(({ doc }) => doc),
  ],
  'ON CONFLICT (site, kind, id) DO UPDATE SET doc = excluded.doc',
);
const insertEvidence = bulkInsert<OfSite<EvidenceRow>>('evidence', [
  text(({ site }) => site),
  text(({ id }) => id),
  text(({ kind }) => kind),
  text(({ at }) => at),
  text(({ doc }) => doc),
]);
const putStates = bulkInsert<{ site: string; kind: string; id: string; doc: string }>(
  'states',
  [
    text(({ site }) => site),
    text(({ kind }) => kind),
    text(({ id }) => id),
    text(({ doc }) => doc),
  ],
  'ON CONFLICT (site, kind, id) DO UPDATE SET doc = excluded.doc',
);
const putBalances = bulkInsert<{ site: string; book: string; micros: bigint }>(
  'balances',
  [text(({ site }) => site), text(({ book }) => book), text(({ micros }) => micros.toString())],
  'ON CONFLICT (site, book) DO UPDATE SET micros = excluded.micros',
);
const putPlaces = bulkInsert<OfSite<PlacesRow>>(
  'places',
  [
    text(({ site }) => site),
    text(({ kind }) => kind),
    text(({ id }) => id),
    int8(({ first }) => first),
    int8(({ count }) => count),
    bytea(({ numbers }) => numbers),
  ],
  `ON CONFLICT (site, kind, id, first) DO UPDATE
   SET count = excluded.count, numbers = excluded.numbers`,
);

/** Everything that groups add, of one or several sites. */
export function groupStatements(groups: readonly Group[], nowMs: number): Statement[] {
  return [
    ...insertSegments(groups.flatMap(segmentRows)),
    ...insertNodes(rowsOf(groups, ({ nodes }) => nodes)),
    ...insertKeys(rowsOf(groups, ({ keys }) => keys)),
    ...insertStatements(rowsOf(groups, ({ statements }) => statements)),
    ...insertReplays(
      rowsOf(groups, ({ idempotency }) => idempotency.map((row) => ({ ...row, atMs: nowMs }))),
    ),
    ...putDirectoryRows(newest(rowsOf(groups, ({ directory }) => directory))),
    ...insertEvidence(rowsOf(groups, ({ evidence }) => evidence)),
    ...groups.flatMap(renaming),
  ];
}

function renaming({ site, renamed }: Group): Statement[] {
  if (renamed === undefined) return [];
  const { origin, vkey } = renamed;
  return [
    {
      text: 'UPDATE sites SET origin = $2, vkey = $3 WHERE site = $1',
      values: [site, origin, vkey],
      affects: 1,
    },
    { text: 'DELETE FROM checkpoints WHERE site = $1', values: [site] },
  ];
}

/** What a projection changes, with the chunks that its indexes make of the last ones. */
export function projectionStatements(
  site: string,
  { leaf, record, accounts, meters, bridges, balances }: Projection,
  chunks: readonly PlacesRow[],
): Statement[] {
  const states = Object.entries({ account: accounts, meter: meters, bridge: bridges });
  return [
    ...putStates(
      states.flatMap(([kind, docs]) => [...docs].map(([id, doc]) => ({ site, kind, id, doc }))),
    ),
    ...putBalances([...balances].map(([book, micros]) => ({ site, book, micros }))),
    ...putPlaces(chunks.map((chunk) => ({ ...chunk, site }))),
    {
      text: 'UPDATE sites SET projected_leaf = $2, projected_record = $3 WHERE site = $1',
      values: [site, leaf, record],
    },
  ];
}

function segmentRows(group: Group): OfSite<SegmentRow>[] {
  return cutSegments(group).map(({ firstLeaf, firstRecord, commitments, events, batches }) => ({
    ...{ site: group.site, firstLeaf, firstRecord, leafCount: events.length },
    recordCount: batches.reduce((sum, { records }) => sum + records.length, 0),
    ...{ commitments, events: encodeTexts(events), batches: encodeBatches(batches) },
  }));
}

function rowsOf<T>(groups: readonly Group[], of: (group: Group) => readonly T[]): OfSite<T>[] {
  return groups.flatMap((group) => of(group).map((row) => ({ ...row, site: group.site })));
}

/** A statement may touch a row once: of several versions the last one counts. */
function newest(rows: readonly OfSite<DirectoryRow>[]): OfSite<DirectoryRow>[] {
  return [
    ...new Map(
      rows.map((row) => [JSON.stringify([row.site, row.kind, row.id]), row] as const),
    ).values(),
  ];
}
