import { formatMicros, parseMicros, powerOfTen } from '../decimal.ts';
import { Refusal } from '../refusal.ts';
import { ID, MICROS, object, oneOf, type Read, text } from '../shape.ts';
import { type Charge, type Rounding, roundMoney } from './charge.ts';
import type { ShareRule } from './tariff-v2.ts';

/** One account's part of the key: area in m2, sub-metered use, or 1 for equal parts. In micros. */
export interface Weight {
  readonly account: string;
  readonly weight: bigint;
}

export interface Part extends Weight {
  readonly part: bigint;
  readonly of: bigint;
}

/**
 * A pool in parts by weight that sum to the pool exactly: each gets floor(|pool| x weight / sum) in
 * whole steps, and one step more goes to those with the largest remainders, equal ones by account in
 * the order of its characters. The sign of the pool is put back. All in micros.
 * Refuses `share-weight` (below zero, or an account twice), `share-key-empty`, and `pool-step` where
 * the pool is no whole number of steps.
 */
export function sharePool(pool: bigint, weights: readonly Weight[], step = 1n): readonly Part[] {
  const of = refuseWeights(weights);
  if (pool % step !== 0n) {
    const message = `A pool of ${formatMicros(pool)} is no whole number of ${formatMicros(step)}.`;
    throw new Refusal('pool-step', message, { pool: formatMicros(pool), step: formatMicros(step) });
  }
  const sign = pool < 0n ? -1n : 1n;
  const steps = (sign * pool) / step;
  const floors = weights.map((weight) => {
    const exact = steps * weight.weight;
    return { ...weight, steps: exact / of, rest: exact % of };
  });
  let left = floors.reduce((rest, part) => rest - part.steps, steps);
  const order = floors.toSorted((a, b) =>
    a.rest === b.rest ? (a.account < b.account ? -1 : 1) : a.rest > b.rest ? -1 : 1,
  );
  const more = new Set<string>();
  for (const { account } of order) {
    if (left === 0n) break;
    more.add(account);
    left -= 1n;
  }
  return floors.map(({ account, weight, steps: whole }) => {
    const part = sign * (whole + (more.has(account) ? 1n : 0n)) * step;
    return { account, weight, part, of };
  });
}

/** What an event says of one account's share: a line of its own, never inside a unit price. */
export const shareLine = object(
  {
    formula: oneOf('poolAmount x numerator / denominator'),
    share: text(ID),
    kind: oneOf('common-area', 'line-loss'),
    key: oneOf('area', 'equal', 'metered'),
    poolAmount: text(MICROS),
    numerator: text(MICROS),
    denominator: text(MICROS),
    amount: text(MICROS),
  },
  {
    /** Where the pool is a quantity: poolAmount = R(price x poolQuantity), rounded once. */
    price: text(MICROS),
    poolQuantity: text(MICROS),
    /** This account's part of it, to be shown; the amount is a part of the pool's amount. */
    quantity: text(MICROS),
  },
);
export type ShareLine = Read<typeof shareLine>;

export interface PoolFacts {
  readonly rule: ShareRule;
  readonly rounding: Rounding;
  /** What is shared: a quantity or an amount in micros, as `rule.pool` says. */
  readonly pool: bigint;
  readonly weights: readonly Weight[];
}

/**
 * Every account's share of a pool, in the order of `weights`. The amounts sum to the pool's amount and the
 * quantities to its quantity exactly, so that nothing is collected beyond the pool.
 * Refuses what `sharePool` refuses, and `share-price-missing`.
 */
export function shareCharges(facts: PoolFacts): readonly (Charge<ShareLine> & Weight)[] {
  const { rule, rounding, pool, weights } = facts;
  const isQuantity = rule.pool === 'quantity';
  if (isQuantity && rule.price === undefined) {
    const message = `Share ${rule.share} has a quantity, but no price.`;
    throw new Refusal('share-price-missing', message, { share: rule.share });
  }
  const price = rule.price ?? '0.000000';
  const poolAmount = isQuantity ? roundMoney(parseMicros(price) * pool, 1n, rounding) : pool;
  const quantities = isQuantity ? sharePool(pool, weights) : [];
  return sharePool(poolAmount, weights, powerOfTen(6 - rounding.scale)).map((part, i) => {
    const quantity = quantities[i];
    const line: ShareLine = {
      formula: 'poolAmount x numerator / denominator',
      ...{ share: rule.share, kind: rule.kind, key: rule.key },
      ...(quantity
        ? { price, poolQuantity: formatMicros(pool), quantity: formatMicros(quantity.part) }
        : {}),
      poolAmount: formatMicros(poolAmount),
      numerator: formatMicros(part.weight),
      denominator: formatMicros(part.of),
      amount: formatMicros(part.part),
    };
    return { account: part.account, weight: part.weight, amountMicros: part.part, line };
  });
}

/**
 * What one account can check without the others' weights: that its amount is less than a step away from
 * the exact share. That all shares sum to the pool is for whoever sees all accounts.
 */
export function isFairShare(line: ShareLine, { scale }: Rounding): boolean {
  const of = parseMicros(line.denominator);
  const exact = parseMicros(line.poolAmount) * parseMicros(line.numerator);
  const off = parseMicros(line.amount) * of - exact;
  return (off < 0n ? -off : off) < powerOfTen(6 - scale) * of;
}

function refuseWeights(weights: readonly Weight[]): bigint {
  const seen = new Set<string>();
  let sum = 0n;
  for (const { account, weight } of weights) {
    if (weight < 0n || seen.has(account)) {
      const message = `Account ${account} has a weight below zero, or two weights.`;
      throw new Refusal('share-weight', message, { account });
    }
    seen.add(account);
    sum += weight;
  }
  if (sum > 0n) return sum;
  throw new Refusal('share-key-empty', 'Nobody has a part in this key. Give at least one weight.');
}
