import { enrolledKeys } from '../bridge-keys.ts';
import { Checkpointer } from '../checkpointer.ts';
import type { Later } from '../clock.ts';
import { Refusal } from '../core/refusal.ts';
import { formatVerifierKey } from '../core/signed-note.ts';
import { nativePrimitives } from '../native-primitives.ts';
import { StoreFenced, StoreFull, StoreUnavailable } from '../store/store-errors.ts';
import { ReplaySweep } from './forget-replays.ts';
import type { KeeperParts } from './keeper-parts.ts';
import { refuseBadSite } from './new-site.ts';
import { answerQuery } from './queries.ts';
import { RefusedAfterCommit } from './refused-after-commit.ts';
import type { NewSite, Request } from './thread-messages.ts';
import { Writer } from './writer.ts';

const IDLE_MS = 250;
/** Between two steps of joining segments, so that a reading that comes meanwhile waits for one at most. */
const COMPACT_PAUSE_MS = 10;
/** After the store was away. */
const AGAIN_MS = 500;

/** Everything that lives in the writer's thread: writer, checkpoints, and what is done at their times. */
export class Keeper {
  readonly #parts: KeeperParts;
  readonly #writer: Writer;
  /** Sites that this process writes for, whether they are in memory yet or not. */
  readonly #served = new Set<string>();
  readonly #checkpointers = new Map<string, Checkpointer>();
  /** Sites that people have to look at first, and why: what they are asked is refused. */
  readonly #barred = new Map<string, Refusal>();
  readonly #sweep: ReplaySweep;
  #simulatedMs: number | undefined;
  #checkpointTimer: Later | undefined;
  #idleTimer: Later | undefined;
  #openTimer: Later | undefined;
  #signedAtMs = Number.NEGATIVE_INFINITY;
  #oldestUnsignedMs: number | undefined;

