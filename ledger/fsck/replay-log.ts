import { isDeepStrictEqual } from 'node:util';
import { parseBatch, verifyBatch } from '../core/batch.ts';
import { booksClosed } from '../core/books-closing.ts';
import { fromBase64url } from '../core/bytes.ts';
import { parseCheckpoint, verifyCheckpoint } from '../core/checkpoint.ts';
import { parseMicros } from '../core/decimal.ts';
import { keyInEpoch } from '../core/device-key.ts';
import { type LedgerEvent, parseEvent } from '../core/event.ts';
import { logSucceeded, type Posting, registerRef } from '../core/event-data.ts';
import { type LogName, nameAt } from '../core/log-names.ts';
import { ZERO_HASH } from '../core/reading.ts';
import { Refusal } from '../core/refusal.ts';
import { parseVerifierKey } from '../core/signed-note.ts';
import { termsFault } from '../core/terms-fault.ts';
import { parseTime } from '../core/time.ts';
import { zoneOf } from '../core/zone.ts';
import { nativePrimitives } from '../native-primitives.ts';
import type { SiteRow, StatementRow } from '../store/port.ts';
import { applyEvent, applyRecord } from '../writer/apply-event.ts';
import { closingFault } from '../writer/closed-books.ts';
import { type AccountState, type MeterState, SiteState } from '../writer/site-state.ts';
import { checkEnd } from './check-end.ts';
import { entryFault } from './check-entry.ts';
import { SurplusCheck } from './check-surplus.ts';
import type { SignedTree } from './check-tree.ts';
import type { Findings } from './finding.ts';
import type { AccountRun, Item, MeterRun } from './jobs.ts';
import { PoolSums } from './pool-sums.ts';
import { recomputeUsage } from './recompute-usage.ts';

const primitives = nativePrimitives();

/**
 * Builds a site's state from nothing but its log. Rare events and records without an event go through
 * the writer's own replay, charges come added up; what does not follow from what came before is found.
 */
export class LogRebuild {
  readonly state: SiteState;
  readonly statements: StatementRow[] = [];
  /** Trees that this log says to have taken over. */
  readonly takenOver: SignedTree[] = [];
  readonly pools: PoolSums;
  readonly surplus = new SurplusCheck();
  readonly #found: Findings;
  readonly #deep: boolean;
  readonly #onMark: () => void;
  readonly #names: readonly LogName[];
  #wanted = new Set<string>();

  constructor(
    { row, names }: { readonly row: SiteRow; readonly names: readonly LogName[] },
    found: Findings,
    deep: boolean,
    onMark: () => void,
  ) {
    // As it was called when its first event was written; later names come with their events.
    this.state = new SiteState({ ...row, origin: names.at(-1)?.origin ?? row.origin });
    this.#names = names;
    this.#found = found;
    this.pools = new PoolSums(found, this.state.tariffs);
    this.#deep = deep;
    this.#onMark = onMark;
  }

  take(item: Item): void {
    const leaf = leafOf(item);
    try {
      this.#take(item);
    } catch (error) {
      // A spoilt text may break any reader; the rest of the log is still to be looked at.
      const code = error instanceof Refusal ? error.code : 'event-unreadable';
      this.#found.add(code, error instanceof Error ? error.message : String(error), leaf);
    }
  }

  #take(item: Item): void {
    if (item.kind === 'event') this.#event(item);
    else if (item.kind === 'batch') this.#batch(item);
    else if (item.kind === 'account') this.#account(item.run);
    else if (item.kind === 'meter') this.#meter(item.run);
    else if (item.kind === 'mark') this.#onMark();
    else applyRecord(this.state, item.text, item.index, this.#wanted);
  }

