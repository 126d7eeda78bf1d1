import { parseBatch, verifyBatch } from '../core/batch.ts';
import { nameAt } from '../core/log-names.ts';
import { Refusal } from '../core/refusal.ts';
import { nativePrimitives } from '../native-primitives.ts';
import type { SegmentText } from '../store/segment-codec.ts';
import type { SqliteReader } from '../store/sqlite/sqlite-reader.ts';
import { Committer, SaltKey } from '../writer/fast-hash.ts';
import { AccountCharges } from './account-charges.ts';
import { type BillTerms, TermsReader } from './bill-terms.ts';
import { ChargeText } from './charge-text.ts';
import { headOf, recordOf } from './event-head.ts';
import type { Item, Job, SegmentsResult, SiteSecrets, Trouble } from './jobs.ts';
import { MeterCharges } from './meter-charges.ts';
import { RecordBlock } from './record-block.ts';
import { NO_TEXT, TextBlock } from './text-block.ts';

type SegmentsJob = Extract<Job, { kind: 'segments' }>;

const primitives = nativePrimitives();
const committer = new Committer();
const SPACE = 32;

/**
 * Checks all of a stretch of the log that needs no more than the stretch: commitments, signatures,
 * roots, charges that follow each other. What it cannot judge alone it hands on, charges added up. A
 * stretch begins at its first batch and ends at the next one's first, so each event meets its record.
 */
export class SegmentScan {
  readonly #reader: SqliteReader;
  readonly #job: SegmentsJob;
  readonly #secrets: SiteSecrets;
  readonly #salts: Map<string, SaltKey>;
  readonly #deep: boolean;
  readonly #items: Item[] = [];
  readonly #troubles: Trouble[] = [];
  readonly #accounts = new Map<string, AccountCharges>();
  readonly #meters = new Map<string, MeterCharges>();
  #account: AccountCharges | undefined;
  readonly #charge = new ChargeText();
  readonly #terms = new TermsReader();
  readonly #batch = new RecordBlock();
  #taken = 0;
  #about = '';
  #events = NO_TEXT;
  /** Commitments of the segment as stored, hex. */
  #stored = '';
  #eventCount = 0;
  #recordCount = 0;
  #marked = false;

  constructor(
    reader: SqliteReader,
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
    for (const segment of this.#reader.segmentTexts(site, leaf, record)) {
      const lines = this.#enter(segment, leaf, record);
      const batches = new TextBlock(segment.batches);
      let at = 0;
      let done = 0;
      const eventsUpTo = (count: number) => {
        for (; done < Math.min(count, lines.length - 1) && leaf < end.leaf; done += 1, leaf += 1) {
          const next = (lines[done + 1] ?? 0) - 1;
          if (open) this.#event(lines[done] ?? 0, next, leaf, done, record);
        }
      };
      while (at < batches.bytes.length) {
        const lineEnd = batches.lineEnd(at);
        const space = batches.bytes.indexOf(SPACE, at);
        eventsUpTo(Number(batches.text(at, space)));
        if (record >= to.record) return;
        open = true;
        this.#takeRest();
        this.#markAt(leaf, record);
        const next = this.#batch.read(batches, lineEnd + 1, record);
        if (next < 0) break;
        this.#checkBatch(batches.text(space + 1, lineEnd), leaf);
        record += this.#batch.count;
        at = next + 1;
      }
      eventsUpTo(lines.length - 1);
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
      events: this.#eventCount,
      records: this.#recordCount,
      troubles: this.#troubles,
    };
  }

