import { parseBatch, verifyBatch } from '../core/batch.ts';
import { Refusal } from '../core/refusal.ts';
import { nativePrimitives } from '../native-primitives.ts';
import type { Segment, StoredBatch, StoreReader } from '../store/port.ts';
import { Committer, SaltKey, sha256Hex } from '../writer/fast-hash.ts';
import type { Item, Job, SegmentsResult, SiteSecrets, Trouble } from './jobs.ts';
import {
  type AccountRun,
  addCharge,
  addToAccount,
  follows,
  type MeterRun,
  startAccountRun,
  startMeterRun,
} from './runs.ts';
import { recordsRoot } from './tree-hash.ts';
import {
  expectedPostings,
  LONGEST_SAFE,
  readRecord,
  readUsage,
  type UsageText,
} from './usage-text.ts';

type SegmentsJob = Extract<Job, { kind: 'segments' }>;

const primitives = nativePrimitives();
const committer = new Committer();
const CURRENCY = /"currency":"([A-Z]{3})"/;

/**
 * Checks all of a stretch of the log that needs no more than the stretch: commitments, signatures,
 * roots, charges that follow each other. What it cannot judge alone it hands on, charges added up. A
 * stretch begins at its first batch and ends at the next one's first, so each event meets its record.
 */
export class SegmentScan {
  readonly #reader: StoreReader;
  readonly #job: SegmentsJob;
  readonly #secrets: SiteSecrets;
  readonly #salts: Map<string, SaltKey>;
  readonly #deep: boolean;
  readonly #items: Item[] = [];
  readonly #troubles: Trouble[] = [];
  readonly #accounts = new Map<string, AccountRun>();
  readonly #meters = new Map<string, MeterRun>();
  #records: readonly string[] = [];
  #hashes: readonly string[] = [];
  #firstRecord = 0;
  #taken = 0;
  #about = '';
  #events = 0;
  #recordCount = 0;
  #marked = false;

  constructor(
    reader: StoreReader,
    job: SegmentsJob,
    secrets: SiteSecrets,
    salts: Map<string, SaltKey>,
    deep: boolean,
  ) {
    this.#reader = reader;
    this.#job = job;
    this.#secrets = secrets;
    this.#salts = salts;
    this.#deep = deep;
  }

  run(): SegmentsResult {
    try {
      this.#walk();
    } catch (error) {
      // Whatever stops reading here comes from what is stored: it is a finding, not the end of fsck.
      const detail = error instanceof Error ? error.message : String(error);
      this.#trouble('segment-damaged', detail, this.#job.from.leaf);
    }
    return this.#end();
  }

