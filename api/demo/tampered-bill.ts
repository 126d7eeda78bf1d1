import * as z from 'zod';
import { canonicalize } from '../../ledger/core/canonical-json.ts';
import { formatMicros, parseMicros } from '../../ledger/core/decimal.ts';
import { localTime, showMoney, showNumber } from '../../ledger/core/words/format.ts';

/** A forged bill, and in words what was done to it. */
export interface TamperedBill {
  readonly text: string;
  readonly what: string;
}

const BUNDLE = z.looseObject({ openings: z.array(z.looseObject({ event: z.string() })) });
const CHARGE = z.object({
  type: z.literal('usage.deducted'),
  data: z.object({
    meter: z.string(),
    to: z.object({ at: z.string() }),
    lines: z.array(z.object({ period: z.string(), price: z.string(), amount: z.string() })),
  }),
});

/**
 * A copy of a bundle in which the dearest interval is charged 30 % higher, price, amount and postings
 * alike, as somebody might who can edit the records but not the log. Undefined where nothing was
 * charged. `zone` is that of the bill.
 */
export function tamper(bundle: string, zone: string): TamperedBill | undefined {
  const parsed = BUNDLE.parse(JSON.parse(bundle));
  let dearest: { i: number; charge: z.output<typeof CHARGE>['data'] } | undefined;
  let mostMicros = 0n;
  for (const [i, { event }] of parsed.openings.entries()) {
    const charge = CHARGE.safeParse(JSON.parse(event)).data?.data;
    if (charge?.lines.length !== 1) continue;
    const micros = parseMicros(charge.lines[0]?.amount ?? '0.000000');
    if (micros > mostMicros) [mostMicros, dearest] = [micros, { i, charge }];
  }
  const opening = parsed.openings[dearest?.i ?? -1];
  const [line] = dearest?.charge.lines ?? [];
  if (dearest === undefined || opening === undefined || line === undefined) return undefined;
  const price = raised(line.price, 1n);
  const amount = raised(line.amount, 10_000n);
  opening.event = opening.event
    .replaceAll(`"price":"${line.price}"`, `"price":"${price}"`)
    .replaceAll(`"amount":"${line.amount}"`, `"amount":"${amount}"`)
    .replaceAll(`"amount":"-${line.amount}"`, `"amount":"-${amount}"`);
  const { meter, to } = dearest.charge;
  const { date = '', clock = '' } = localTime(to.at, 'en', zone) ?? {};
  return {
    text: canonicalize(JSON.parse(JSON.stringify(parsed))),
    what:
      `the charge of meter ${meter} that ends on ${date} at ${clock} was raised from ` +
      `${showMoney(line.amount)} to ${showMoney(amount)}, its price (${line.period}) from ` +
      `${showNumber(line.price)} to ${showNumber(price)}`,
  };
}

/** 30 % more, cut to whole steps of micros. */
function raised(decimal: string, stepMicros: bigint): string {
  return formatMicros(((parseMicros(decimal) * 13n) / (10n * stepMicros)) * stepMicros);
}