  #event({ text, leaf, commitment }: Extract<Item, { kind: 'event' }>): void {
    const event = parseEvent(text);
    const { account: id, n, prev, log } = event;
    const before = this.state.accounts.get(id);
    const where = `Event ${n} of ${id}`;
    if (log !== nameAt(this.#names, leaf))
      this.#found.add('event-other-log', `${where} is of ${log}.`, leaf);
    if (n !== (before?.n ?? 0)) {
      this.#found.add('event-gap', `${where} comes after ${before?.n ?? 0} events.`, leaf);
    }
    if (prev !== (before?.prev ?? ZERO_HASH)) {
      this.#found.add('event-chain-broken', `${where} does not name the one before it.`, leaf);
    }
    const wallets = new Map(before?.wallets);
    if (before !== undefined) this.#checkTerms(before, event, leaf);
    const terms = { currency: this.state.currency, zone: zoneOf(this.state.zone) };
    if (before?.deposits.allows(event, terms) === false) {
      this.#found.add('deposit-differs', `${where} is no deposit, or not one that is left.`, leaf);
    }
    const surplus = this.surplus.take(this.state, event, commitment);
    if (surplus !== undefined) this.#found.add('surplus-differs', `${where}: ${surplus}`, leaf);
    if (this.#deep && event.type === 'usage.deducted' && before !== undefined) {
      const advice = recomputeUsage(this.state, before, event, text);
      if (advice !== undefined) this.#found.add('usage-differs', `${where}: ${advice}`, leaf);
    }
    if (before !== undefined) {
      before.n = n;
      checkEnd(this.state, before, event.type, this.#found, leaf);
    }
    if (event.type === 'books.closed') this.#closing(event, leaf);
    applyEvent(this.state, { text, commitment, leaf }, event);
    const account = this.state.accounts.get(id);
    if (account === undefined) return;
    this.#checkPostings(account, event, wallets, leaf);
    this.pools.take(event, leaf);
    const fault = entryFault(event);
    if (fault !== undefined) this.#found.add('entry-misplaced', `${where}: ${fault}`, leaf);
    if (event.type === 'log.succeeded') this.#succession(event, leaf);
    if (event.type === 'statement.issued') {
      const { period } = event.data;
      this.statements.push({ id: event.id, account: id, period: String(period), n, leaf });
    }
  }

  /** No event passes what was agreed about the wallets of its account. */
  #checkTerms({ credit, wallets, currency }: AccountState, event: LedgerEvent, leaf: number): void {
    const zone = zoneOf(this.state.zone);
    const before = { credit: credit.wallets, balances: wallets, currency, zone };
    const fault = termsFault(event, before);
    if (fault === undefined) return;
    const { code, params } = fault;
    const why = Object.values(params).join(' ');
    this.#found.add(code, `Event ${event.n} of ${event.account} is not as agreed: ${why}`, leaf);
  }

  /** What the old log signed at last it has signed, and more than what is kept of it. */
  #succession(event: LedgerEvent, leaf: number): void {
    const { checkpoint, vkey, kept } = logSucceeded(event.data, '/data');
    const before = parseCheckpoint(checkpoint);
    const signed = verifyCheckpoint(before, parseVerifierKey(vkey), primitives);
    this.takenOver.push(kept);
    if (signed.ok && kept.size === leaf && before.size > leaf) return;
    const why = 'The event about the log before does not fit what that log has signed.';
    this.#found.add('succession-differs', why, leaf);
  }