  #walk(): void {
    const { site, from, to, end } = this.#job;
    let open = from.leaf === 0 && from.record === 0;
    let [leaf, record] = [from.leaf, from.record];
    for (const segment of this.#reader.segments(site, leaf, record)) {
      this.#checkPlace(segment, leaf, record);
      const { events, batches } = segment;
      const stored = Buffer.from(segment.commitments).toString('hex');
      let done = 0;
      const eventsUpTo = (count: number) => {
        for (; done < Math.min(count, events.length) && leaf < end.leaf; done += 1, leaf += 1) {
          if (open) this.#event(events[done] ?? '', leaf, stored, done, record);
        }
      };
      for (const batch of batches) {
        eventsUpTo(batch.eventsBefore);
        if (record >= to.record) return;
        open = true;
        this.#takeRest();
        this.#markAt(leaf, record);
        this.#batch(batch, record, leaf);
        record += batch.records.length;
      }
      eventsUpTo(events.length);
      if (leaf >= end.leaf && record >= end.record) break;
    }
    this.#takeRest();
    this.#markAt(leaf, record);
  }

  #end(): SegmentsResult {
    this.#takeRest();
    this.#flushAll();
    return {
      kind: 'segments',
      items: this.#items,
      events: this.#events,
      records: this.#recordCount,
      troubles: this.#troubles,
    };
  }

  #checkPlace(
    { firstLeaf, firstRecord, events, commitments }: Segment,
    leaf: number,
    record: number,
  ) {
    if (firstLeaf !== leaf || firstRecord !== record) {
      this.#trouble(
        'segment-order',
        `Segment ${firstLeaf}/${firstRecord} stands at ${leaf}/${record}.`,
        leaf,
      );
    }
    if (commitments.length === events.length * 32) return;
    const detail = `${events.length} events have ${commitments.length} bytes of commitments.`;
    this.#trouble('segment-count', detail, firstLeaf);
  }

  #batch({ jws, records }: StoredBatch, firstRecord: number, leaf: number): void {
    this.#records = records;
    this.#hashes = records.map((text) => sha256Hex(text));
    this.#firstRecord = firstRecord;
    this.#taken = 0;
    this.#about = '';
    this.#recordCount += records.length;
    try {
      const batch = parseBatch(jws);
      const { kid, payload } = batch;
      const { bridge, epoch } = payload;
      const key = this.#secrets.devices.get(kid);
      if (key !== undefined && !verifyBatch(batch, key, primitives)) {
        this.#trouble('batch-signature', 'The signature of the batch does not verify.', leaf);
      }
      if (payload.count !== records.length || recordsRoot(records) !== payload.root) {
        this.#trouble(
          'batch-root',
          'The records are not those that the batch was signed over.',
          leaf,
        );
      }
      for (const text of records) {
        const read = readRecord(text);
        if (read?.bridge === bridge && read.epoch === epoch) continue;
        this.#trouble('reading-other-bridge', 'A record is of another bridge or epoch.', leaf);
      }
      const unknown = key === undefined ? { jws } : {};
      this.#items.push({ kind: 'batch', leaf, bridge, epoch, kid, ...unknown });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#trouble(error.code, error.message, leaf);
    }
  }

  #event(text: string, leaf: number, stored: string, at: number, record: number): void {
    this.#markAt(leaf, record);
    this.#events += 1;
    const usage = readUsage(text);
    const commitment = this.#commitment(text, usage, leaf);
    if (commitment !== undefined && !stored.startsWith(commitment, at * 64)) {
      this.#trouble('commitment-differs', 'The event is not the one that was committed to.', leaf);
    }
    // Without its key an event can only be linked by what is stored.
    const entry = commitment ?? stored.slice(at * 64, at * 64 + 64);
    if (usage !== undefined && !this.#deep && isSafe(usage)) this.#charge(usage, leaf, entry);
    else this.#whole(text, leaf, entry);
  }

  #commitment(text: string, usage: UsageText | undefined, leaf: number): string | undefined {
    const [account, year, n] =
      usage === undefined ? headOf(text) : [usage.account, usage.year, usage.n];
    if (!Number.isSafeInteger(n) || n < 0) {
      this.#trouble('event-unreadable', 'The event does not end as an event does.', leaf);
      return undefined;
    }
    const id = `${account}/${year}`;
    let salts = this.#salts.get(id);
    if (salts === undefined) {
      const key = this.#secrets.keys.get(id);
      if (key === undefined) {
        this.#trouble(
          'key-missing',
          `The key of account ${account} and year ${year} is not stored.`,
          leaf,
        );
        return undefined;
      }
      salts = new SaltKey(key);
      this.#salts.set(id, salts);
    }
    return committer.commit(salts.salt(n), text, usage !== undefined);
  }

  /** Adds a deduction to the runs of its account and its meter. */
  #charge(usage: UsageText, leaf: number, commitment: string): void {
    const known = this.#accounts.get(usage.account);
    const currency = known?.currency ?? CURRENCY.exec(usage.postings)?.[1] ?? '';
    if (usage.log !== this.#secrets.origin) {
      this.#trouble('event-other-log', `The event is of ${usage.log}.`, leaf);
    }
    if (usage.postings !== expectedPostings(usage, currency)) {
      this.#trouble(
        'postings-differ',
        'The postings are not the amount from wallet to revenue.',
        leaf,
      );
    }
    const run = known ?? startAccountRun(usage, currency);
    if (known === undefined) this.#accounts.set(usage.account, run);
    const wrong = addToAccount(run, usage, leaf, commitment);
    if (wrong !== undefined) {
      this.#trouble(
        wrong,
        `Event ${usage.n} of ${usage.account} does not follow the one before.`,
        leaf,
      );
    }
    const sameRecord = this.#about === usage.toHash;
    if (!sameRecord && !this.#takeUpTo(usage.toHash, leaf, usage)) return;
    const meter = this.#meters.get(usage.meter);
    if (meter === undefined || !addCharge(meter, usage, sameRecord)) {
      this.#trouble(
        'interval-mismatch',
        'The charge does not start where the one before ended.',
        leaf,
      );
    }
  }

  /** An event that the replay reads in full, after everything that it may depend on. */
  #whole(text: string, leaf: number, commitment: string): void {
    const about = HELD.exec(text)?.[1] ?? USED.exec(text)?.[1];
    if (about === undefined) this.#takeRest();
    else if (about !== this.#about) this.#takeUpTo(about, leaf, undefined);
    const [account] = headOf(text);
    this.#flushAccount(account);
    const meter = /"meter":"([^"]*)"/.exec(text)?.[1];
    if (meter !== undefined) this.#flushMeter(meter);
    this.#items.push({ kind: 'event', leaf, text, commitment });
  }

  /** Takes records until the one with this hash; those before it made no event. */
  #takeUpTo(hash: string, leaf: number, usage: UsageText | undefined): boolean {
    const place = this.#hashes.indexOf(hash, this.#taken);
    if (place < 0) {
      this.#trouble(
        'event-without-record',
        'The event is about no record of the batch before it.',
        leaf,
      );
      return false;
    }
    while (this.#taken < place) this.#takeRecord();
    this.#about = hash;
    if (usage === undefined) {
      this.#takeRecord();
      return true;
    }
    this.#taken += 1;
    this.#billed(this.#records[place] ?? '', hash, this.#firstRecord + place, leaf, usage);
    return true;
  }

  #billed(text: string, hash: string, index: number, leaf: number, usage: UsageText): void {
    const record = readRecord(text);
    if (record === undefined || record.meter !== usage.meter) {
      this.#trouble('event-without-record', 'The event charges a record of another meter.', leaf);
      return;
    }
    let run = this.#meters.get(usage.meter);
    if (run !== undefined && (run.account !== usage.account || !follows(record, run))) {
      this.#flushMeter(usage.meter);
      run = undefined;
    }
    run ??= startMeterRun(usage, record, leaf);
    this.#meters.set(usage.meter, run);
    run.epoch = record.epoch;
    run.seq = record.seq;
    run.hash = hash;
    run.records.push(index);
  }

  #takeRest(): void {
    while (this.#taken < this.#records.length) this.#takeRecord();
    this.#about = '';
  }

  #takeRecord(): void {
    const text = this.#records[this.#taken] ?? '';
    this.#flushMeter(readRecord(text)?.meter ?? '');
    this.#items.push({ kind: 'record', index: this.#firstRecord + this.#taken, text });
    this.#taken += 1;
  }

  #markAt(leaf: number, record: number): void {
    const { mark } = this.#job;
    if (this.#marked || leaf !== mark.leaf || record !== mark.record) return;
    this.#marked = true;
    this.#takeRest();
    this.#flushAll();
    this.#items.push({ kind: 'mark' });
  }

  #flushAccount(account: string): void {
    const run = this.#accounts.get(account);
    if (run === undefined) return;
    run.lastUse = undefined;
    this.#items.push({ kind: 'account', run });
    this.#accounts.delete(account);
  }

  #flushMeter(meter: string): void {
    const run = this.#meters.get(meter);
    if (run === undefined) return;
    this.#items.push({ kind: 'meter', run });
    this.#meters.delete(meter);
  }

  #flushAll(): void {
    for (const account of [...this.#accounts.keys()]) this.#flushAccount(account);
    for (const run of this.#meters.values()) this.#items.push({ kind: 'meter', run });
    this.#meters.clear();
  }

  #trouble(code: string, detail: string, leaf: number): void {
    if (this.#troubles.length < 500) this.#troubles.push({ code, leaf, detail });
  }
}

/** Larger sums go to the replay whole, which calculates without limit. */
function isSafe({ amount, balance }: UsageText): boolean {
  return amount.length <= LONGEST_SAFE && balance.length <= LONGEST_SAFE;
}

const HEAD = /^\{"account":"([^"]*)","at":"([0-9]{4})/;
const TAIL_N = /,"n":([0-9]{1,16}),"prev":"[0-9a-f]{64}","type":"[a-z.-]+","v":1\}$/;
const HELD =
  /^\{"account":"(?!site")[^"]*","at":"[^"]*","data":\{"hash":"([0-9a-f]{64})","meter":"[^"]*","reason":/;
const USED = /,"to":\{"at":"[^"]*","hash":"([0-9a-f]{64})","seq":[0-9]+,"value":"[^"]*"\},"used":"/;

function headOf(text: string): [account: string, year: number, n: number] {
  const head = HEAD.exec(text);
  const n = TAIL_N.exec(text.slice(-200))?.[1];
  return [head?.[1] ?? '', Number(head?.[2] ?? 0), Number(n ?? -1)];
}
