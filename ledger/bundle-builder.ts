import type { AnchoredCheckpoint } from './anchor/anchoring.ts';
import type { ChainKind } from './anchor/chain.ts';
import { namedTariffs, namedVersion, rulesInForce, usesUnderRules } from './bundle-rules.ts';
import { assert } from './core/assert.ts';
import { parseBatch } from './core/batch.ts';
import { BUNDLE_FORMAT } from './core/bundle.ts';
import { hex } from './core/bytes.ts';
import { canonicalize, type Json } from './core/canonical-json.ts';
import { parseCheckpoint } from './core/checkpoint.ts';
import { eventSalt, keyYear, SITE_ACCOUNT } from './core/event.ts';
import { type StatementIssued, statementIssued } from './core/event-data.ts';
import { leafHash, rootOfLeaves } from './core/merkle.ts';
import type { HashReader } from './core/merkle-proofs.ts';
import { parseReading } from './core/reading.ts';
import { Refusal } from './core/refusal.ts';
import { formatTime, parseTime } from './core/time.ts';
import { checkPolicy, parseTrustPolicy, type TrustPolicy } from './core/trust-policy.ts';
import { proveConsistency, proveInclusion, treeReader } from './log-reader.ts';
import { successionsOf } from './log-successions.ts';
import { nativePrimitives } from './native-primitives.ts';
import { surplusFacts } from './pass-through-facts.ts';
import type { SiteRow, StatementRow, StoreReader } from './store/port.ts';
import { sha256Bytes } from './writer/fast-hash.ts';
import type { BillPlaces } from './writer/queries.ts';
import type { FactPlace } from './writer/site-state.ts';

export interface BundleRequest {
  readonly site: SiteRow;
  readonly statement: StatementRow;
  /** C2SP tlog-policy text to go along. */
  readonly policy: string;
  readonly places: BillPlaces;
  /** Tree size that the asker remembers: a consistency proof from it is added. */
  readonly seen?: number | undefined;
  /** The latest checkpoint with the quorum of the policy. */
  readonly witnessed?: { readonly size: number; readonly note: string } | undefined;
  /** The earliest anchored checkpoint of each chain that holds the statement. */
  readonly anchored: readonly AnchoredCheckpoint[];
  /** The earliest checkpoint, dated by others, that holds so many events. */
  readonly datedBy: (size: number) => DatedCheckpoint | undefined;
  readonly producedBy: string;
  readonly nowMs: number;
}

/** Cosigned by a quorum, or anchored with a receipt. */
export type DatedCheckpoint = Pick<AnchoredCheckpoint, 'size' | 'note'> &
  Partial<Pick<AnchoredCheckpoint, 'kind' | 'receipt' | 'atMs'>>;

/** Account-year key in the clear. */
export type OpenKey = (account: string, year: number) => Uint8Array;

interface Source {
  readonly store: StoreReader;
  readonly request: BundleRequest;
  readonly openKey: OpenKey;
  readonly read: HashReader;
  readonly size: number;
}

/**
 * The text of a statement's proof bundle (docs/formats.md, "Proof bundle"): the account's events since
 * the bill before, its meters' records, one batch signature a meter, the facts, and the proofs of all
 * of them under one checkpoint. Refuses `not-yet-signed`.
 */