  /** A month is closed once, after its end, when each bill of it was issued. */
  #closing({ data, at }: LedgerEvent, leaf: number): void {
    const { period } = booksClosed(data, '/data');
    const fault = closingFault(this.state, period, parseTime(at));
    if (fault !== undefined) this.#found.add('closing-misplaced', fault.message, leaf);
  }

  /** Double entry: sums to zero, and each wallet moves by what is posted to its book, from `before`. */
  #checkPostings(
    { account, currency, wallets }: AccountState,
    event: LedgerEvent,
    before: ReadonlyMap<string, bigint>,
    leaf: number,
  ): void {
    const { postings } = event.data;
    if (postings === undefined) return;
    const expected = new Map(before);
    for (const wallet of wallets.keys()) expected.set(wallet, expected.get(wallet) ?? 0n);
    let sum = 0n;
    for (const posting of postingsOf(postings)) {
      const micros = parseMicros(posting.amount);
      sum += micros;
      const [, wallet] = posting.account.split(`prepaid:${account}:`);
      if (wallet !== undefined) expected.set(wallet, (expected.get(wallet) ?? 0n) - micros);
      if (posting.currency !== currency) {
        this.#found.add('postings-differ', 'A posting is in another currency.', leaf);
      }
    }
    if (sum !== 0n)
      this.#found.add('postings-unbalanced', 'The postings do not sum to zero.', leaf);
    if ([...expected].some(([wallet, micros]) => (wallets.get(wallet) ?? 0n) !== micros)) {
      this.#found.add('balance-differs', 'The balance is not what the postings make it.', leaf);
    }
  }

  #batch({ bridge, epoch, kid, jws, leaf }: Extract<Item, { kind: 'batch' }>): void {
    this.#wanted = new Set();
    const key = keyInEpoch(this.state.bridges.get(bridge)?.keys ?? [], epoch);
    if (key?.kid !== kid) {
      this.#found.add(
        'device-key-unknown',
        `The batch of ${bridge} is by a key not enrolled.`,
        leaf,
      );
    } else if (jws !== undefined) {
      const publicKey = Buffer.concat([fromBase64url(key.x), fromBase64url(key.y)]);
      if (verifyBatch(parseBatch(jws), publicKey, primitives)) return;
      this.#found.add('batch-signature', 'The signature of the batch does not verify.', leaf);
    }
  }

  #account(run: AccountRun): void {
    const leaf = run.leaves[0];
    const account = this.state.accounts.get(run.account);
    if (account === undefined) {
      this.#found.add('account-unknown', `Account ${run.account} was never opened.`, leaf);
      return;
    }
    if (run.firstN !== account.n) {
      this.#found.add(
        'event-gap',
        `Event ${run.firstN} of ${run.account} comes after ${account.n} events.`,
        leaf,
      );
    }
    if (run.firstPrev !== account.prev) {
      this.#found.add(
        'event-chain-broken',
        `Event ${run.firstN} of ${run.account} does not name the one before it.`,
        leaf,
      );
    }
    if (run.currency !== account.currency) {
      this.#found.add('postings-differ', 'A posting is in another currency.', leaf);
    }
    for (const { wallet, ...balances } of run.wallets) {
      const [before, after] = [BigInt(balances.before), BigInt(balances.after)];
      const charged = before - after;
      if ((account.wallets.get(wallet) ?? 0n) !== before) {
        this.#found.add(
          'balance-differs',
          `The balance of ${run.account}, ${wallet}, jumps.`,
          leaf,
        );
      }
      account.wallets.set(wallet, after);
      this.state.post(`prepaid:${run.account}:${wallet}`, charged);
      this.state.post(`revenue:${wallet}`, -charged);
    }
    checkEnd(this.state, account, 'usage.deducted', this.#found, leaf);
    for (const [period, n] of run.starts) {
      if (!account.periodStarts.has(period)) account.periodStarts.set(period, n);
    }
    for (const { use, hash, ...place } of run.uses) {
      this.#checkTariff(place.key, hash, place.leaf);
      if (!account.firstUses.has(use)) account.firstUses.set(use, place);
    }
    for (const place of run.leaves) account.freshLeaves.push(place);
    account.n = run.firstN + run.leaves.length;
    account.prev = run.prev;
  }

  /** What a charge names as its tariff is one that was published before it. */
  #checkTariff(key: string, hash: string, leaf: number): void {
    const at = key.lastIndexOf('/');
    const versions = this.state.tariffs.versions(key.slice(0, at));
    const version = versions.find(({ ref }) => ref.version === Number(key.slice(at + 1)));
    if (version?.ref.hash === hash) return;
    this.#found.add('tariff-differs', `Tariff ${key} of a charge was not published so.`, leaf);
  }

  #meter(run: MeterRun): void {
    const meter = this.state.meter(run.meter);
    const { firstEpoch: epoch, firstSeq: seq, firstPrev: prev, firstLeaf: leaf } = run;
    if (!follows({ epoch, seq, prev }, meter)) {
      this.#found.add(
        'reading-chain-broken',
        `Record ${seq} of ${run.meter} does not follow.`,
        leaf,
      );
    }
    if (meter.binding === undefined || meter.account !== run.account) {
      this.#found.add('meter-not-bound', `${run.meter} is charged to ${run.account}.`, leaf);
    }
    if (run.from !== refText(meter.last)) {
      this.#found.add(
        'interval-mismatch',
        `A charge of ${run.meter} does not start where it stood.`,
        leaf,
      );
    }
    this.#moveMeter(meter, run);
  }

  #moveMeter(meter: MeterState, run: MeterRun): void {
    meter.bridge = run.bridge;
    meter.epoch = run.epoch;
    meter.seq = run.seq;
    meter.hash = run.hash;
    for (const index of run.records) meter.freshRecords.push(index);
    const to = registerRef(JSON.parse(run.to), '/data/to');
    meter.last = { ...to, atMs: parseTime(to.at) };
    meter.heldReading = undefined;
    const { progress } = meter;
    const kept = !run.changed && progress.period === run.firstPeriod ? progress.billed : [];
    progress.billed = new Map(kept);
    for (const [key, micros] of run.billed) progress.billed.set(key, BigInt(micros));
    progress.period = run.period;
    progress.usedMicros = BigInt(run.usedMicros);
    const versions = this.state.tariffs.versions(run.tariff);
    const found = versions.find(({ ref }) => ref.version === run.version);
    progress.window = found?.tariff.window === 'year' ? run.period.slice(0, 4) : run.period;
  }
}

/** Whether two documents say the same, whatever the order of their members; `except` is left out. */
export function sameDocument(a: string, b: string, except: readonly string[] = []): boolean {
  if (a === b) return true;
  try {
    return isDeepStrictEqual(without(a, except), without(b, except));
  } catch {
    return false;
  }
}

function without(text: string, members: readonly string[]): unknown {
  const doc: Record<string, unknown> = JSON.parse(text);
  return Object.fromEntries(Object.entries(doc).filter(([name]) => !members.includes(name)));
}

function leafOf(item: Item): number | undefined {
  if (item.kind === 'event' || item.kind === 'batch') return item.leaf;
  if (item.kind === 'account') return item.run.leaves[0];
  return item.kind === 'meter' ? item.run.firstLeaf : undefined;
}

function postingsOf(value: unknown): readonly Posting[] {
  return Array.isArray(value) ? value : [];
}

/** Whether a record is the next of a chain: the next number after the hash, or a new epoch's first. */
function follows(
  record: { readonly epoch: number; readonly seq: number; readonly prev: string },
  last: { readonly epoch: number; readonly seq: number; readonly hash: string },
): boolean {
  if (record.epoch > last.epoch) return record.seq === 0 && record.prev === ZERO_HASH;
  return record.epoch === last.epoch && record.seq === last.seq + 1 && record.prev === last.hash;
}

function refText(ref: MeterState['last']): string {
  if (ref === undefined) return '';
  const { at, hash, seq, value } = ref;
  return `{"at":"${at}","hash":"${hash}","seq":${seq},"value":"${value}"}`;
}