  /** Checks where the segment stands; answers where its events begin, and behind them its end. */
  #enter(segment: SegmentText, leaf: number, record: number): number[] {
    const { firstLeaf, firstRecord, commitments } = segment;
    if (firstLeaf !== leaf || firstRecord !== record) {
      this.#trouble(
        'segment-order',
        `Segment ${firstLeaf}/${firstRecord} stands at ${leaf}/${record}.`,
        leaf,
      );
    }
    this.#events = new TextBlock(segment.events);
    this.#stored = Buffer.from(commitments).toString('hex');
    const lines = this.#events.lineStarts();
    if (commitments.length !== (lines.length - 1) * 32) {
      const detail = `${lines.length - 1} events have ${commitments.length} bytes of commitments.`;
      this.#trouble('segment-count', detail, firstLeaf);
    }
    return lines;
  }

  #checkBatch(jws: string, leaf: number): void {
    this.#taken = 0;
    this.#about = '';
    const records = this.#batch;
    this.#recordCount += records.count;
    try {
      const batch = parseBatch(jws);
      const { kid, payload } = batch;
      const { bridge, epoch } = payload;
      const key = this.#secrets.devices.get(kid);
      if (key !== undefined && !verifyBatch(batch, key, primitives)) {
        this.#trouble('batch-signature', 'The signature of the batch does not verify.', leaf);
      }
      if (payload.count !== records.count || records.root() !== payload.root) {
        this.#trouble(
          'batch-root',
          'The records are not those that the batch was signed over.',
          leaf,
        );
      }
      if (!records.areOf(bridge, epoch)) {
        this.#trouble('reading-other-bridge', 'A record is of another bridge or epoch.', leaf);
      }
      const unknown = key === undefined ? { jws } : {};
      this.#items.push({ kind: 'batch', leaf, bridge, epoch, kid, ...unknown });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#trouble(error.code, error.message, leaf);
    }
  }

  #event(from: number, to: number, leaf: number, at: number, record: number): void {
    this.#markAt(leaf, record);
    this.#eventCount += 1;
    const charge = this.#charge;
    if (this.#deep || !charge.read(this.#events, from, to)) {
      this.#whole(this.#events.bytes.toString('utf8', from, to), from, to, leaf, at);
      return;
    }
    const account = this.#accountOf(charge);
    const salts =
      account.saltKey(charge.year) ?? this.#missingKey(account.account, charge.year, leaf);
    const commitment = this.#commitment(salts, charge.n, from, to, leaf, at);
    if (
      !this.#events.isText(charge.logAt, charge.logEnd, nameAt(this.#secrets.names, leaf) ?? '')
    ) {
      const log = this.#events.text(charge.logAt, charge.logEnd);
      this.#trouble('event-other-log', `The event is of ${log}.`, leaf);
    }
    if (!charge.isIn(account.currency)) {
      this.#trouble(
        'postings-differ',
        'The postings are not the amount from wallet to revenue.',
        leaf,
      );
    }
    const terms = this.#terms.of(charge);
    const wrong = account.add(charge, terms, leaf, commitment);
    if (wrong !== undefined) {
      this.#trouble(
        wrong,
        `Event ${charge.n} of ${account.account} does not follow the one before.`,
        leaf,
      );
    }
    this.#chargeMeter(charge, terms, account, leaf);
  }

  /** Compares with what is stored; without its key an event can only be linked by that. */
  #commitment(
    salts: SaltKey | undefined,
    n: number,
    from: number,
    to: number,
    leaf: number,
    at: number,
  ): string {
    const stored = this.#stored;
    if (salts === undefined) return stored.slice(at * 64, at * 64 + 64);
    const commitment = committer.commitBytes(salts.saltLatin1(n), this.#events.bytes, from, to);
    if (!stored.startsWith(commitment, at * 64)) {
      this.#trouble('commitment-differs', 'The event is not the one that was committed to.', leaf);
    }
    return commitment;
  }

  #saltKey(account: string, year: number): SaltKey | undefined {
    const id = `${account}/${year}`;
    const known = this.#salts.get(id);
    const key = this.#secrets.keys.get(id);
    if (known !== undefined || key === undefined) return known;
    const salts = new SaltKey(key);
    this.#salts.set(id, salts);
    return salts;
  }

  #missingKey(account: string, year: number, leaf: number): undefined {
    const detail = `The key of account ${account} and year ${year} is not stored.`;
    this.#trouble('key-missing', detail, leaf);
  }

  /** Meters are mostly read in the same order, so the account is likely the one after the last. */
  #accountOf(charge: ChargeText): AccountCharges {
    const before = this.#account;
    let account = before?.next;
    if (account === undefined || !account.isOf(charge)) {
      const id = charge.account();
      account = this.#accounts.get(id);
      if (account === undefined) {
        account = new AccountCharges(charge, (of, year) => this.#saltKey(of, year));
        this.#accounts.set(id, account);
      }
      if (before !== undefined) before.next = account;
    }
    this.#account = account;
    return account;
  }

  /** Adds a deduction to what its meter is charged. */
  #chargeMeter(charge: ChargeText, terms: BillTerms, account: AccountCharges, leaf: number): void {
    const again = this.#about !== '' && charge.isAbout(this.#about);
    const meter = again
      ? this.#meterOf(charge, account)
      : this.#takeFor(charge, terms, account, leaf);
    if (meter === undefined && !again) return;
    if (meter?.add(charge, terms, again) !== true) {
      this.#trouble(
        'interval-mismatch',
        'The charge does not start where the one before ended.',
        leaf,
      );
    }
  }

  #meterOf(charge: ChargeText, account: AccountCharges): MeterCharges | undefined {
    const known = account.meter;
    const meter = known?.isOf(charge) === true ? known : this.#meters.get(charge.meter());
    return meter?.open === true ? meter : undefined;
  }

  /** Takes the record that is charged. */
  #takeFor(
    charge: ChargeText,
    terms: BillTerms,
    account: AccountCharges,
    leaf: number,
  ): MeterCharges | undefined {
    const place = this.#findRecord(charge.toHash(), leaf);
    if (place < 0) return undefined;
    this.#taken += 1;
    const records = this.#batch;
    const record = records.head(place);
    if (record === undefined || !charge.isOfMeter(record)) {
      this.#trouble('event-without-record', 'The event charges a record of another meter.', leaf);
      return undefined;
    }
    let meter = this.#meterOf(charge, account);
    if (meter !== undefined) {
      const goesOn = meter.account === account.account && meter.isFollowedBy(record);
      if (!goesOn) this.#flushMeter(meter.meter);
    }
    if (meter?.open !== true) {
      meter = new MeterCharges(charge, terms, record, leaf);
      this.#meters.set(meter.meter, meter);
    }
    account.meter = meter;
    meter.take(record, records.hashes[place] ?? '', records.first + place);
    return meter;
  }

  /** An event that the replay reads in full, after everything that it may depend on. */
  #whole(text: string, from: number, to: number, leaf: number, at: number): void {
    const [account, year, n] = headOf(text);
    let commitment = this.#stored.slice(at * 64, at * 64 + 64);
    if (!Number.isSafeInteger(n) || n < 0) {
      this.#trouble('event-unreadable', 'The event does not end as an event does.', leaf);
    } else {
      const salts = this.#saltKey(account, year) ?? this.#missingKey(account, year, leaf);
      commitment = this.#commitment(salts, n, from, to, leaf, at);
    }
    const about = recordOf(text);
    if (about === undefined) this.#takeRest();
    else if (about !== this.#about && this.#findRecord(about, leaf) >= 0) this.#takeRecord();
    this.#flushAccount(account);
    const meter = /"meter":"([^"]*)"/.exec(text)?.[1];
    if (meter !== undefined) this.#flushMeter(meter);
    this.#items.push({ kind: 'event', leaf, text, commitment });
  }

  /** Takes the records before the one with this hash, which made no event, and answers its place. */
  #findRecord(hash: string, leaf: number): number {
    const { hashes, count } = this.#batch;
    let place = this.#taken;
    while (place < count && hashes[place] !== hash) place += 1;
    if (place >= count) {
      this.#trouble(
        'event-without-record',
        'The event is about no record of the batch before it.',
        leaf,
      );
      return -1;
    }
    while (this.#taken < place) this.#takeRecord();
    this.#about = hash;
    return place;
  }

  #takeRest(): void {
    while (this.#taken < this.#batch.count) this.#takeRecord();
    this.#about = '';
  }

  #takeRecord(): void {
    const records = this.#batch;
    const record = records.head(this.#taken);
    if (record !== undefined) this.#flushMeter(record.meter());
    const [index, text] = [records.first + this.#taken, records.text(this.#taken)];
    this.#items.push({ kind: 'record', index, text });
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

  #flushAccount(id: string): void {
    const account = this.#accounts.get(id);
    if (account === undefined) return;
    this.#items.push({ kind: 'account', run: account.run() });
    this.#accounts.delete(id);
  }

  #flushMeter(id: string): void {
    const meter = this.#meters.get(id);
    if (meter === undefined) return;
    this.#items.push({ kind: 'meter', run: meter.run() });
    this.#meters.delete(id);
  }

  #flushAll(): void {
    for (const id of this.#accounts.keys()) this.#flushAccount(id);
    for (const id of this.#meters.keys()) this.#flushMeter(id);
  }

  #trouble(code: string, detail: string, leaf: number): void {
    if (this.#troubles.length < 500) this.#troubles.push({ code, leaf, detail });
  }
}
