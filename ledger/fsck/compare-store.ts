import { isDeepStrictEqual } from 'node:util';
import { formatMicros } from '../core/decimal.ts';
import { accountDoc, bridgeDoc, meterDoc } from '../writer/projection.ts';
import type { SiteState } from '../writer/site-state.ts';
import type { Findings } from './finding.ts';
import { sameDocument } from './replay-log.ts';
import type { SiteSnapshot } from './snapshot.ts';

/** Holds the stored projection against the state that the log leads to at the same place. */
export function compareProjection(
  { projection, index }: SiteSnapshot,
  state: SiteState,
  found: Findings,
): void {
  compareDocuments('account', projection.accounts, state.accounts, found, (account) =>
    accountDoc(account, state),
  );
  compareDocuments('meter', projection.meters, state.meters, found, meterDoc);
  // Tokens are in no event, and the recent roots only save looking further.
  compareDocuments('bridge', projection.bridges, state.bridges, found, bridgeDoc, [
    'tokenHash',
    'recentRoots',
  ]);
  for (const [book, { micros }] of state.books) {
    const stored = projection.balances.get(book);
    if (stored === micros) continue;
    const shown = stored === undefined ? 'nothing' : formatMicros(stored);
    found.add(
      'book-differs',
      `Book ${book} is stored as ${shown}, its postings sum to ${formatMicros(micros)}.`,
    );
  }
  for (const book of projection.balances.keys()) {
    if (!state.books.has(book)) found.add('book-differs', `Nothing was posted to book ${book}.`);
  }
  compareIndex(index, state, found);
}

function compareDocuments<T>(
  kind: string,
  stored: ReadonlyMap<string, string>,
  states: ReadonlyMap<string, T>,
  found: Findings,
  write: (state: T) => string,
  except: readonly string[] = [],
): void {
  for (const [id, state] of states) {
    const doc = stored.get(id);
    if (doc !== undefined && sameDocument(doc, write(state), except)) continue;
    const what = doc === undefined ? 'is not stored' : 'is not what the log leads to';
    found.add(`${kind}-differs`, `The state of ${kind} ${id} ${what}.`);
  }
  for (const [id, doc] of stored) {
    if (states.has(id) || isBlank(kind, doc)) continue;
    found.add(`${kind}-differs`, `The log knows no ${kind} ${id}.`);
  }
}

/** A meter or bridge of which nothing is in the log yet: asked for, never heard. */
function isBlank(kind: string, doc: string): boolean {
  if (kind === 'account') return false;
  try {
    const { epoch, binding, keys }: Record<string, unknown> = Object(JSON.parse(doc));
    const noKeys = keys === undefined || isDeepStrictEqual(keys, []);
    return epoch === -1 && binding === undefined && noKeys;
  } catch {
    return false;
  }
}

function compareIndex(index: SiteSnapshot['index'], state: SiteState, found: Findings): void {
  const expected = new Map<string, readonly number[]>();
  for (const [id, { freshLeaves }] of state.accounts) expected.set(`account/${id}`, freshLeaves);
  for (const [id, { freshRecords }] of state.meters) {
    if (freshRecords.length > 0) expected.set(`meter/${id}`, freshRecords);
  }
  for (const [key, numbers] of expected) {
    if (isDeepStrictEqual(index.get(key), numbers)) continue;
    found.add('index-differs', `The index of ${key} does not name its places in the log.`);
  }
  for (const key of index.keys()) {
    if (!expected.has(key)) found.add('index-differs', `The index names ${key}, the log does not.`);
  }
}

export function compareStatements(
  snapshot: SiteSnapshot,
  issued: SiteSnapshot['statements'],
  found: Findings,
): void {
  const stored = new Map(snapshot.statements.map((row) => [row.id, row]));
  for (const row of issued) {
    if (!isDeepStrictEqual(stored.get(row.id), row)) {
      found.add('statement-differs', `Bill ${row.id} is not listed as it was issued.`, row.leaf);
    }
    stored.delete(row.id);
  }
  for (const { id } of stored.values()) {
    found.add('statement-differs', `Bill ${id} is listed, but was never issued.`);
  }
}
