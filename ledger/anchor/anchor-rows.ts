import { assert } from '../core/assert.ts';
import type { SqlRow } from '../store/postgres/bridge-messages.ts';
import { numberIn, textIn } from '../store/postgres/columns.ts';
import type { Anchor } from './anchor-store.ts';

/** A row of the table `anchors` in PostgreSQL, with `at_ms` as `atMs`. */
export function anchorIn(row: SqlRow): Anchor {
  const [kind, network] = [textIn(row, 'kind'), textIn(row, 'network')];
  assert(kind === 'fabric' || kind === 'ethereum', 'a kind of chain');
  assert(network === 'real' || network === 'development', 'a kind of network');
  return {
    ...{ size: numberIn(row, 'size'), note: textIn(row, 'note'), kind, network },
    ...{ atMs: numberIn(row, 'atMs'), place: textIn(row, 'place') },
  };
}
