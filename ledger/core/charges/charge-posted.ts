import { postings, tariffRef, WALLET } from '../event-data.ts';
import { anything, ID, MICROS, object, oneOf, PERIOD, type Read, text } from '../shape.ts';

/**
 * `data` of `charge.posted`: a charge of tariff format 2 beside metered use and flat fees. `line` is what
 * docs/formats.md, 23, says of it: enough to compute the amount again.
 */
export const chargePosted = object({
  charge: oneOf('fee', 'demand', 'parking', 'share', 'minimum', 'tax'),
  /** Which of the tariff's: the name of a fee, share or tax, else the kind itself. */
  name: text(ID),
  line: anything,
  tariff: tariffRef,
  amount: text(MICROS),
  wallet: text(WALLET),
  balance: text(MICROS),
  period: text(PERIOD),
  postings,
});
export type ChargePosted = Read<typeof chargePosted>;
export type ChargeKind = ChargePosted['charge'];

/** `data` of `pool.shared`, of the site: what was shared among all who are on a tariff, and by which key. */
export const poolShared = object(
  {
    tariff: tariffRef,
    share: text(ID),
    /** Local month. */
    month: text(PERIOD),
    poolAmount: text(MICROS),
    denominator: text(MICROS),
  },
  { poolQuantity: text(MICROS) },
);
export type PoolShared = Read<typeof poolShared>;
