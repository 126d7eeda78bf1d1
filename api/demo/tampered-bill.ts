import * as z from 'zod';
import { canonicalize } from '../../ledger/core/canonical-json.ts';
import { formatMicros, parseMicros } from '../../ledger/core/decimal.ts';
import { showNumber } from '../../ledger/core/words/format.ts';

/** A forged bill, and in words what was done to it. */
export interface TamperedBill {
  readonly text: string;
  readonly what: string;
}

const BUNDLE = z.looseObject({ openings: z.array(z.looseObject({ event: z.string() })) });
const CHARGE = z.object({
  type: z.string(),
  data: z.object({
    meter: z.string(),
    to: z.object({ at: z.string() }),
    lines: z.array(z.object({ period: z.string(), price: z.string(), qty: z.string() })),
  }),
});

/**
 * A copy of a bundle in which one interval is charged at a price 30 % higher than the published one, as
 * a landlord might who edits his own records. Undefined where nothing was charged.
 */
export function tamper(bundle: string): TamperedBill | undefined {
  const parsed = BUNDLE.parse(JSON.parse(bundle));
  const { openings } = parsed;
  for (let i = Math.floor(openings.length / 2); i < openings.length; i += 1) {
    const opening = openings[i];
    const charge = CHARGE.safeParse(JSON.parse(opening?.event ?? '{}')).data;
    const [line, ...others] = charge?.data.lines ?? [];
    if (opening === undefined || charge === undefined || line === undefined) continue;
    if (others.length > 0 || parseMicros(line.qty) === 0n) continue;
    const raised = formatMicros((parseMicros(line.price) * 13n) / 10n);
    opening.event = opening.event.replace(`"price":"${line.price}"`, `"price":"${raised}"`);
    const [from, to] = [showNumber(line.price), showNumber(raised)];
    const { meter, to: end } = charge.data;
    return {
      text: canonicalize(JSON.parse(JSON.stringify(parsed))),
      what: `the price of meter ${meter} until ${end.at} (${line.period}) was changed from ${from} to ${to}`,
    };
  }
  return undefined;
}
