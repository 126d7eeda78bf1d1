import { CompactRange } from '../core/compact-range.ts';
import { SITE_ACCOUNT } from '../core/event.ts';
import { statementIssued } from '../core/event-data.ts';
import { treeBorder } from '../log-reader.ts';
import type { SiteRow, Store, StoreReader } from '../store/port.ts';
import { applyRule, readStored } from './apply-event.ts';
import { SaltKey, sha256Bytes } from './fast-hash.ts';
import type { SiteGroup } from './group.ts';
import { LogReplay } from './log-replay.ts';
import { type RestoredAccount, restoreAccount, restoreBridge, restoreMeter } from './projection.ts';
import { type AccountState, SiteState } from './site-state.ts';

const PAGE = 500;

type Unwrap = (site: string, account: string, year: number, wrapped: Uint8Array) => Uint8Array;

/** Brings a site into memory: its last projection, then every event and record after it. */
export function loadSite(store: Store, row: SiteRow, unwrap: Unwrap): SiteState {
  const state = new SiteState(row);
  const saved = store.loadProjection(row.site);
  const keys = keysByAccount(store, row.site, unwrap);
  const pending: { account: AccountState; leaf: number }[] = [];
  for (const [id, text] of saved.accounts) {
    const restored = restoreAccount(state, id, text, keys.get(id) ?? []);
    const { account, statementLeaf } = restored;
    if (statementLeaf !== undefined) pending.push({ account, leaf: statementLeaf });
    if (id === SITE_ACCOUNT) restoreRules(store, state, restored);
  }
  for (const { account, leaf } of pending) restoreStatement(store, state, account, leaf);
  for (const [id, text] of saved.bridges) restoreBridge(state, id, text);
  for (const [id, text] of saved.meters) restoreMeter(state, id, text);
  for (const [book, micros] of saved.balances) state.book(book).micros = micros;
  state.records = saved.record;
  state.tree = CompactRange.restore(treeBorder(store, row.site, saved.leaf), sha256Bytes);
  const replay = new LogReplay(state);
  for (const segment of store.segments(row.site, saved.leaf, saved.record)) replay.apply(segment);
  replay.finish();
  for (const [id, list] of keys) {
    const account = state.accounts.get(id);
    for (const { year, key } of list) account?.keys.set(year, new SaltKey(key));
  }
  restoreTokens(store, state);
  return state;
}

/** Enrolment tokens are in no event, so a tail has none; the directory has them since their commit. */
function restoreTokens(store: StoreReader, state: SiteState): void {
  let after = '';
  for (;;) {
    const rows = store.directoryPage(state.site, 'bridge', after, PAGE);
    for (const { id, doc } of rows) {
      const { tokenHash = '' }: { tokenHash?: string } = JSON.parse(doc);
      const bridge = state.bridge(id);
      bridge.dirty ||= bridge.tokenHash !== tokenHash;
      bridge.tokenHash = tokenHash;
      after = id;
    }
    if (rows.length < PAGE) return;
  }
}

/** Texts of an account's events from `fromN` on: those committed, then those of the open group. */
export function* readAccountEvents(
  store: Store,
  group: SiteGroup,
  account: AccountState,
  fromN: number,
): Generator<string> {
  const { site } = group.state;
  const fresh = account.freshLeaves;
  const firstFresh = account.n - fresh.length;
  const saved =
    fromN < firstFresh ? store.accountLeaves(site, account.account, fromN, firstFresh) : [];
  const leaves = [...saved, ...fresh.slice(Math.max(0, fromN - firstFresh))];
  const committed = leaves.filter((leaf) => leaf < group.firstLeaf);
  yield* store.readEvents(site, committed);
  for (const leaf of leaves.slice(committed.length)) {
    yield group.events[leaf - group.firstLeaf] ?? '';
  }
}

function keysByAccount(store: Store, site: string, unwrap: Unwrap) {
  const keys = new Map<string, { year: number; key: Uint8Array }[]>();
  for (const { account, year, wrapped } of store.accountKeys(site)) {
    const list = keys.get(account) ?? [];
    list.push({ year, key: unwrap(site, account, year, wrapped) });
    keys.set(account, list);
  }
  return keys;
}

/** Tariffs and what else prices depend on, in the order in which they were logged. */
function restoreRules(
  store: Store,
  state: SiteState,
  { tariffFacts, ruleFacts }: Pick<RestoredAccount, 'tariffFacts' | 'ruleFacts'>,
): void {
  const leaves = [...tariffFacts, ...ruleFacts].map(({ leaf }) => leaf).sort((a, b) => a - b);
  let at = 0;
  for (const text of store.readEvents(state.site, leaves)) {
    applyRule(state, readStored(text), leaves[at] ?? 0);
    at += 1;
  }
}

function restoreStatement(
  store: Store,
  state: SiteState,
  account: AccountState,
  leaf: number,
): void {
  const [text = '{}'] = [...store.readEvents(state.site, [leaf])];
  const event: { n: number; data: unknown } = JSON.parse(text);
  account.lastStatement = { n: event.n, leaf, data: statementIssued(event.data, '/data') };
}
