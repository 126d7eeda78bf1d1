import { assert } from '../core/assert.ts';
import { SITE_ACCOUNT } from '../core/event.ts';
import type { LogSucceeded } from '../core/event-data.ts';
import type { Primitives } from '../core/primitives.ts';
import { Refusal } from '../core/refusal.ts';
import type { SiteRow, Store } from '../store/port.ts';
import { StoreFenced } from '../store/store-errors.ts';
import { acceptBatch, type VerifiedBatch } from './accept-batch.ts';
import type { CommandResult } from './commands.ts';
import { Documents } from './documents.ts';
import { sha256Hex } from './fast-hash.ts';
import { EventAppender, SiteGroup, siteAccount, type WrapKey } from './group.ts';
import type { ReadAccountEvents } from './issue-statement.ts';
import { loadSite, readAccountEvents } from './load-site.ts';
import type { Command } from './messages.ts';
import { RefusedHalfway } from './refused-halfway.ts';
import { runCommand } from './run-command.ts';
import { markProjected, projectionOf } from './save-projection.ts';
import { type MeterState, SiteState } from './site-state.ts';

export type Outcome =
  | { readonly ok: true; readonly result: CommandResult }
  | { readonly ok: false; readonly refusal: Refusal };

export interface WriterOptions {
  readonly store: Store;
  readonly now: () => number;
  readonly wrap: WrapKey;
  readonly unwrap: (site: string, account: string, year: number, wrapped: Uint8Array) => Uint8Array;
  readonly primitives: Primitives;
}

/** Events after which the projection is saved even when there is no pause. */
const PROJECT_EVERY = 50_000;

/**
 * The one place where a site's state changes. Commands are taken in order into a group a site; `commit`
 * makes all of them durable in one step, and only then may anybody be answered. When a commit fails,
 * the memory of its sites is thrown away, and read again from the store when it is asked for next, as
 * after a crash: recovery is the normal path, and an outage may last as long as it likes.
 */
