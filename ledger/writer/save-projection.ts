import type { Projection } from '../store/port.ts';
import { accountDoc, bridgeDoc, meterDoc } from './projection.ts';
import type { SiteState } from './site-state.ts';

/** What changed since the last projection; call `markProjected` once it is saved. */
export function projectionOf(state: SiteState): Projection {
  return {
    leaf: state.size,
    record: state.records,
    accounts: documents(state.accounts, (account) => accountDoc(account, state)),
    meters: documents(state.meters, meterDoc),
    bridges: documents(state.bridges, bridgeDoc),
    balances: dirtyBalances(state),
    accountIndex: freshLeaves(state),
    meterIndex: freshRecords(state),
  };
}

/** Only after the store has it: what is marked and then not written would be lost to every index. */
export function markProjected(state: SiteState): void {
  for (const book of state.books.values()) book.dirty = false;
  for (const account of state.accounts.values()) {
    account.freshLeaves = [];
    account.dirty = false;
  }
  for (const meter of state.meters.values()) {
    meter.freshRecords = [];
    meter.dirty = false;
  }
  for (const bridge of state.bridges.values()) bridge.dirty = false;
}

function dirtyBalances(state: SiteState): Map<string, bigint> {
  const balances = new Map<string, bigint>();
  for (const book of state.books.values()) {
    if (book.dirty) balances.set(book.name, book.micros);
  }
  return balances;
}

function freshLeaves(state: SiteState) {
  const index = new Map<string, { n: number; leaf: number }[]>();
  for (const account of state.accounts.values()) {
    const { freshLeaves: leaves, n } = account;
    if (leaves.length === 0) continue;
    const first = n - leaves.length;
    index.set(
      account.account,
      leaves.map((leaf, i) => ({ n: first + i, leaf })),
    );
  }
  return index;
}

function freshRecords(state: SiteState): Map<string, readonly number[]> {
  const index = new Map<string, readonly number[]>();
  for (const meter of state.meters.values()) {
    if (meter.freshRecords.length > 0) index.set(meter.meter, meter.freshRecords);
  }
  return index;
}

function documents<T extends { dirty: boolean }>(
  states: ReadonlyMap<string, T>,
  write: (state: T) => string,
): Map<string, string> {
  const docs = new Map<string, string>();
  for (const [id, state] of states) if (state.dirty) docs.set(id, write(state));
  return docs;
}