  /** Refuses `log-behind`, `log-forked`; where the store is shared, such a site is barred instead. */
  constructor(parts: KeeperParts) {
    const { store, clock, wrap } = parts;
    this.#parts = parts;
    this.#sweep = new ReplaySweep(parts);
    this.#writer = new Writer({
      ...{ store, primitives: nativePrimitives() },
      now: () => this.#simulatedMs ?? clock.nowMs(),
      wrap: (site, account, year, key) => wrap.wrap(site, account, year, key),
      unwrap: (site, account, year, wrapped) => wrap.unwrap(site, account, year, wrapped),
    });
    for (const site of store.owned()) {
      this.#served.add(site);
      this.#startLog(site);
    }
    this.#writer.commit();
    if (this.#writer.sites.size > 0) this.#scheduleCheckpoint();
  }

  /** Told to the ledger once the thread stands: what it needs to verify batches by itself. */
  ready(): unknown {
    const { store, shared } = this.#parts;
    return { sites: store.sites(), keys: enrolledKeys(this.#writer.sites), writer: shared?.writer };
  }

  /** Takes one request into the group, or answers it at once when it changes nothing. */
  take(request: Request): unknown {
    switch (request.kind) {
      case 'batch':
        return this.#takeBatch(request);
      case 'command':
        return this.#takeCommand(request);
      case 'query':
        return this.#query(request.query);
      case 'create-site':
        return this.#createSite(request.site);
      case 'take-sites':
        return this.#takeSites(request.sites);
      case 'release-sites':
        return this.#releaseSites(request.sites);
      case 'rejoin':
        return this.#rejoin();
      case 'settle':
        return this.#settle(request.site);
      case 'checkpoint':
        this.commit();
        this.#sign(request.site);
        return this.#sizes();
      case 'clock':
        return this.#setClock(request.nowMs);
      case 'directory':
        this.#mustOwn(request.site);
        return this.#parts.store.putDirectory(request.site, request.row);
      case 'health':
        return this.#health();
      case 'close':
        return this.close();
    }
  }

  commit(): void {
    const news = this.#writer.pending > 0;
    try {
      this.#writer.commit();
    } catch (error) {
      if (error instanceof StoreFenced) this.#dropLost();
      this.#openRest(AGAIN_MS);
      throw error;
    }
    if (news) {
      this.#oldestUnsignedMs ??= this.#parts.clock.elapsedMs();
      this.#scheduleCheckpoint();
    }
    this.onIdle();
    this.#unlessStoreRefuses(() => this.#writer.projectLate());
  }

  /** Takes back what was taken and not committed: after a mistake of our own. */
  forget(): void {
    this.#writer.forget();
  }

  /** Saves projections when nothing has come for a while. */
  onIdle(): void {
    this.#idleTimer?.cancel();
    this.#idleTimer = this.#parts.clock.later(
      IDLE_MS,
      () => {
        if (!this.#unlessStoreRefuses(() => this.#tidyUp())) this.onIdle();
      },
      true,
    );
  }

  #tidyUp(): void {
    this.#writer.projectAll();
    this.#compact();
  }

  /** Brings sites of ours into memory, one a turn: their logs are signed though nobody asks for them. */
  #openRest(afterMs = 0): void {
    this.#openTimer ??= this.#parts.clock.later(
      afterMs,
      () => {
        this.#openTimer = undefined;
        const next = [...this.#served].find((site) => !this.#isOpen(site));
        if (next === undefined) return;
        const isRead = this.#unlessStoreRefuses(() => {
          this.#open(next);
          this.#writer.commit();
        });
        this.#openRest(isRead ? 0 : AGAIN_MS);
      },
      true,
    );
  }

  /** Joins small segments, one bounded step at a time, as long as nothing else is to be done. */
  #compact(): void {
    let hasMore = false;
    this.#unlessStoreRefuses(() => {
      for (const site of this.#writer.sites.keys()) {
        if (this.#parts.store.compact(site)) hasMore = true;
      }
      hasMore ||= this.#sweep.step(this.#writer.sites);
    });
    if (!hasMore) return;
    this.#idleTimer = this.#parts.clock.later(COMPACT_PAUSE_MS, () => this.#compact(), true);
  }

  close(): void {
    this.#cancelTimers();
    this.#unlessStoreRefuses(() => this.commit());
    this.#cancelTimers();
    // Both only save work for the next start, which does them again.
    this.#unlessStoreRefuses(() => this.#sign());
    this.#unlessStoreRefuses(() => this.#writer.projectAll());
    this.#cancelTimers();
    this.#parts.close();
  }

  #cancelTimers(): void {
    for (const timer of [this.#checkpointTimer, this.#idleTimer, this.#openTimer]) timer?.cancel();
  }

  #takeCommand({ command }: Extract<Request, { kind: 'command' }>): unknown {
    this.#mustOwn(command.site);
    const outcome = this.#writer.take(command);
    if (!outcome.ok) throw outcome.refusal;
    return outcome.result;
  }

  #takeBatch({ batch }: Extract<Request, { kind: 'batch' }>): unknown {
    this.#mustOwn(batch.site);
    const outcome = this.#writer.takeBatch(batch);
    // Text crosses between threads at a fraction of what an object with many keys costs.
    if (outcome.ok) return JSON.stringify(outcome.result);
    if (outcome.refusal.code === 'equivocation') throw new RefusedAfterCommit(outcome.refusal);
    throw outcome.refusal;
  }

  /** Becomes the writer of more sites; says of which. They are read when they are asked for. */
  #takeSites(sites: readonly string[]): readonly string[] {
    const taken = this.#parts.shared?.take(sites) ?? [];
    for (const site of taken) {
      this.#drop(site);
      this.#served.add(site);
      this.#writer.adopt(site);
    }
    this.#openRest();
    return taken;
  }

  /** Ends the work on some sites so that their next owner has none of it to do. */
  #releaseSites(sites: readonly string[]): void {
    this.commit();
    for (const site of sites) {
      const state = this.#writer.sites.get(site);
      if (state === undefined) continue;
      this.#unlessStoreRefuses(() => this.#sign(site));
      this.#unlessStoreRefuses(() => this.#writer.project(state));
    }
    for (const site of sites) this.#drop(site);
    this.#parts.shared?.release(sites);
  }

  #rejoin(): number {
    for (const site of this.#served) this.#drop(site);
    this.#parts.shared?.rejoin();
    return this.#parts.shared?.writer ?? 0;
  }

  /** After somebody else has taken over: what is not ours any more is forgotten. */
  #dropLost(): void {
    const owned = new Set(this.#parts.store.owned());
    for (const site of this.#served) if (!owned.has(site)) this.#drop(site);
  }

  #drop(site: string): void {
    this.#served.delete(site);
    this.#writer.drop(site);
    this.#checkpointers.delete(site);
    this.#barred.delete(site);
  }

  /** Refuses `site-moved` where another process writes, and what bars a site. */
  #mustOwn(site: string): void {
    if (this.#parts.shared === undefined) return;
    if (!this.#served.has(site)) {
      const params = { site: site.slice(0, 64) };
      throw new Refusal('site-moved', `Another process writes for site ${params.site}.`, params);
    }
    if (!this.#isOpen(site)) this.#open(site);
    const barred = this.#barred.get(site);
    if (barred !== undefined) throw barred;
  }

  /** A site whose log could not be read yet is not open: it would take requests and sign nothing. */
  #isOpen(site: string): boolean {
    if (this.#barred.has(site)) return true;
    return this.#writer.sites.has(site) && this.#checkpointers.has(site);
  }

  /** Has a site of ours in memory, and its log ready to be signed; or bars it. */
  #open(site: string): void {
    this.#unlessRefused(site, () => {
      if (this.#writer.state(site) === undefined || this.#checkpointers.has(site)) return;
      this.#startLog(site);
    });
  }

  #setClock(nowMs: number | undefined): void {
    if (!this.#parts.simulatedClock) {
      throw new Refusal('clock-is-real', 'The clock can be set in the demonstration only.');
    }
    this.#simulatedMs = nowMs;
  }

  #now(): number {
    return this.#simulatedMs ?? this.#parts.clock.nowMs();
  }

  #query(query: Extract<Request, { kind: 'query' }>['query']): unknown {
    this.#mustOwn(query.site);
    const state = this.#writer.state(query.site);
    if (state === undefined) {
      throw new Refusal('site-unknown', `There is no site ${query.site.slice(0, 64)}.`);
    }
    return answerQuery(state, query, this.#now());
  }

  #createSite(site: NewSite): unknown {
    refuseBadSite(site);
    const vkey = formatVerifierKey(this.#parts.signerOf(site).key);
    this.#parts.store.createSite({ ...site, vkey }, this.#now());
    this.#served.add(site.site);
    this.#writer.openSite(site.site);
    this.#writer.commit();
    this.#startLog(site.site);
    this.#sign(site.site);
    return { ...site, vkey };
  }

  #startLog(site: string): void {
    const state = this.#writer.sites.get(site);
    if (state === undefined) return;
    const { last, store, signerOf } = this.#parts;
    const checkpointer = new Checkpointer(site, signerOf(state), last, store);
    checkpointer.repair(this.#now());
    this.#checkpointers.set(site, checkpointer);
    // A crash may have come between the site's row and its first event.
    this.#writer.openSite(site);
    if (checkpointer.publishedSize < state.size) this.#scheduleCheckpoint();
  }

  /** At least one checkpoint every `checkpointMs` while there is news, and none without. */
  #scheduleCheckpoint(afterMs = this.#parts.checkpointMs): void {
    if (this.#checkpointTimer !== undefined) return;
    const { clock } = this.#parts;
    const dueMs = this.#signedAtMs + afterMs - clock.elapsedMs();
    this.#checkpointTimer = clock.later(Math.max(0, dueMs), () => {
      this.#checkpointTimer = undefined;
      if (this.#unlessStoreRefuses(() => this.#sign())) return;
      this.#signedAtMs = clock.elapsedMs();
      this.#scheduleCheckpoint(AGAIN_MS);
    });
  }

  /** Of one site when it is named. */
  #sign(only?: string): void {
    if (only === undefined) {
      this.#checkpointTimer?.cancel();
      this.#checkpointTimer = undefined;
    }
    for (const [site, checkpointer] of this.#checkpointers) {
      if (only !== undefined && site !== only) continue;
      const state = this.#writer.sites.get(site);
      // Only what is committed may be signed: pending events could still be lost.
      if (state === undefined || this.#writer.pending > 0) continue;
      this.#unlessRefused(site, () => {
        if (state.size <= checkpointer.publishedSize) checkpointer.repair(this.#now());
        else checkpointer.publish({ size: state.size, root: state.tree.root() }, this.#now());
      });
    }
    if (only !== undefined) return;
    this.#signedAtMs = this.#parts.clock.elapsedMs();
    this.#oldestUnsignedMs = undefined;
  }

  /** What a log refuses bars its site where there are others; the only one ends with it. */
  #unlessRefused(site: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (this.#parts.shared === undefined || !(error instanceof Refusal)) throw error;
      if (error.code === 'checkpoint-taken') {
        // Somebody else is its owner by now, or was: all of it is read again, if it is still ours.
        this.#checkpointers.delete(site);
        this.#writer.adopt(site);
        this.#openRest(AGAIN_MS);
        return;
      }
      this.#barred.set(site, error);
      this.#writer.drop(site);
    }
  }

  #settle(site: string | undefined): unknown {
    this.commit();
    if (site !== undefined) this.#mustOwn(site);
    const state = site && this.#writer.state(site);
    if (state) this.#writer.project(state);
    else this.#writer.projectAll();
    return this.#sizes();
  }

  #sizes(): Record<string, number> {
    return Object.fromEntries([...this.#writer.sites].map(([site, { size }]) => [site, size]));
  }

  #health(): unknown {
    const nowMs = this.#parts.clock.elapsedMs();
    const checkpointAgeMs = Math.round(nowMs - (this.#oldestUnsignedMs ?? nowMs));
    return { sizes: this.#sizes(), checkpointAgeMs };
  }

  /**
   * Runs what can be done later. False when the store did not take all of it: nothing acknowledged depends
   * on it, and the thread must outlive a full disk, and the other sites one that was taken over.
   */
  #unlessStoreRefuses(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      const isFenced = error instanceof StoreFenced;
      if (isFenced) this.#dropLost();
      if (isFenced || error instanceof StoreFull || error instanceof StoreUnavailable) return false;
      throw error;
    }
  }
}
