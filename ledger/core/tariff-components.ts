import {
  type Decimal,
  formatMicros,
  parseDecimal,
  parseMicros,
  powerOfTen,
  roundDiv,
} from './decimal.ts';
import type { Tariff, TariffFinding, TariffPrice } from './tariff.ts';

/**
 * Compares each printed price with what its parts, or else the tariff's components, say it should
 * be (rounded half up to 6 decimals). The printed price is what people agreed to and is billed; a
 * difference is only reported, never repaired.
 */
export function checkComponents(tariff: Tariff): TariffFinding[] {
  return tariff.prices.flatMap((price, index) => {
    const expected = price.parts ? sumOfParts(price.parts) : fromComponents(tariff, price.period);
    if (expected === undefined) return [];
    const { computed, source } = expected;
    const printed = parseMicros(price.price);
    if (computed === printed) return [];
    const detail = {
      period: price.period,
      tier: price.tier,
      printed: price.price,
      computed: formatMicros(computed),
      difference: formatMicros(printed - computed),
      source,
    };
    const pointer = `/prices/${index}/price`;
    return [{ code: 'price-differs-from-components', pointer, detail }];
  });
}

interface Expected {
  readonly computed: bigint;
  readonly source: 'parts' | 'components';
}

function sumOfParts(parts: NonNullable<TariffPrice['parts']>): Expected {
  return { computed: parseMicros(parts.floating) + parseMicros(parts.fixed), source: 'parts' };
}

/** Nothing where the tariff has no components, or none for this period. */
function fromComponents(tariff: Tariff, period: string): Expected | undefined {
  const factors = new Map(Object.entries(tariff.components?.multipliers ?? {}));
  const factor = factors.get(period);
  if (!tariff.components || factor === undefined) return undefined;
  const floating = parseDecimal(tariff.components.floating);
  const fixed = parseDecimal(tariff.components.fixed);
  const exact = toScale18(times(floating, parseDecimal(factor))) + toScale18(fixed);
  return { computed: roundDiv(exact, powerOfTen(12), 'half-up'), source: 'components' };
}

function times(a: Decimal, b: Decimal): Decimal {
  return { digits: a.digits * b.digits, scale: a.scale + b.scale };
}

/** Factors have at most 9 decimals, so a product of two of them is exact in 18. */
function toScale18({ digits, scale }: Decimal): bigint {
  return digits * powerOfTen(18 - scale);
}
