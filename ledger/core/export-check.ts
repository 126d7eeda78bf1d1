import { parseBatch, verifyBatch } from './batch.ts';
import { hashList } from './bundle.ts';
import { fromHex, hex, utf8 } from './bytes.ts';
import { parseCanonicalObject } from './canonical-json.ts';
import { parseCheckpoint, verifyCheckpoint } from './checkpoint.ts';
import { CompactRange } from './compact-range.ts';
import { formatMicros, parseMicros } from './decimal.ts';
import { type DeviceJwk, publicKeyBytes, thumbprint } from './device-key.ts';
import { commitmentOf, type LedgerEvent, parseEvent, SITE_ACCOUNT } from './event.ts';
import { keyEnrolled } from './event-data.ts';
import { type LogName, logNames, nameAt } from './log-names.ts';
import { leafHash, rootOf, verifyConsistency, verifyInclusion } from './merkle.ts';
import { type Primitives, portable } from './primitives.ts';
import { parseReading, ZERO_HASH } from './reading.ts';
import { Refusal } from './refusal.ts';
import { HASH, integer, list, object, type Read, type Reader, text } from './shape.ts';
import { parseVerifierKey } from './signed-note.ts';
import { checkPolicy, parseTrustPolicy } from './trust-policy.ts';

export const EXPORT_FORMAT = 'billproof-export/1';

const hash = text(HASH);
const time = text(/^[0-9T:.-]{23}Z$/);
const line = text(/^[\s\S]{1,2000000}$/u);
const readHead = object({
  format: text(/^billproof-export\/1$/),
  origin: text(/^[\x21-\x7e]{1,255}$/),
  vkey: text(/^[\x21-\x7e]{1,512}$/),
  from: time,
  to: time,
  /** Events [first, end) of the log follow, all of them. */
  first: integer(),
  end: integer(),
  /** Complete subtrees of the first `first` leaves, the largest first. */
  border: list(hash, 64),
  checkpoint: line,
  /** From `end` leaves to the checkpoint. */
  consistency: list(hash, 64),
});
const readFact = object({
  fact: object({ event: line, salt: hash, index: integer(), proof: list(hash, 64) }),
});
const readEvent = object({ event: line, salt: hash });
const readBatch = object({ jws: line, records: list(line, 5000) });

export type ExportHead = Read<typeof readHead>;

export interface ExportFinding {
  readonly code: string;
  /** Line of the archive, from 1. */
  readonly line: number;
  readonly detail: string;
}

export interface ExportReport {
  readonly origin: string;
  readonly from: string;
  readonly to: string;
  readonly events: number;
  readonly accounts: number;
  readonly records: number;
  /** What the events of the range moved on each ledger account, as decimal text. */
  readonly books: Readonly<Record<string, string>>;
  readonly findings: readonly ExportFinding[];
}

const MAX_FINDINGS = 100;

/**
 * Checks an auditor's archive (docs/formats.md, "Export"), line by line, without any network: every
 * event of a stretch of the log is there and is the one that was logged, accounts are gapless, postings
 * balance, and every reading was signed by an enrolled device. Refuses (`unknown-format`, `bad-shape`)
 * what is no archive; everything else is a finding.
 */
export function checkExport(
  lines: Iterable<string>,
  options: { readonly trust?: string | undefined; readonly primitives?: Primitives | undefined },
): ExportReport {
  let check: ExportCheck | undefined;
  let number = 0;
  for (const source of lines) {
    number += 1;
    if (check === undefined) check = new ExportCheck(headOf(source), options);
    else check.take(source, number);
  }
  if (check === undefined) throw notAnExport();
  return check.finish();
}

class ExportCheck {
  readonly #head: ExportHead;
  readonly #primitives: Primitives;
  readonly #tree: CompactRange;
  readonly #root: Uint8Array;
  readonly #size: number;
  readonly #findings: ExportFinding[] = [];
  readonly #chains = new Map<string, { n: number; commitment: string }>();
  readonly #books = new Map<string, bigint>();
  readonly #keys = new Map<string, { bridge: string; bytes: Uint8Array }>();
  readonly #records = new Map<string, { epoch: number; seq: number; hash: string }>();
  readonly #successions: { event: LedgerEvent; index: number }[] = [];
  #names: readonly LogName[];
  #events = 0;
  #recordCount = 0;