export class Writer {
  /** What is in memory and as the store has it. */
  readonly sites = new Map<string, SiteState>();
  /** Sites of this writer that have to be read again. */
  readonly #doubtful = new Set<string>();
  readonly #options: WriterOptions;
  readonly #appender: EventAppender;
  readonly #groups = new Map<string, SiteGroup>();
  readonly #projected = new Map<string, number>();

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#appender = new EventAppender(options.now, options.wrap);
    const owned = new Set(options.store.owned());
    for (const row of options.store.sites()) if (owned.has(row.site)) this.#load(row);
  }

  /** Takes a site in that the store owns from now on; it is read when it is asked for. */
  adopt(site: string): void {
    this.#doubt(site);
  }

  /** Lets a site go; what was taken of it and not committed is forgotten. */
  drop(site: string): void {
    this.sites.delete(site);
    this.#groups.delete(site);
    this.#projected.delete(site);
    this.#doubtful.delete(site);
  }

  /** State of a site, read again if it was in doubt; undefined when the site is not this writer's. */
  state(site: string): SiteState | undefined {
    if (this.#doubtful.has(site)) this.#reload(site);
    return this.sites.get(site);
  }

  /** Makes a site known after `Store.createSite`; its own account is opened as the first event, not yet committed. */
  openSite(site: string): void {
    const row = this.#options.store.sites().find((known) => known.site === site);
    if (row === undefined) return;
    const state = this.sites.get(site) ?? new SiteState(row);
    if (state.accounts.has(SITE_ACCOUNT)) return;
    this.sites.set(site, state);
    this.#projected.set(site, 0);
    const group = this.#group(state);
    const nowMs = this.#options.now();
    const account = state.newAccount(SITE_ACCOUNT, new Date(nowMs).toISOString());
    const data = { currency: state.currency, zone: state.zone };
    this.#appender.append(group, account, 'account.opened', data, nowMs);
  }

  /**
   * Gives a site another log, which has the events of the one before and says so in its next one; durable
   * when it returns the tree with that event. For nobody but who owns the store while no service runs.
   */
  succeed(
    site: string,
    renamed: { readonly origin: string; readonly vkey: string },
    data: LogSucceeded,
  ): { readonly size: number; readonly root: Uint8Array } {
    const state = this.sites.get(site);
    assert(state !== undefined, 'who plans a succession knows the site');
    const group = this.#group(state);
    state.origin = renamed.origin;
    group.renamed = renamed;
    const fields = { ...data, kept: { ...data.kept } };
    this.#appender.append(group, siteAccount(state), 'log.succeeded', fields);
    this.commit();
    this.project(state);
    return { size: state.size, root: state.tree.root() };
  }

  /**
   * Takes one command into the group of its site. Nothing is durable yet. Throws `RefusedHalfway` where a
   * command is refused after it appended: then the group must be forgotten.
   */
  take(command: Command): Outcome {
    const state = this.state(command.site);
    if (state === undefined) {
      const params = { site: command.site.slice(0, 64) };
      const refusal = new Refusal('site-unknown', `There is no site ${params.site}.`, params);
      return { ok: false, refusal };
    }
    const group = this.#group(state);
    const before = group.additions;
    try {
      return { ok: true, result: this.#run(group, command) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (group.additions !== before) throw new RefusedHalfway(error);
      return { ok: false, refusal: error };
    }
  }

  takeBatch(batch: VerifiedBatch): Outcome {
    const state = this.state(batch.site);
    if (state === undefined) throw new Error('a verified batch names a known site');
    try {
      const answer = acceptBatch(this.#appender, this.#group(state), batch, (_, meter, seq) =>
        this.#storedHash(state, meter, seq),
      );
      if (answer instanceof Refusal) return { ok: false, refusal: answer };
      return { ok: true, result: { ...answer } };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { ok: false, refusal: error };
    }
  }

  /** Events and records taken but not committed. */
  get pending(): number {
    let pending = 0;
    for (const group of this.#groups.values()) pending += group.events.length;
    return pending;
  }

  /**
   * Makes everything taken so far durable, all sites in one transaction. Throws what the store throws;
   * then the callers know nothing, and memory is read again before it answers anybody.
   */
  commit(): void {
    const groups = [...this.#groups.values()].filter((group) => !group.empty);
    this.#groups.clear();
    if (groups.length === 0) return;
    try {
      this.#options.store.commit(groups.map(storedGroup), this.#options.now());
    } catch (error) {
      for (const { state } of groups) this.#doubt(state.site);
      throw error;
    }
  }

  /** Saves the projections that have fallen far behind. What is committed stays so if this throws. */
  projectLate(): void {
    for (const state of this.sites.values()) {
      if (state.size - (this.#projected.get(state.site) ?? 0) >= PROJECT_EVERY) this.project(state);
    }
  }

  /** Gives up what was taken and reads the store again: after a mistake of our own. */
  forget(): void {
    for (const site of [...this.#groups.keys()]) this.#doubt(site);
  }

  /** Saves what changed since the last projection; after it a start has no tail to replay. */
  project(state: SiteState): void {
    this.#options.store.saveProjection(state.site, projectionOf(state));
    markProjected(state);
    this.#projected.set(state.site, state.size);
  }

  projectAll(): void {
    for (const state of this.sites.values()) {
      if (this.#projected.get(state.site) !== state.size || hasDirty(state)) this.project(state);
    }
  }

  /** Hash of an accepted record of the meter's current epoch, by its distance from the newest one. */
  #storedHash(state: SiteState, meter: MeterState, seq: number): string | undefined {
    const { store } = this.#options;
    const fresh = meter.freshRecords;
    const all = [...store.meterRecords(state.site, meter.meter), ...fresh];
    const index = all[all.length - 1 - (meter.seq - seq)];
    if (index === undefined) return undefined;
    const pending = this.#groups.get(state.site);
    const [text = ''] =
      pending !== undefined && index >= pending.firstRecord
        ? [pending.batches.flatMap(({ records }) => records)[index - pending.firstRecord]]
        : store.readRecords(state.site, [index]);
    return sha256Hex(text);
  }

  /** The last projection of a site and the tail beyond it. */
  #reload(site: string): void {
    const { store } = this.#options;
    const row = store.sites().find((known) => known.site === site);
    if (row === undefined || !store.owned().includes(site))
      throw new StoreFenced(`This process does not write for site ${site}.`);
    this.#load(row);
  }

  #load(row: SiteRow): void {
    const state = loadSite(this.#options.store, row, this.#options.unwrap);
    this.#doubtful.delete(row.site);
    this.sites.set(row.site, state);
    this.#projected.set(row.site, state.size - tailLength(state));
  }

  #doubt(site: string): void {
    this.drop(site);
    this.#doubtful.add(site);
  }

  #group(state: SiteState): SiteGroup {
    const known = this.#groups.get(state.site);
    if (known !== undefined) return known;
    const group = new SiteGroup(state);
    this.#groups.set(state.site, group);
    return group;
  }

  /** Runs a command, or answers with the result it had when it was first sent. */
  #run(group: SiteGroup, command: Command): CommandResult {
    const { idempotency } = command;
    if (idempotency === undefined) return this.#dispatch(group, command);
    const pending = group.idempotency.find(({ key }) => key === idempotency.key);
    const known = pending ?? this.#options.store.idempotent(group.state.site, idempotency.key);
    if (known !== undefined) {
      if (known.requestHash !== idempotency.request) {
        throw new Refusal(
          'idempotency-mismatch',
          'This Idempotency-Key was used with another request; take a new key.',
        );
      }
      return { ...JSON.parse(known.response), replayed: true };
    }
    const result = this.#dispatch(group, command);
    group.idempotency.push({
      key: idempotency.key,
      requestHash: idempotency.request,
      response: JSON.stringify({ ...result, token: undefined }),
    });
    return result;
  }

  #dispatch(group: SiteGroup, command: Command): CommandResult {
    const { store, primitives } = this.#options;
    const documents = new Documents(store, group);
    const readEvents: ReadAccountEvents = (account, fromN) =>
      readAccountEvents(store, group, account, fromN);
    const context = { appender: this.#appender, group, documents, readEvents, primitives };
    return runCommand(context, command);
  }
}

function tailLength(state: SiteState): number {
  let length = 0;
  for (const { freshLeaves } of state.accounts.values()) length += freshLeaves.length;
  return length;
}

function hasDirty(state: SiteState): boolean {
  return (
    [...state.books.values()].some(({ dirty }) => dirty) ||
    [...state.accounts.values()].some(({ dirty }) => dirty) ||
    [...state.bridges.values()].some(({ dirty }) => dirty) ||
    [...state.meters.values()].some(({ dirty }) => dirty)
  );
}

function storedGroup(group: SiteGroup) {
  return {
    site: group.state.site,
    firstLeaf: group.firstLeaf,
    commitments: Buffer.from(group.commitments.join(''), 'hex'),
    events: group.events,
    firstRecord: group.firstRecord,
    batches: group.batches,
    nodes: group.nodes,
    keys: group.keys,
    statements: group.statements,
    idempotency: group.idempotency,
    directory: group.directory,
    evidence: group.evidence,
    renamed: group.renamed,
  };
}
