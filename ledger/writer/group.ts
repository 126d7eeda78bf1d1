import { randomBytes } from 'node:crypto';
import { assert } from '../core/assert.ts';
import { canonicalize, type JsonObject } from '../core/canonical-json.ts';
import { type EventType, keyYear, SITE_ACCOUNT } from '../core/event.ts';
import { formatTime } from '../core/time.ts';
import { EventIds } from './event-ids.ts';
import { Committer, SaltKey, sha256Bytes } from './fast-hash.ts';
import { followEvent } from './follow-event.ts';
import type { AccountState, SiteState } from './site-state.ts';

/** A statement row for look-ups; its truth is the event. */
export interface StatementRow {
  readonly id: string;
  readonly account: string;
  readonly period: string;
  readonly n: number;
  readonly leaf: number;
}

/** What one site adds to the log in one durable step. */
export class SiteGroup {
  readonly state: SiteState;
  readonly firstLeaf: number;
  readonly firstRecord: number;
  readonly commitments: string[] = [];
  readonly events: string[] = [];
  /** Batches with the number of the group's events that stood before each: a replay keeps the order. */
  readonly batches: { jws: string; records: readonly string[]; eventsBefore: number }[] = [];
  readonly nodes: { level: number; index: number; hash: Uint8Array }[] = [];
  readonly keys: { account: string; year: number; wrapped: Uint8Array }[] = [];
  readonly statements: StatementRow[] = [];
  readonly idempotency: { key: string; requestHash: string; response: string }[] = [];
  readonly directory: { kind: string; id: string; doc: string }[] = [];
  /** The newest text of each document of `directory` that a later command may look for. */
  readonly documents = new Map<string, string>();
  readonly evidence: { id: string; kind: string; at: string; doc: string }[] = [];
  renamed: { readonly origin: string; readonly vkey: string } | undefined;

  constructor(state: SiteState) {
    this.state = state;
    this.firstLeaf = state.size;
    this.firstRecord = state.records;
  }

  /** Grows with whatever a command adds. */
  get additions(): number {
    return this.events.length + this.directory.length + this.evidence.length;
  }

  get empty(): boolean {
    return (
      this.events.length + this.batches.length + this.idempotency.length === 0 &&
      this.directory.length + this.evidence.length + this.keys.length === 0
    );
  }
}

/** Wraps a fresh account-year key for the store. */
export type WrapKey = (site: string, account: string, year: number, key: Uint8Array) => Uint8Array;

/** Appends events to accounts: number, chain, identifier, commitment, leaf. */
export class EventAppender {
  readonly now: () => number;
  readonly #wrap: WrapKey;
  readonly #ids = new EventIds();
  readonly #committer = new Committer();
  readonly #leaf = Buffer.alloc(33);

  constructor(now: () => number, wrap: WrapKey) {
    this.now = now;
    this.#wrap = wrap;
  }

  nextId(): string {
    return this.#ids.next(this.now());
  }

  /** Appends an event of any type; answers its leaf index. */
  append(
    group: SiteGroup,
    account: AccountState,
    type: EventType,
    data: JsonObject,
    atMs: number = this.now(),
    id: string = this.nextId(),
  ): number {
    const at = formatTime(atMs);
    const { n, prev } = account;
    const text = canonicalize({
      v: 1,
      log: group.state.origin,
      account: account.account,
      n,
      prev,
      type,
      at,
      id,
      data,
    });
    const leaf = this.appendText(group, account, text, at, false);
    const event = { type, account: account.account, at, data, n, hash: account.prev };
    followEvent(group.state, account, event);
    return leaf;
  }

  /** Appends a text that the caller has written for the account's next `n` and `prev`. */
  appendText(
    group: SiteGroup,
    account: AccountState,
    text: string,
    at: string,
    ascii: boolean,
  ): number {
    const { state } = group;
    const key = this.#saltKey(group, account, keyYear(at));
    const commitment = this.#committer.commitEvent(key, account.n, text, ascii);
    const leaf = state.size;
    this.#leaf.write(commitment, 1, 'hex');
    state.tree.append(sha256Bytes(this.#leaf), (level, index, node) => {
      if (level % 8 === 0) group.nodes.push({ level, index, hash: node });
    });
    group.commitments.push(commitment);
    group.events.push(text);
    account.freshLeaves.push(leaf);
    account.n += 1;
    account.prev = commitment;
    account.dirty = true;
    return leaf;
  }

  #saltKey(group: SiteGroup, account: AccountState, year: number): SaltKey {
    const known = account.keys.get(year);
    if (known !== undefined) return known;
    const key = new SaltKey(randomBytes(32));
    account.keys.set(year, key);
    const { site } = group.state;
    const wrapped = this.#wrap(site, account.account, year, key.key);
    group.keys.push({ account: account.account, year, wrapped });
    return key;
  }
}

/** The account of the site itself, which exists from the first moment. */
export function siteAccount(state: SiteState): AccountState {
  const account = state.accounts.get(SITE_ACCOUNT);
  assert(account !== undefined, 'a site has its own account');
  return account;
}