export function buildBundle(store: StoreReader, openKey: OpenKey, request: BundleRequest): string {
  const { site, statement, places } = request;
  const policy = parseTrustPolicy(request.policy);
  const checkpoint = chooseCheckpoint(store, request, policy);
  if (checkpoint === undefined || checkpoint.size <= statement.leaf) {
    throw new Refusal(
      'not-yet-signed',
      'The bill is not under a signed checkpoint yet; try again.',
    );
  }
  const { size } = checkpoint;
  const read = treeReader(store, site.site, size);
  const source: Source = { store, request, openKey, read, size };
  const [text = ''] = store.readEvents(site.site, [statement.leaf]);
  const data = readStatement(text);
  const openings = openEvents(source, data.first);
  const { readings, batches, kids } = collectReadings(source, data);
  const opened = openings.map(({ event }) => event);
  const tariffs = tariffFacts(source, data, opened);
  // What was logged since this checkpoint, such as a pool of the month, came after the bill.
  const known = places.rules.filter(({ leaf }) => leaf < size);
  const rules = rulesInForce(known, namedTariffs(opened), data).map((rule) => ({
    ...rule,
    fact: proven(source, rule.place, SITE_ACCOUNT),
  }));
  const used = new Set(places.firstUses.map(({ n }) => n));
  const uses = usesUnderRules(rules, opened, data).filter((n) => !used.has(n));
  return canonicalize({
    format: BUNDLE_FORMAT,
    log: { vkey: site.vkey, origin: site.origin },
    policy: request.policy,
    checkpoint: checkpoint.note,
    statement: { index: statement.leaf },
    proof: proveInclusion(read, statement.leaf, size).map(hex),
    openings,
    readings,
    batches,
    site: [
      ...keyFacts(source, kids),
      ...tariffs,
      ...rules.map(({ fact }) => fact),
      ...places.meters
        .filter(({ n }) => n < data.first)
        .map((place) => proven(source, place, statement.account)),
      ...places.firstUses.map((place) => proven(source, place, statement.account)),
      ...uses.flatMap((n) => ownEvent(source, n)),
      ...pastEvents(source, data.first, opened),
      ...surplusFacts(store, site.site, {
        account: statement.account,
        first: data.first,
        opened,
      }).map(({ account, n, leaf }) => proven(source, { key: '', n, leaf }, account)),
      ...successionsOf(store, site).map(({ event: { n }, index }) =>
        proven(source, { key: '', n, leaf: index }, SITE_ACCOUNT),
      ),
    ],
    earlier: earlier(
      source,
      [
        ...tariffs.map((fact) => ({ fact, latestMs: parseTime(validFromIn(fact.event)) })),
        ...rules.flatMap(({ fact, fromMs }) =>
          fromMs === undefined ? [] : [{ fact, latestMs: fromMs }],
        ),
      ].flatMap((rule) => dating(request.datedBy, policy, rule) ?? []),
    ),
    anchors: receiptsAt(request.anchored, size),
    produced: { by: request.producedBy, at: formatTime(request.nowMs) },
  });
}

/**
 * An anchored checkpoint when one holds the statement, else the witnessed one, else the newest signed one. A
 * tree smaller than the one that the asker remembers could not be compared with that, so it is not chosen
 * either. Of two anchored ones the larger: the other can be proved to be a part of it.
 */
function chooseCheckpoint(store: StoreReader, request: BundleRequest, policy: TrustPolicy) {
  const { site, statement, witnessed, anchored, seen = 0 } = request;
  const newest = store.checkpoint(site.site);
  const least = Math.max(statement.leaf + 1, Math.min(seen, newest?.size ?? 0));
  const [best] = anchored
    .filter(({ size, note }) => size >= least && isCosigned(policy, note))
    .sort((a, b) => b.size - a.size);
  if (best !== undefined) return best;
  return witnessed !== undefined && witnessed.size >= least ? witnessed : newest;
}

/** An anchored note may be older than the quorum that is asked for now. */
function isCosigned(policy: TrustPolicy, note: string): boolean {
  return checkPolicy(policy, parseCheckpoint(note), nativePrimitives()).ok;
}

function readStatement(text: string): StatementIssued {
  const event: { data: unknown } = JSON.parse(text);
  return statementIssued(event.data, '/data');
}

interface OpenedEvent {
  readonly event: string;
  readonly salt: string;
}

function openEvents({ store, request, openKey }: Source, first: number): OpenedEvent[] {
  const { site, statement } = request;
  const leaves = store.accountLeaves(site.site, statement.account, first, statement.n + 1);
  assert(leaves.length === statement.n + 1 - first, 'the account index is complete');
  const texts = store.readEvents(site.site, leaves);
  return [...texts].map((event, i) => ({
    event,
    salt: saltOf(openKey, statement.account, event, first + i),
  }));
}

