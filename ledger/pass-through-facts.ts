import { SITE_ACCOUNT } from './core/event.ts';
import type { StoreReader } from './store/port.ts';

/** An event that a proof bundle proves by itself. */
export interface NamedEvent {
  readonly account: string;
  readonly n: number;
  readonly leaf: number;
}

const SHARE =
  /"share":\{"settled":\{"hash":"[0-9a-f]{64}","n":([0-9]+)\},"statement":\{"hash":"[0-9a-f]{64}","n":([0-9]+)\}\}/;

/**
 * What a returned surplus leans on, for each of those in the opened events: the settled period, the grid's bills
 * and the policy that it names, and the account's statement of that period where that is before the range.
 */
export function surplusFacts(
  store: StoreReader,
  site: string,
  { account, first, opened }: { account: string; first: number; opened: readonly string[] },
): NamedEvent[] {
  const places = new Map<string, NamedEvent>();
  const name = (id: string, n: number) => {
    const [leaf] = store.accountLeaves(site, id, n, n + 1);
    if (leaf === undefined) return undefined;
    places.set(`${id}/${n}`, { account: id, n, leaf });
    return leaf;
  };
  for (const text of opened) {
    const share = SHARE.exec(text);
    if (share === null) continue;
    const statement = Number(share[2]);
    if (statement < first) name(account, statement);
    const leaf = name(SITE_ACCOUNT, Number(share[1]));
    const [settled = ''] = leaf === undefined ? [] : store.readEvents(site, [leaf]);
    for (const n of namedBy(settled)) name(SITE_ACCOUNT, n);
  }
  return [...places.values()];
}

function namedBy(text: string): number[] {
  const { data }: { data?: { bills: readonly { n: number }[]; policy: { n: number } } } =
    text === '' ? {} : JSON.parse(text);
  return data === undefined ? [] : [data.policy.n, ...data.bills.map(({ n }) => n)];
}
