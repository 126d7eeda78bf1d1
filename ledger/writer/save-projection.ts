import { SITE_ACCOUNT } from '../core/event.ts';
import type { Projection } from '../store/port.ts';
import { accountDoc, bridgeDoc, meterDoc } from './projection.ts';
import type { SiteState } from './site-state.ts';

/** Collects what changed since the last projection and marks it as saved. */
export function projectionOf(state: SiteState): Projection {
  const projection: Projection = {
    leaf: state.size,
    record: state.records,
    accounts: documents(state.accounts, (account) =>
      accountDoc(account, account.account === SITE_ACCOUNT ? state.tariffFacts : undefined),
    ),
    meters: documents(state.meters, meterDoc),
    bridges: documents(state.bridges, bridgeDoc),
    balances: new Map([...state.dirtyBooks].map((book) => [book, state.books.get(book) ?? 0n])),
    accountIndex: new Map(state.newLeaves),
    meterIndex: new Map(state.newRecords),
  };
  state.dirtyBooks.clear();
  state.newLeaves.clear();
  state.newRecords.clear();
  return projection;
}

function documents<T extends { dirty: boolean }>(
  states: ReadonlyMap<string, T>,
  write: (state: T) => string,
): Map<string, string> {
  const docs = new Map<string, string>();
  for (const [id, state] of states) {
    if (!state.dirty) continue;
    docs.set(id, write(state));
    state.dirty = false;
  }
  return docs;
}
