import { type Bundle, readBundleValue, refuseMonsters } from '../bundle.ts';
import { fromHex, hex, utf8ToHash } from '../bytes.ts';
import { parseCanonical } from '../canonical-json.ts';
import { parseCheckpoint, type SignedCheckpoint } from '../checkpoint.ts';
import { commitmentOf, type LedgerEvent, parseEvent } from '../event.ts';
import { type StatementIssued, statementIssued } from '../event-data.ts';
import type { Primitives } from '../primitives.ts';
import type { RatedLine } from '../rating.ts';
import { parseReading, type Reading } from '../reading.ts';
import { Refusal } from '../refusal.ts';
import { parseVerifierKey, type VerifierKey } from '../signed-note.ts';
import type { Progress, Seen } from '../verdict.ts';

/** An opened event of the account: its verbatim text, parsed head, and commitment (hex). */
export interface Opened {
  readonly text: string;
  readonly event: EventHead;
  readonly commitment: string;
}
/** What stands outside `data`; the data of usage is never parsed when its bytes can be recomputed. */
export type EventHead = Omit<LedgerEvent, 'data'>;

/** A fact with its own place in the log. */
export interface Fact {
  readonly event: LedgerEvent;
  readonly commitment: string;
  readonly index: number;
  readonly proof: readonly string[];
}

export interface Record_ {
  readonly reading: Reading;
  readonly text: string;
  /** SHA-256 of the text, hex. */
  readonly hash: string;
}

/** Everything that a bundle says, parsed and hashed but not believed. */
export interface Case {
  readonly bundle: Bundle;
  readonly primitives: Primitives;
  readonly key: VerifierKey;
  readonly checkpoint: SignedCheckpoint;
  readonly openings: readonly Opened[];
  readonly facts: readonly Fact[];
  readonly records: readonly Record_[];
  readonly statementEvent: LedgerEvent;
  readonly statement: StatementIssued;
  readonly previous: { readonly at: number; readonly statement: StatementIssued } | undefined;
  /** Charged spans that the replay has accepted, for the page. */
  readonly charged: Charged[];
  failedPolls: number;
  replayed: boolean;
  seen(): Seen;
}

export interface Charged {
  readonly meter: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly lines: readonly RatedLine[];
}

const ID = '[A-Za-z0-9][A-Za-z0-9._-]{0,63}';
const HEAD = new RegExp(`^\\{"account":"(${ID})","at":"([0-9T:.-]{23}Z)","data":\\{`);
const TAIL =
  /^,"id":"([0-9a-f-]{36})","log":"([a-z0-9.:/_-]{1,255})","n":(0|[1-9][0-9]{0,15}),"prev":"([0-9a-f]{64})","type":"usage\.deducted","v":1\}$/;

/** Entries that are parsed and hashed without a pause: some milliseconds on a slow phone. */
const ENTRIES_A_STEP = 200;

/**
 * Parses and hashes a bundle; refuses what is not even well-formed (layer 1). It stops for breath
 * between the parts of `parseBundle` and after every so many entries.
 */
export function* openCase(source: string, primitives: Primitives): Generator<Progress, Case> {
  yield START;
  const plain = refuseMonsters(source);
  yield START;
  const value = parseCanonical(source, plain);
  yield START;
  const bundle = readBundleValue(value);
  const key = parseVerifierKey(bundle.log.vkey, primitives.sha256);
  const checkpoint = parseCheckpoint(bundle.checkpoint);
  const count = { done: 0, total: bundle.openings.length + bundle.readings.length };
  const openings = yield* inSteps(count, bundle.openings, ({ event, salt }) => ({
    text: event,
    event: headOf(event),
    commitment: commitment(event, salt, primitives),
  }));
  const records = yield* inSteps(count, bundle.readings, (text) => ({
    reading: parseReading(text),
    text,
    hash: hex(primitives.sha256(utf8ToHash(text))),
  }));
  const last = bundle.openings.at(-1);
  const statementEvent = last === undefined ? undefined : parseEvent(last.event);
  if (statementEvent?.type !== 'statement.issued') {
    throw new Refusal('statement-missing', 'The last opened event must be the statement.');
  }
  return {
    bundle,
    primitives,
    key,
    checkpoint,
    openings,
    facts: bundle.site.map(({ event, salt, index, proof }) => ({
      event: parseEvent(event),
      commitment: commitment(event, salt, primitives),
      index,
      proof,
    })),
    records,
    statementEvent,
    statement: statementIssued(statementEvent.data, '/data'),
    previous: previousStatement(bundle),
    charged: [],
    failedPolls: 0,
    replayed: false,
    seen: () => ({
      origin: checkpoint.origin,
      vkey: bundle.log.vkey,
      size: checkpoint.size,
      root: hex(checkpoint.root),
    }),
  };
}

const START: Progress = { layer: 1, done: 0, total: 1 };

/** `items.map(read)`, counting on in `count` and giving way now and then. */
function* inSteps<T, R>(
  count: { done: number; readonly total: number },
  items: readonly T[],
  read: (item: T) => R,
): Generator<Progress, readonly R[]> {
  const results: R[] = [];
  for (const item of items) {
    if (count.done % ENTRIES_A_STEP === 0) yield { layer: 1, ...count };
    results.push(read(item));
    count.done += 1;
  }
  return results;
}

function commitment(event: string, salt: string, primitives: Primitives): string {
  return hex(commitmentOf(fromHex(salt), event, primitives.sha256));
}

/**
 * Head of an event. The usage of a month is thousands of events whose bytes the replay writes anew and
 * compares; so here only their fixed ends are read. Every other event is parsed in full.
 */
function headOf(text: string): EventHead {
  const tail = TAIL.exec(text.slice(text.lastIndexOf(',"id":"')));
  const head = tail === null ? null : HEAD.exec(text);
  if (tail === null || head === null) return parseEvent(text);
  const [, account = '', at = ''] = head;
  const [, id = '', log = '', n, prev = ''] = tail;
  return { v: 1, type: 'usage.deducted', account, at, id, log, n: Number(n), prev };
}

function previousStatement(bundle: Bundle): Case['previous'] {
  for (let at = bundle.openings.length - 2; at >= 0; at -= 1) {
    const text = bundle.openings[at]?.event ?? '';
    if (!text.endsWith('"type":"statement.issued","v":1}')) continue;
    return { at, statement: statementIssued(parseEvent(text).data, `/openings/${at}/data`) };
  }
  return undefined;
}
