import { hasEventPlan } from './event-days.ts';
import { type BillLine, type MonthBill, type MonthFacts, monthBill } from './month-bill.ts';
import type { AnyTariff } from './tariff-v2.ts';

/** One line of both bills. A line that one of them has not is zero there. */
export interface PreviewLine {
  readonly key: string;
  readonly draftMicros: bigint;
  readonly currentMicros: bigint;
  readonly differenceMicros: bigint;
}

export interface TariffPreview {
  readonly draft: MonthBill;
  readonly current: MonthBill;
  readonly lines: readonly PreviewLine[];
  /** Draft less current: what the tenant would have paid more. */
  readonly differenceMicros: bigint;
}

/**
 * What a past month would have cost under a draft, beside the version in force: the same use and the
 * same terms, each tariff taken as if it applied for the whole month, whatever its own dates say. Lines
 * stand in the order of the draft's bill, then those of the current one alone. Where the two need
 * other terms or facts, give those of both: pools and event days that one has no rule for are no concern
 * of it. Refuses what `monthBill` refuses.
 */
export function previewTariff(
  draft: AnyTariff,
  current: AnyTariff,
  facts: MonthFacts,
): TariffPreview {
  const bills = {
    draft: monthBill(draft, factsUnder(draft, facts)),
    current: monthBill(current, factsUnder(current, facts)),
  };
  const keys = new Set([...bills.draft.lines, ...bills.current.lines].map(({ key }) => key));
  const lines = [...keys].map((key) => {
    const draftMicros = amountOf(bills.draft.lines, key);
    const currentMicros = amountOf(bills.current.lines, key);
    return { key, draftMicros, currentMicros, differenceMicros: draftMicros - currentMicros };
  });
  const differenceMicros = bills.draft.totalMicros - bills.current.totalMicros;
  return { ...bills, lines, differenceMicros };
}

function factsUnder(tariff: AnyTariff, facts: MonthFacts): MonthFacts {
  const { eventDates = [], pools = [] } = facts;
  const shares = tariff.v === 2 ? (tariff.shares ?? []) : [];
  return {
    ...facts,
    eventDates: eventDates.filter((date) => hasEventPlan(tariff, date)),
    pools: pools.filter((pool) => shares.some(({ share }) => share === pool.share)),
  };
}

function amountOf(lines: readonly BillLine[], wanted: string): bigint {
  return lines.find(({ key }) => key === wanted)?.amountMicros ?? 0n;
}
