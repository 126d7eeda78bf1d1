import type { TariffFinding } from '../tariff.ts';
import { nanosOf } from './charge.ts';
import type { TariffV2 } from './tariff-v2.ts';

/** Every number of the members of format 2 lies where it can mean something (`number-impossible`). */
export function checkNumbers(tariff: TariffV2): TariffFinding[] {
  return [...numbersOf(tariff)].flatMap(([pointer, value, min, max]) => {
    const found = nanosOf(value);
    if (found >= nanosOf(min) && found <= nanosOf(max)) return [];
    return [{ code: 'number-impossible', pointer, detail: { value, min, max } }];
  });
}

/** Pointer, value, least and most. */
type Bounded = readonly [pointer: string, value: string, min: string, max: string];

/** More than any price or amount, and the least that is billed. */
const MOST = '999999999.999999';
const LEAST = '0.000001';

function* numbersOf(tariff: TariffV2): Generator<Bounded> {
  const { quota, allowance, demand, capacity, minimum, tax } = tariff;
  for (const [i, { upToPercent }] of tariff.tiers.entries()) {
    if (upToPercent) yield [`/tiers/${i}/upToPercent`, upToPercent, '0', '100000'];
  }
  if (quota?.excess) {
    yield ['/quota/excess/base', quota.excess.base, '0', MOST];
    for (const [tier, multiple] of Object.entries(quota.excess.multiples)) {
      yield [`/quota/excess/multiples/${tier}`, multiple, '0', '100'];
    }
  }
  if (allowance) yield ['/allowance/upTo', allowance.upTo, LEAST, MOST];
  if (demand) {
    yield ['/demand/price', demand.price, '0', MOST];
    yield ['/demand/freePercent', demand.freePercent, '100', '1000'];
    yield ['/demand/overMultiple', demand.overMultiple, '1', '100'];
    if (demand.floor) yield ['/demand/floor/percent', demand.floor.percent, '0', '100'];
  }
  if (capacity) yield ['/capacity/price', capacity.price, '0', MOST];
  for (const [i, { price }] of (tariff.quantityFees ?? []).entries()) {
    yield [`/quantityFees/${i}/price`, price, '0', MOST];
  }
  yield* parkingNumbers(tariff);
  if (minimum) yield ['/minimum/amount', minimum.amount, LEAST, MOST];
  if (tax) yield ['/tax/percent', tax.percent, '0', '100'];
  for (const [i, { price }] of (tariff.shares ?? []).entries()) {
    if (price) yield [`/shares/${i}/price`, price, '0', MOST];
  }
  yield* indexNumbers(tariff);
}

function* parkingNumbers({ parking }: TariffV2): Generator<Bounded> {
  if (!parking) return;
  yield ['/parking/price', parking.price, '0', MOST];
  if (parking.dailyCap) yield ['/parking/dailyCap', parking.dailyCap, '0', MOST];
}

function* indexNumbers({ index }: TariffV2): Generator<Bounded> {
  if (!index) return;
  yield ['/index/factor', index.factor, '0.000000001', '1000'];
  if (index.floor) yield ['/index/floor', index.floor, `-${MOST}`, index.cap ?? MOST];
}
