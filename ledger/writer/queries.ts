import { formatMicros } from '../core/decimal.ts';
import { SITE_ACCOUNT } from '../core/event.ts';
import { Refusal } from '../core/refusal.ts';
import { formatTime } from '../core/time.ts';
import { creditLines } from '../core/wallet-terms.ts';
import { anyAccountOf } from './commands.ts';
import { passThroughReport } from './pass-through.ts';
import { type PreviewTopUp, previewTopUp } from './preview-top-up.ts';
import type { FactPlace, MeterState, SiteState } from './site-state.ts';

/** Questions that only the writer's memory answers up to the last commit. */
export type Query = { readonly site: string } & (
  | { readonly ask: 'accounts'; readonly after?: string | undefined; readonly limit: number }
  | { readonly ask: 'account'; readonly account: string }
  | { readonly ask: 'meters'; readonly after?: string | undefined; readonly limit: number }
  | { readonly ask: 'meter'; readonly meter: string }
  | { readonly ask: 'held'; readonly after?: string | undefined; readonly limit: number }
  | { readonly ask: 'bridges' }
  | { readonly ask: 'balances' }
  | { readonly ask: 'tariffs' }
  | { readonly ask: 'pass-through'; readonly wallet: string; readonly period: string }
  | ({ readonly ask: 'top-up-preview' } & Omit<PreviewTopUp, 'at'>)
  | { readonly ask: 'bill-places'; readonly account: string; readonly period: string }
);

/** Where the facts that a bill leans on stand in the log. */
export interface BillPlaces {
  readonly meters: readonly FactPlace[];
  readonly firstUses: readonly FactPlace[];
  readonly tariffs: readonly FactPlace[];
  /** Event days, as `<tariff>/<date>`. */
  readonly rules: readonly FactPlace[];
  readonly keys: readonly {
    readonly bridge: string;
    readonly kid: string;
    readonly leaf: number;
    readonly n: number;
  }[];
}

export function answerQuery(state: SiteState, query: Query, nowMs: number): unknown {
  switch (query.ask) {
    case 'accounts':
      return page(state.accounts.keys(), query, SITE_ACCOUNT);
    case 'account':
      return accountView(state, query.account);
    case 'meters':
      return page(state.meters.keys(), query).map((id) => meterView(state.meter(id)));
    case 'meter': {
      const meter = state.meters.get(query.meter);
      return meter === undefined ? undefined : meterView(meter);
    }
    case 'held': {
      const held = [...state.meters.values()].filter(
        ({ heldReading }) => heldReading !== undefined,
      );
      return page(
        held.map(({ meter }) => meter),
        query,
      ).map((id) => meterView(state.meter(id)));
    }
    case 'bridges':
      return [...state.bridges.values()].map(({ bridge, epoch, keys, tokenHash }) => ({
        bridge,
        epoch,
        awaitingEnrolment: tokenHash !== '',
        keys,
      }));
    case 'balances':
      return [...state.books.values()]
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ name, micros }) => ({
          book: name,
          currency: state.currency,
          balance: formatMicros(micros),
        }));
    case 'tariffs':
      return tariffViews(state);
    case 'pass-through':
      return passThroughReport(state, query.wallet, query.period);
    case 'top-up-preview':
      return previewTopUp(state, { ...query, at: formatTime(nowMs) });
    case 'bill-places':
      return billPlaces(state, query.account, query.period);
  }
}

function accountView(state: SiteState, id: string) {
  const account = state.accounts.get(id);
  if (account === undefined || id === SITE_ACCOUNT) return undefined;
  const meters = [...state.meters.values()].filter((meter) => meter.account === id);
  return {
    account: id,
    openedAt: account.openedAt,
    ...(account.closedAt === undefined ? {} : { closedAt: account.closedAt }),
    n: account.n,
    currency: account.currency,
    wallets: [...account.wallets].map(([wallet, micros]) => ({
      wallet,
      balance: formatMicros(micros),
    })),
    credit: creditLines(account.credit.wallets),
    deposits: [...account.deposits.held].map(([deposit, { left }]) => {
      return { deposit, left: formatMicros(left) };
    }),
    meters: meters.map(({ meter }) => meter).sort(),
    lastStatement: account.lastStatement?.data.period,
  };
}

function meterView(meter: MeterState) {
  const { binding, last, held, heldReading } = meter;
  return {
    meter: meter.meter,
    account: meter.account,
    ...binding,
    epoch: meter.epoch,
    seq: meter.seq,
    ...(last ? { last: { seq: last.seq, at: last.at, value: last.value } } : {}),
    ...(held === undefined ? {} : { held }),
    ...(heldReading
      ? { heldReading: { seq: heldReading.seq, at: heldReading.at, value: heldReading.value } }
      : {}),
  };
}

function tariffViews(state: SiteState) {
  const ids = new Set(state.tariffFacts.map(({ key }) => key.split('/')[0] ?? ''));
  return [...ids].flatMap((id) =>
    state.tariffs.versions(id).map(({ ref, tariff }) => ({ hash: ref.hash, tariff })),
  );
}

function billPlaces(state: SiteState, id: string, period: string): BillPlaces {
  const account = anyAccountOf(state, id);
  const prefix = `${period}/`;
  return {
    meters: account.facts,
    firstUses: [...account.firstUses]
      .filter(([use]) => use.startsWith(prefix))
      .map(([, place]) => place),
    tariffs: state.tariffFacts,
    rules: state.ruleFacts,
    keys: [...state.bridges.values()].flatMap(({ bridge, keys }) =>
      keys.map(({ kid, leaf, n }) => ({ bridge, kid, leaf, n })),
    ),
  };
}

/** Sorting all of them for the few that are asked for would hold up the writer. */
function page(
  ids: Iterable<string>,
  query: { after?: string | undefined; limit: number },
  but?: string,
): string[] {
  const { after = '', limit } = query;
  if (!Number.isInteger(limit) || limit < 1) {
    throw new Refusal('bad-limit', 'Ask for at least one item.');
  }
  const least: string[] = [];
  let last = '';
  for (const id of ids) {
    if (id === but || id <= after || (least.length === limit && id >= last)) continue;
    least.splice(placeOf(least, id), 0, id);
    if (least.length > limit) least.pop();
    last = least.at(-1) ?? '';
  }
  return least;
}

/** Where an id stands among those that are sorted. */
function placeOf(sorted: readonly string[], id: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