function saltOf(openKey: OpenKey, account: string, event: string, n: number): string {
  const at = /^\{"account":"[^"]*","at":"([^"]*)"/.exec(event)?.[1] ?? '';
  return hex(eventSalt(openKey(account, keyYear(at)), n));
}

/** Events before the range that a refund or reversal in it gives back or undoes. */
function pastEvents(source: Source, first: number, opened: readonly string[]) {
  const named = opened.map((text) => /"of":\{"hash":"[0-9a-f]{64}","n":([0-9]+)\}/.exec(text)?.[1]);
  const numbers = new Set(named.flatMap((n) => (n === undefined || Number(n) >= first ? [] : [n])));
  return [...numbers].flatMap((text) => ownEvent(source, Number(text)));
}

/** An event of the account with its own place in the log. */
function ownEvent(source: Source, n: number) {
  const { site, statement } = source.request;
  const [leaf] = source.store.accountLeaves(site.site, statement.account, n, n + 1);
  return leaf === undefined ? [] : [proven(source, { key: '', n, leaf }, statement.account)];
}

/** A fact with its proof. */
function proven(source: Source, place: FactPlace, account: string) {
  const { store, request, openKey, read, size } = source;
  const [event = ''] = store.readEvents(request.site.site, [place.leaf]);
  return {
    event,
    salt: saltOf(openKey, account, event, place.n),
    index: place.leaf,
    proof: proveInclusion(read, place.leaf, size).map(hex),
  };
}

/** All keys of the bridges that signed: a key ends where the next one of its bridge begins. */
function keyFacts(source: Source, kids: ReadonlySet<string>) {
  const { keys } = source.request.places;
  const bridges = new Set(keys.filter(({ kid }) => kids.has(kid)).map(({ bridge }) => bridge));
  return keys
    .filter(({ bridge, leaf }) => bridges.has(bridge) && leaf < source.size)
    .map(({ kid, n, leaf }) => proven(source, { key: kid, n, leaf }, SITE_ACCOUNT));
}

/**
 * Every tariff version that an opened charge names and, of the same tariffs, every one that may be in
 * force between the first reading of the bill and its end: a version's end shows in the next one only,
 * and an interval over the border of a month is cut by versions that another bill charges.
 */
function tariffFacts(source: Source, data: StatementIssued, events: readonly string[]) {
  const named = new Set(events.map(namedVersion));
  const tariffs = new Map([...namedTariffs(events)].map((id): [string, FactPlace[]] => [id, []]));
  for (const place of source.request.places.tariffs) {
    // What was published since this checkpoint begins after the bill ends.
    if (place.leaf >= source.size) continue;
    tariffs.get(place.key.split('/')[0] ?? '')?.push(place);
  }
  const start = [data.from, ...data.meters.map(({ from }) => from.at)].sort()[0] ?? data.from;
  return [...tariffs.values()].flatMap((places) => {
    const versions = places.map((place) => ({ place, validFrom: validFromOf(source, place) }));
    const inForce = versions.findLastIndex(({ validFrom }) => validFrom <= start);
    const firstNamed = versions.findIndex(({ place }) => named.has(place.key));
    const first = firstNamed < 0 ? inForce : Math.min(inForce, firstNamed);
    return versions
      .filter(
        (version, i) => i >= first && (version.validFrom < data.to || named.has(version.place.key)),
      )
      .map(({ place }) => proven(source, place, SITE_ACCOUNT));
  });
}

/** Times of one form compare as texts. */
function validFromOf({ store, request }: Source, place: FactPlace): string {
  const [text = ''] = store.readEvents(request.site.site, [place.leaf]);
  return validFromIn(text);
}

function validFromIn(text: string): string {
  const event: { readonly data: { readonly tariff: { readonly validFrom: string } } } =
    JSON.parse(text);
  return event.data.tariff.validFrom;
}

/** Each billed meter's records from its first to its last reading, and a batch for each chain of them. */
function collectReadings(source: Source, data: StatementIssued) {
  const readings: string[] = [];
  const batches: { jws: string; index: number; path: string[] }[] = [];
  const kids = new Set<string>();
  const { store, request } = source;
  for (const { meter, from, to } of data.meters) {
    if (from.hash === to.hash) continue;
    const records = recordsBetween(store, request.site.site, meter, from, to);
    for (const [i, { index, text, epoch }] of records.entries()) {
      readings.push(text);
      if (records[i + 1]?.epoch === epoch) continue;
      const { batch, kid } = signedBatch(source, index);
      batches.push(batch);
      kids.add(kid);
    }
  }
  return { readings, batches, kids };
}

interface Placed {
  readonly index: number;
  readonly text: string;
  readonly epoch: number;
  readonly seq: number;
}

/** Records of a meter from one register reference to another, both included. */
function recordsBetween(
  store: StoreReader,
  site: string,
  meter: string,
  from: { readonly seq: number; readonly hash: string },
  to: { readonly seq: number; readonly hash: string },
): Placed[] {
  const all = store.meterRecords(site, meter);
  const end = findRecord(store, site, all, to);
  const start = findRecord(store, site, all.slice(0, end + 1), from);
  const indexes = all.slice(start, end + 1);
  const texts = [...store.readRecords(site, indexes)];
  return texts.map((text, i) => {
    const { epoch, seq } = parseReading(text);
    return { index: indexes[i] ?? 0, text, epoch, seq };
  });
}

/** Place in `all` of the record with this hash: at its own number in the first epoch, else searched. */
function findRecord(
  store: StoreReader,
  site: string,
  all: readonly number[],
  wanted: { readonly seq: number; readonly hash: string },
): number {
  const matches = (at: number) => {
    const index = all[at];
    if (index === undefined) return false;
    const [text = ''] = store.readRecords(site, [index]);
    return hex(sha256Bytes(Buffer.from(text))) === wanted.hash;
  };
  if (matches(wanted.seq)) return wanted.seq;
  for (let at = all.length - 1; at >= 0; at -= 1) if (matches(at)) return at;
  throw new Refusal('store-damaged', 'A billed reading is missing from the store; run fsck.', {
    seq: wanted.seq,
  });
}

function signedBatch({ store, request }: Source, record: number) {
  const found = store.batchOf(request.site.site, record);
  if (found === undefined) {
    throw new Refusal('store-damaged', 'The batch of a billed reading is missing; run fsck.');
  }
  const { jws, firstRecord, records } = found;
  const leaves = records.map((text) => leafHash(Buffer.from(text), sha256Bytes));
  const index = record - firstRecord;
  const path = pathIn(leaves, index).map(hex);
  return { batch: { jws, index, path }, kid: parseBatch(jws).kid };
}

/** RFC 6962 2.1.1 over a handful of leaves. */
function pathIn(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  if (leaves.length <= 1) return [];
  const half = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  const [left, right] = [leaves.slice(0, half), leaves.slice(half)];
  return index < half
    ? [...pathIn(left, index), rootOfLeaves(right, sha256Bytes)]
    : [...pathIn(right, index - half), rootOfLeaves(left, sha256Bytes)];
}

/**
 * Smaller checkpoints with the proof that the bundle's continues them: the one that the asker remembers,
 * those that are anchored, and those that date the prices.
 */
function earlier({ store, request, read, size }: Source, dated: readonly DatedCheckpoint[]) {
  const { seen = 0, site, anchored } = request;
  const known = [...anchored, ...dated].filter((checkpoint) => checkpoint.size < size);
  const notes = new Map(known.map((checkpoint) => [checkpoint.size, checkpoint.note]));
  const row = seen > 0 && seen < size ? store.checkpoint(site.site, seen) : undefined;
  // A size that this log has never signed gets no proof: the verdict then says what that means.
  if (row?.size === seen && !notes.has(seen)) notes.set(seen, row.note);
  return [...notes]
    .sort(([a], [b]) => a - b)
    .map(([from, checkpoint]) => ({
      checkpoint,
      consistency: proveConsistency(read, parseCheckpoint(checkpoint).size, size).map(hex),
      anchors: receiptsAt(known, from),
    }));
}

/** The checkpoint that shows a price list to be older than its use, if one does. */
function dating(
  datedBy: BundleRequest['datedBy'],
  policy: TrustPolicy,
  { fact, latestMs }: { readonly fact: { readonly index: number }; readonly latestMs: number },
): DatedCheckpoint | undefined {
  const found = datedBy(fact.index + 1);
  if (found === undefined) return undefined;
  const { note, atMs = witnessedMs(policy, note) } = found;
  return atMs !== undefined && atMs <= latestMs ? found : undefined;
}

function witnessedMs(policy: TrustPolicy, note: string): number | undefined {
  const kept = checkPolicy(policy, parseCheckpoint(note), nativePrimitives());
  return kept.ok && kept.quorumTimeS !== undefined ? kept.quorumTimeS * 1000 : undefined;
}

function receiptsAt(known: readonly DatedCheckpoint[], size: number) {
  const receipts = (kind: ChainKind): Json[] => {
    const texts = known.flatMap((checkpoint) =>
      checkpoint.kind === kind && checkpoint.size === size ? (checkpoint.receipt ?? []) : [],
    );
    return [...new Set(texts)].map((text): Json => JSON.parse(text));
  };
  return { fabric: receipts('fabric'), ethereum: receipts('ethereum') };
}
