import { formatMicros } from '../decimal.ts';
import { ID, MICROS, object, oneOf, type Read, text } from '../shape.ts';
import { factor } from '../tariff.ts';
import { type Charge, NANO, nanosOf, roundMoney } from './charge.ts';
import type { TaxRule } from './tariff-v2.ts';

/** What a statement says of its tax. `net` + `tax` = `gross`, always. */
export const taxLine = object({
  formula: oneOf('net x percent / 100', 'gross x percent / (100 + percent)'),
  tax: text(ID),
  percent: factor,
  mode: oneOf('inside', 'on-top'),
  net: text(MICROS),
  amount: text(MICROS),
  gross: text(MICROS),
});
export type TaxLine = Read<typeof taxLine>;

/**
 * The tax on all charges of a statement under one tariff, rounded once on their sum, as the rule's own
 * rounding declares. `on-top`: R(charges x percent / 100) is charged beside them. `inside`: R(charges x
 * percent / (100 + percent)) is told and charges nothing more. Charges below zero have a tax below
 * zero. `amountMicros` is the tax, told or charged.
 */
export function taxOf(rule: TaxRule, chargesMicros: bigint): Charge<TaxLine> {
  const { tax, percent, mode, rounding } = rule;
  const rate = nanosOf(percent);
  const whole = 100n * NANO;
  const isInside = mode === 'inside';
  const base = isInside ? whole + rate : whole;
  const amountMicros = roundMoney(chargesMicros * rate, base, rounding, 6);
  const net = isInside ? chargesMicros - amountMicros : chargesMicros;
  const line: TaxLine = {
    formula: isInside ? 'gross x percent / (100 + percent)' : 'net x percent / 100',
    ...{ tax, percent, mode },
    net: formatMicros(net),
    amount: formatMicros(amountMicros),
    gross: formatMicros(net + amountMicros),
  };
  return { amountMicros, line };
}
