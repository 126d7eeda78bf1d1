import { equalBytes } from '../core/bytes.ts';
import { canonicalize } from '../core/canonical-json.ts';
import { type Checkpoint, parseCheckpoint } from '../core/checkpoint.ts';
import { Refusal } from '../core/refusal.ts';
import { StoreUnavailable } from '../store/store-errors.ts';
import type { Anchor, AnchorPlace, AnchorStore, PendingAnchor } from './anchor-store.ts';
import { type AnchorChain, ChainUnavailable } from './chain.ts';

export interface SignedSize {
  readonly size: number;
  /** The signed note. */
  readonly note: string;
}

/** A log as the anchorer sees it. */
export interface AnchoredLog {
  readonly site: string;
  readonly origin: string;
  /** The newest checkpoint that may be anchored. */
  latest(): Promise<SignedSize | undefined>;
  /** Whether anything but news of anchors was logged in `[from, to)`: only that is worth an anchor. */
  hasNews(from: number, to: number): Promise<boolean>;
  prove(from: number, to: number): Promise<readonly Uint8Array[]>;
  /** Root of the first `size` events; undefined when there are not so many. */
  rootAt(size: number): Promise<Uint8Array | undefined>;
  /** The checkpoint of exactly this size, if one was signed. */
  noteAt(size: number): Promise<string | undefined>;
  /** Logs that a checkpoint is anchored, once however often it is told. */
  confirm(anchor: Anchor): Promise<void>;
}

/** Where the anchors of one log on one chain stand. */
export interface AnchorState extends AnchorPlace {
  readonly kind: AnchorChain['kind'];
  readonly network: Anchor['network'] | undefined;
  /** The newest anchored checkpoint. */
  readonly size: number;
  readonly atMs: number | undefined;
  /** Signed events that are not anchored. */
  readonly lag: number;
  /** The oldest of them is no older than this. */
  readonly lagMs: number;
  /** A transaction may be under way. */
  readonly isPending: boolean;
  /** Why there is no anchor at present. */
  readonly code: string | undefined;
  readonly why: string | undefined;
}

export interface AnchorNews extends AnchorPlace {
  /** `anchors-again` after a time of failures. */
  readonly code: string;
  readonly why: string;
}

export interface AnchorerParts {
  readonly chain: AnchorChain;
  readonly store: AnchorStore;
  readonly tell: (news: AnchorNews) => void;
  readonly nowMs: () => number;
}

interface Problem {
  readonly code: string;
  readonly why: string;
}

/** What the store and the log were seen to hold. */
interface Seen {
  readonly newest: Anchor | undefined;
  readonly lag: number;
  readonly isPending: boolean;
}

/** How long one step waits for a chain to decide; the next one goes on waiting. */
const PATIENCE_MS = 5_000;
/** How long who asks for the state waits for the store. */
const LOOK_MS = 1_000;
/** Tries of one step: what a chain has forgotten, lost or voided is sent or made again. */
const MOST_TRIES = 5;
const ABANDON_MS = 300_000;
/** What a chain has lost, or refuses a receipt of, for so long is not late. */
const CATCH_UP_MS = 300_000;

/**
 * Anchors one log on one chain, newest checkpoint first: one proof covers whatever was missed. What is
 * sent is kept before it is sent, and whatever happens then, the chain is asked what became of it. So
 * there is one anchor a checkpoint, and none is lost, wherever the process ends.
 */
export class Anchorer {
  readonly #log: AnchoredLog;
  readonly #parts: AnchorerParts;
  readonly #place: AnchorPlace;
  #problem: Problem | undefined;
  #looking: Promise<void> | undefined;
  #seen: Seen = { newest: undefined, lag: 0, isPending: false };
  /** The last moment of which everything that was signed by then is known to be anchored. */
  #coveredMs: number | undefined;
  #prepared: { readonly size: number; readonly atMs: number } | undefined;
  #lostSinceMs: number | undefined;
  /** Whether the chain was seen to hold our history since the start. */
  #hasCompared = false;
  /** The anchor on the chain that there is no receipt of, and since when. */
  #unproven: { readonly size: number; readonly sinceMs: number } | undefined;
  #unheard: { readonly id: string; readonly sinceMs: number } | undefined;

  constructor(log: AnchoredLog, parts: AnchorerParts) {
    this.#log = log;
    this.#parts = parts;
    this.#place = { site: log.site, chain: parts.chain.name };
  }

