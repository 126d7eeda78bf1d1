import type { StoreReader } from '../store/port.ts';

/** Many more than the chains of a log: a gap this small is looked at one by one. */
const MOST_LOOKED_AT = 32;
/** Canonical: members of an event are in the order of their names. */
const TELLS_ANCHOR = /"type":"anchor\.confirmed","v":1\}$/;

/**
 * Whether anything but news of anchors was logged in `[from, to)`. An anchor is told by an event; were
 * that news, each anchor would need another one.
 */
export function hasNews(store: StoreReader, site: string, from: number, to: number): boolean {
  if (to - from > MOST_LOOKED_AT) return true;
  const leaves = Array.from({ length: to - from }, (_, i) => from + i);
  for (const text of store.readEvents(site, leaves)) if (!TELLS_ANCHOR.test(text)) return true;
  return false;
}