  constructor(
    head: ExportHead,
    options: { readonly trust?: string | undefined; readonly primitives?: Primitives | undefined },
  ) {
    this.#head = head;
    this.#names = logNames(head.origin, []);
    this.#primitives = options.primitives ?? portable;
    const { sha256 } = this.#primitives;
    this.#tree = CompactRange.restore({ size: head.first, hashes: hashList(head.border) }, sha256);
    const key = parseVerifierKey(head.vkey, sha256);
    const checkpoint = parseCheckpoint(head.checkpoint);
    this.#root = checkpoint.root;
    this.#size = checkpoint.size;
    const signed = verifyCheckpoint(checkpoint, key, this.#primitives);
    if (!signed.ok) this.#find(signed.code, 1, 'The checkpoint is not signed by the log.');
    if (key.name !== head.origin) this.#find('identity-origin-differs', 1, `Key of ${key.name}.`);
    if (options.trust === undefined) return;
    const policy = parseTrustPolicy(options.trust, sha256);
    const trusted = policy.logs.some(
      (log) => log.key.name === key.name && log.key.keyId === key.keyId,
    );
    if (!trusted) this.#find('identity-other-key', 1, 'The log is not the one that you trust.');
    const kept = checkPolicy(policy, checkpoint, this.#primitives);
    if (trusted && !kept.ok) this.#find(kept.code, 1, kept.detail);
  }

  take(source: string, number: number): void {
    try {
      this.#takeLine(source, number);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#find(error.code, number, error.message);
    }
  }

  finish(): ExportReport {
    const { head, tree } = { head: this.#head, tree: this.#tree };
    if (tree.size !== head.end) {
      this.#find(
        'event-gap',
        1,
        `Holds ${tree.size - head.first} of ${head.end - head.first} events.`,
      );
    } else if (!this.#inLog()) {
      this.#find('inclusion-failed', 1, 'The events are not those that the checkpoint commits to.');
    }
    const books = [...this.#books].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      ...{ origin: head.origin, from: head.from, to: head.to },
      events: this.#events,
      accounts: this.#chains.size,
      records: this.#recordCount,
      books: Object.fromEntries(books.map(([book, micros]) => [book, formatMicros(micros)])),
      findings: this.#findings,
    };
  }

  #inLog(): boolean {
    const { end, consistency } = this.#head;
    const { sha256 } = this.#primitives;
    const root = this.#tree.root();
    if (end === this.#size) return consistency.length === 0 && hex(root) === hex(this.#root);
    const proof = hashList(consistency);
    return verifyConsistency(
      { from: end, to: this.#size, fromRoot: root, toRoot: this.#root, proof },
      sha256,
    ).ok;
  }

  #takeLine(source: string, number: number): void {
    const value = parseCanonicalObject(source);
    if ('fact' in value) this.#takeFact(readFact(value, ''), number);
    else if ('event' in value) this.#takeEvent(readEvent(value, ''), number);
    else this.#takeBatch(readBatch(value, ''), number);
  }

  /** With a proof of its own: a device key from before the stretch, or that the log took another's place. */
  #takeFact({ fact }: Read<typeof readFact>, number: number): void {
    const { sha256 } = this.#primitives;
    const commitment = commitmentOf(fromHex(fact.salt), fact.event, sha256);
    const leaf = leafHash(commitment, sha256);
    const claim = { index: fact.index, size: this.#size, leaf, proof: hashList(fact.proof) };
    if (!verifyInclusion({ ...claim, root: this.#root }, sha256).ok) {
      this.#find('fact-inclusion-failed', number, 'The fact is not in the log.');
      return;
    }
    const event = parseEvent(fact.event);
    this.#learnKey(event);
    if (event.type !== 'log.succeeded') return;
    this.#successions.push({ event, index: fact.index });
    this.#names = logNames(this.#head.origin, this.#successions);
  }

  #takeEvent({ event: verbatim, salt }: Read<typeof readEvent>, number: number): void {
    const event = parseEvent(verbatim);
    const { sha256 } = this.#primitives;
    const commitment = commitmentOf(fromHex(salt), verbatim, sha256);
    const leaf = this.#tree.size;
    this.#tree.append(leafHash(commitment, sha256));
    this.#events += 1;
    if (event.log !== nameAt(this.#names, leaf)) {
      this.#find('event-log-differs', number, event.log);
    }
    this.#follow(event, hex(commitment), number);
    this.#post(event, number);
    this.#learnKey(event);
  }

  #follow(event: LedgerEvent, commitment: string, number: number): void {
    const { account, n, prev } = event;
    const before = this.#chains.get(account);
    const follows =
      before === undefined
        ? n > 0 || prev === ZERO_HASH
        : n === before.n + 1 && prev === before.commitment;
    if (!follows) this.#find('event-chain-broken', number, `Event ${n} of ${account}.`);
    this.#chains.set(account, { n, commitment });
  }

  #post(event: LedgerEvent, number: number): void {
    const { postings } = event.data;
    if (postings === undefined) return;
    const sums = new Map<string, bigint>();
    for (const { account, amount, currency } of readPostings(postings, '/data/postings')) {
      const micros = parseMicros(amount);
      this.#books.set(account, (this.#books.get(account) ?? 0n) + micros);
      sums.set(currency, (sums.get(currency) ?? 0n) + micros);
    }
    for (const [currency, sum] of sums) {
      if (sum === 0n) continue;
      this.#find('postings-unbalanced', number, `${formatMicros(sum)} ${currency} are left over.`);
    }
  }

  #learnKey(event: LedgerEvent): void {
    if (event.type !== 'device.key-enrolled' || event.account !== SITE_ACCOUNT) return;
    const { bridge, jwk } = keyEnrolled(event.data, '/data');
    const device: DeviceJwk = { crv: 'P-256', kty: 'EC', x: jwk.x, y: jwk.y };
    const bytes = publicKeyBytes(device);
    this.#keys.set(thumbprint(device, this.#primitives.sha256), { bridge, bytes });
  }

  #takeBatch({ jws, records }: Read<typeof readBatch>, number: number): void {
    const batch = parseBatch(jws);
    const key = this.#keys.get(batch.kid);
    if (key === undefined || key.bridge !== batch.payload.bridge) {
      this.#find('device-key-unknown', number, `Batch ${batch.payload.batch}.`);
    } else if (!verifyBatch(batch, key.bytes, this.#primitives)) {
      this.#find('batch-signature', number, `Batch ${batch.payload.batch}.`);
    }
    const root = rootOf(records.map(utf8), this.#primitives.sha256);
    if (hex(root) !== batch.payload.root) this.#find('batch-root', number, 'Other records.');
    for (const record of records) this.#takeRecord(record, number);
  }

  #takeRecord(record: string, number: number): void {
    const { meter, epoch, seq, prev } = parseReading(record);
    const last = this.#records.get(meter);
    this.#recordCount += 1;
    // A batch that was sent twice for one new record repeats the others.
    if (last !== undefined && (epoch < last.epoch || (epoch === last.epoch && seq <= last.seq)))
      return;
    const begins = last === undefined || epoch > last.epoch;
    // One that came too early was asked for again, and is in a later batch behind what was missing.
    if (last !== undefined && seq > (begins ? 0 : last.seq + 1)) return;
    if (!begins && prev !== last.hash) {
      this.#find('reading-chain-broken', number, `Record ${seq} of meter ${meter}.`);
    }
    const found = hex(this.#primitives.sha256(utf8(record)));
    this.#records.set(meter, { epoch, seq, hash: found });
  }

  #find(code: string, number: number, detail: string): void {
    if (this.#findings.length < MAX_FINDINGS) this.#findings.push({ code, line: number, detail });
  }
}

const posting = object({ account: text(), amount: text(), currency: text() });
const readPostings: Reader<readonly Read<typeof posting>[]> = list(posting, 64);

function headOf(source: string): ExportHead {
  const value = parseCanonicalObject(source);
  if (value['format'] !== EXPORT_FORMAT) throw notAnExport();
  return readHead(value, '');
}

function notAnExport(): Refusal {
  return new Refusal('unknown-format', `This is not an archive of format ${EXPORT_FORMAT}.`, {
    format: 'none',
  });
}