  /** As it is now; where the store cannot be read at once, as it was known last, with the code of that. */
  async state(): Promise<AnchorState> {
    const { chain, nowMs } = this.#parts;
    const atMs = nowMs();
    // One look at a time: however often it is asked, a store that is slow is asked once.
    this.#looking ??= this.#look(atMs).finally(() => {
      this.#looking = undefined;
    });
    const failed = await within(LOOK_MS, this.#looking).then(() => undefined, problemOf);
    const { newest, lag, isPending } = this.#seen;
    const problem = failed ?? this.#problem;
    return {
      ...this.#place,
      kind: chain.kind,
      network: newest?.network,
      size: newest?.size ?? 0,
      atMs: newest?.atMs,
      lag,
      lagMs: Math.max(0, atMs - (this.#coveredMs ?? atMs)),
      isPending,
      code: problem?.code,
      why: problem?.why,
    };
  }

  /** What there was by `atMs`, and perhaps a little later. */
  async #look(atMs: number): Promise<void> {
    const { store } = this.#parts;
    const newest = await store.newest(this.#place);
    const pending = await store.pending(this.#place);
    const behind = await this.#behind(newest?.size ?? 0);
    // A log that grows all the time is always behind, so what counts is when the newest anchor was made.
    if (behind === undefined) this.#covered(atMs);
    this.#coveredMs ??= newest === undefined ? atMs : atMs - Math.max(0, Date.now() - newest.atMs);
    const lag = behind === undefined ? 0 : behind.size - (newest?.size ?? 0);
    this.#seen = { newest, lag, isPending: pending !== undefined };
  }

  /**
   * Brings the chain up to the newest checkpoint and logs every anchor that is new. Never throws for
   * what a chain does: that becomes part of `state`, and is told once. True when nothing is left to do.
   */
  async round(): Promise<boolean> {
    try {
      const done = await this.#catchUp();
      await this.#confirm();
      if (done && this.#unproven === undefined) this.#solved();
      return done;
    } catch (error) {
      const { code, why } = problemOf(error);
      this.#failed(code, why);
      return false;
    }
  }

  /** Ends what was under way before, then anchors the newest checkpoint: one anchor a round. */
  async #catchUp(): Promise<boolean> {
    const before = await this.#parts.store.pending(this.#place);
    if (before !== undefined && (await this.#finish(before)) === 'undecided') return false;
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const pending = await this.#prepareNext();
      if (pending === undefined) return true;
      // Another machine, which had this log until just now, was faster: what it kept comes first.
      if (!(await this.#parts.store.keep(this.#place, pending))) return false;
      const ended = await this.#finish(pending);
      if (ended !== 'void') return ended === 'anchored';
    }
    return false;
  }

  /** A transaction for the newest checkpoint, if that is news. */
  async #prepareNext(): Promise<PendingAnchor | undefined> {
    const { chain, nowMs } = this.#parts;
    // Before anything is read: what is signed later is none of what the anchor covers.
    const atMs = nowMs();
    const latest = await this.#behind(await this.#anchoredSize());
    if (latest !== undefined) this.#prepared = { size: latest.size, atMs };
    else this.#covered(atMs);
    // Once even if there is nothing to anchor: an older copy is found out before it goes on.
    if (latest === undefined && this.#hasCompared) return undefined;
    const head = await chain.head(this.#log.origin);
    if (head !== undefined) await this.#refuseOtherHistory(head);
    await this.#refuseLostAnchors(head?.size ?? 0);
    this.#hasCompared = true;
    if (latest === undefined) return undefined;
    if (head !== undefined) {
      await this.#adopt(head, latest);
      if (head.size >= latest.size) return undefined;
    }
    const checkpoint = parseCheckpoint(latest.note);
    const proof = head === undefined ? [] : await this.#log.prove(head.size, checkpoint.size);
    const prepared = await chain.prepare({ checkpoint, note: latest.note, head, proof });
    return { ...prepared, size: latest.size, note: latest.note };
  }

  /** Takes in an anchor that the chain holds and we have forgotten: a restored copy, a late commit. */
  async #adopt({ size }: Checkpoint, latest: SignedSize): Promise<void> {
    if (size <= (await this.#anchoredSize())) return;
    const note = size === latest.size ? latest.note : await this.#log.noteAt(size);
    if (note !== undefined) await this.#take({ size, note });
  }

  /** Sends a kept transaction until the chain has decided. */
  async #finish(pending: PendingAnchor): Promise<'anchored' | 'void' | 'undecided'> {
    const { chain, store } = this.#parts;
    let outcome = await chain.outcome(pending, 0);
    for (let tries = 0; outcome.state === 'unknown' && tries < MOST_TRIES; tries += 1) {
      await this.#submit(pending);
      outcome = await chain.outcome(pending, PATIENCE_MS);
    }
    if (outcome.state === 'anchored') {
      await this.#take(pending);
      return 'anchored';
    }
    if (outcome.state === 'waiting') return 'undecided';
    if (outcome.state === 'unknown' && !this.#isAbandoned(pending)) return 'undecided';
    // Another transaction may have anchored the same checkpoint: what counts is what the chain holds.
    try {
      await this.#record(pending);
      return 'anchored';
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'anchor-missing') throw error;
      await store.drop(this.#place, pending.id);
      return 'void';
    }
  }

  /**
   * What a chain will not hear of is given up one day, as when our key there was changed. Should it be
   * taken after all, the contract lets only one of it and its successor have an effect.
   */
  #isAbandoned({ id }: PendingAnchor): boolean {
    const nowMs = this.#parts.nowMs();
    if (this.#unheard?.id !== id) this.#unheard = { id, sinceMs: nowMs };
    return nowMs - this.#unheard.sinceMs > ABANDON_MS;
  }

  /** An error does not say that it has not arrived; what it says is told if nothing else is known. */
  async #submit(pending: PendingAnchor): Promise<void> {
    try {
      await this.#parts.chain.submit(pending);
    } catch (error) {
      if (!(error instanceof ChainUnavailable)) throw error;
      this.#failed(error.code, error.message);
    }
  }

  /**
   * Records what is anchored. Where that is refused for long, the next anchor has to do: on a channel any member
   * can put beside a transaction what makes a block that readers refuse, and must not stop us by it.
   */
  async #take(signed: SignedSize & { readonly id?: string }): Promise<void> {
    const { store, nowMs } = this.#parts;
    const { size, id } = signed;
    try {
      await this.#record(signed);
    } catch (error) {
      if (this.#unproven?.size !== size) this.#unproven = { size, sinceMs: nowMs() };
      const isLong = nowMs() - this.#unproven.sinceMs > CATCH_UP_MS;
      if (!(error instanceof Refusal) || !isLong) throw error;
      this.#failed(error.code, error.message);
      if (id !== undefined) await store.drop(this.#place, id);
    }
  }

  async #record({ size, note }: SignedSize): Promise<void> {
    const { chain, store } = this.#parts;
    const { receipt, network, atMs, place } = await chain.receipt(parseCheckpoint(note));
    const { kind } = chain;
    const anchor = { size, note, kind, network, atMs, place: canonicalize(place) };
    await store.record(this.#place, anchor, canonicalize(receipt));
    if (this.#prepared?.size === size) this.#covered(this.#prepared.atMs);
    this.#unproven = undefined;
  }

  async #confirm(): Promise<void> {
    for (const anchor of await this.#parts.store.unconfirmed(this.#place)) {
      await this.#log.confirm(anchor);
      await this.#parts.store.confirm(this.#place, anchor.size);
    }
  }

  async #anchoredSize(): Promise<number> {
    return (await this.#parts.store.newest(this.#place))?.size ?? 0;
  }

  /** The latest checkpoint, if it holds news that what is anchored does not. */
  async #behind(anchored: number): Promise<SignedSize | undefined> {
    const latest = await this.#log.latest();
    if (latest === undefined || latest.size <= anchored) return undefined;
    return (await this.#log.hasNews(anchored, latest.size)) ? latest : undefined;
  }

  /** What is read while a round goes on may be older than what the round knows. */
  #covered(atMs: number): void {
    this.#coveredMs = Math.max(this.#coveredMs ?? atMs, atMs);
  }

  /** What is anchored is the log as others have seen it; if ours is another, people must decide. */
  async #refuseOtherHistory({ size, root }: Checkpoint): Promise<void> {
    const own = await this.#log.rootAt(size);
    if (own !== undefined && equalBytes(own, root)) return;
    const why =
      own === undefined
        ? `The chain holds a checkpoint of ${size} events, more than this log has: this is an older copy.`
        : `The chain holds another root for the first ${size} events: the log shows two histories.`;
    throw new Refusal('anchor-fork', `${why} Stop it and tell the auditor.`, { size });
  }

  /**
   * A chain never forgets an anchor that counts. A node that is behind catches up; a chain that was begun
   * anew, or has undone what was taken for final, does not, and receipts in tenants' hands are void.
   */
  async #refuseLostAnchors(size: number): Promise<void> {
    const { nowMs } = this.#parts;
    const anchored = await this.#anchoredSize();
    if (size >= anchored) {
      this.#lostSinceMs = undefined;
      return;
    }
    this.#lostSinceMs ??= nowMs();
    const why = `The chain holds ${size} events of this log, and ${anchored} were anchored there`;
    if (nowMs() - this.#lostSinceMs <= CATCH_UP_MS) {
      throw new ChainUnavailable(`${why}: its node may be behind.`);
    }
    const advice = 'it was begun anew, or has undone what was final. Tell the auditor.';
    throw new Refusal('anchor-lost', `${why}: ${advice}`, { size, anchored });
  }

  #failed(code: string, why: string): void {
    const isNews = this.#problem?.code !== code;
    this.#problem = { code, why };
    if (isNews) this.#parts.tell({ ...this.#place, code, why });
  }

  #solved(): void {
    if (this.#problem === undefined) return;
    this.#problem = undefined;
    this.#parts.tell({ ...this.#place, code: 'anchors-again', why: 'It anchors again.' });
  }
}

async function within(patienceMs: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new StoreUnavailable(`The store does not answer within ${patienceMs} ms.`));
  }, patienceMs);
  timer.unref();
  await Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}

function problemOf(error: unknown): Problem {
  const isExpected =
    error instanceof Refusal ||
    error instanceof ChainUnavailable ||
    error instanceof StoreUnavailable;
  const code = isExpected ? error.code : 'failed';
  return { code, why: error instanceof Error ? error.message : String(error) };
}
