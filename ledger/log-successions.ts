import { type LedgerEvent, parseEvent, SITE_ACCOUNT } from './core/event.ts';
import { type LogName, logNames } from './core/log-names.ts';
import type { SiteRow, StoreReader } from './store/port.ts';

/** An event that says that this log took the place of another one, and where it stands. */
export interface Succession {
  readonly event: LedgerEvent;
  readonly index: number;
}

const TELLS = /"type":"log\.succeeded","v":1\}$/;

/** All successions of a site's log, the oldest first: almost always none, which costs one look. */
export function successionsOf(store: StoreReader, { site, origin }: SiteRow): Succession[] {
  if (store.size(site).leaves === 0) return [];
  const [first = ''] = store.readEvents(site, [0]);
  if (parseEvent(first).log === origin) return [];
  const found: Succession[] = [];
  const leaves = store.accountLeaves(site, SITE_ACCOUNT, 0, Number.MAX_SAFE_INTEGER);
  let at = 0;
  for (const text of store.readEvents(site, leaves)) {
    const index = leaves[at++] ?? 0;
    if (TELLS.test(text)) found.push({ event: parseEvent(text), index });
  }
  // The index ends where the projection does.
  const { leaf, record } = store.loadProjection(site);
  for (const segment of store.segments(site, leaf, record)) {
    for (const [i, text] of segment.events.entries()) {
      if (TELLS.test(text)) found.push({ event: parseEvent(text), index: segment.firstLeaf + i });
    }
  }
  return found;
}

/** The names that the events of a site's log bear. */
export function namesOf(store: StoreReader, row: SiteRow): readonly LogName[] {
  return logNames(row.origin, successionsOf(store, row));
}

/**
 * Where a reader goes on who had come to `leaf` under the name `origin`: what the log that bore it had beyond the
 * place where another one took over is lost, and stands there anew.
 */
export function leafSince(names: readonly LogName[], origin: string, leaf: number): number {
  const at = names.findIndex((name) => name.origin === origin);
  const next = names[(at < 0 ? names.length - 1 : at) - 1];
  return next === undefined ? leaf : Math.min(leaf, next.from);
}
