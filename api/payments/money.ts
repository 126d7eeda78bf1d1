import { formatMicros, parseMicros } from '../../ledger/core/decimal.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import type { MinorAmount } from '../../payments/provider.ts';

/** Decimals of currencies whose minor unit is no hundredth (ISO 4217). */
const DECIMALS: Readonly<Record<string, number>> = {
  ...{ BIF: 0, CLP: 0, DJF: 0, GNF: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0, RWF: 0, UGX: 0 },
  ...{ VND: 0, VUV: 0, XAF: 0, XOF: 0, XPF: 0 },
  ...{ BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3 },
};

/**
 * The ledger's decimal text as minor units of its currency. Refuses `too-many-decimals` for what no
 * payment can be, such as a fraction of a cent.
 */
export function minorOf(amount: string, currency: string): MinorAmount {
  const step = 10n ** BigInt(6 - decimalsOf(currency));
  const micros = parseMicros(amount);
  if (micros % step !== 0n) {
    const message = `${amount} cannot be paid in ${currency}: it has too many decimals.`;
    throw new Refusal('too-many-decimals', message, { amount });
  }
  return { minor: micros / step, currency };
}

export function microsOf({ minor, currency }: MinorAmount): string {
  return formatMicros(minor * 10n ** BigInt(6 - decimalsOf(currency)));
}

function decimalsOf(currency: string): number {
  return DECIMALS[currency] ?? 2;
}
