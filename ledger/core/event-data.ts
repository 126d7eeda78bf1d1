import { recoveryLine, recoveryRule } from './charges/debt-recovery.ts';
import {
  anything,
  bool,
  HASH,
  ID,
  integer,
  list,
  MICROS,
  object,
  oneOf,
  PERIOD,
  type Read,
  TIME,
  text,
} from './shape.ts';
import { ZONE_NAME } from './zone.ts';

/** Members of `data` by event type: the shapes that writer, `fsck` and verifier share. */

const DECIMAL = /^(?!-0(\.0+)?$)-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?$/;
const RATIO = /^[1-9][0-9]{0,5}$/;
const OBIS = /^[0-9A-Za-z:.*-]{1,32}$/;
const CURRENCY = /^[A-Z]{3}$/;
const DATE = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
export const WALLET = /^[a-z][a-z-]{0,23}$/;
export const BOOK = /^[a-z][a-z-]{0,31}(:[A-Za-z0-9._-]{1,64}){0,2}$/;

const posting = object({ account: text(BOOK), amount: text(MICROS), currency: text(CURRENCY) });
export const postings = list(posting, 64);
export const registerRef = object({
  seq: integer(),
  at: text(TIME),
  value: text(DECIMAL),
  hash: text(HASH),
});
export const tariffRef = object({ id: text(ID), version: integer(1), hash: text(HASH) });
const line = object({
  period: text(ID),
  tier: text(ID),
  qty: text(MICROS),
  price: text(MICROS),
  amount: text(MICROS),
  before: text(MICROS),
});

export const accountOpened = object({ currency: text(CURRENCY) }, { zone: text(ZONE_NAME) });
export const meterInstalled = object(
  {
    meter: text(ID),
    serial: text(/^[A-Za-z0-9._/-]{0,32}$/),
    bridge: text(ID),
    register: text(OBIS),
    unit: text(/^[A-Za-z0-9/%]{1,8}$/),
    wallet: text(WALLET),
    ct: text(RATIO),
    pt: text(RATIO),
    tariff: text(ID),
  },
  {
    /** The value at which the register starts again from zero. */
    modulus: text(DECIMAL),
    /** More than this in an hour, after the ratios, is held for review. */
    maxPerHour: text(MICROS),
  },
);
export const meterRemoved = object({ meter: text(ID) });
/** A checkpoint that a chain keeps: what it says, and where it stands there (`place`). */
export const anchorConfirmed = object({
  chain: oneOf('fabric', 'ethereum'),
  network: oneOf('real', 'development'),
  size: integer(1),
  root: text(HASH),
  at: text(TIME),
  place: anything,
});
/**
 * A log that took the place of one whose last events were lost: what the old one had signed at last (the
 * note under its own key `vkey`), and how many of its events this one has.
 */
export const logSucceeded = object({
  vkey: text(),
  checkpoint: text(),
  kept: object({ size: integer(1), root: text(HASH) }),
  reason: text(),
  by: text(ID),
});
export const topUpCredited = object(
  {
    amount: text(MICROS),
    wallet: text(WALLET),
    postings,
    balance: text(MICROS),
    period: text(PERIOD),
  },
  {
    method: text(ID),
    reference: text(),
    /** What of it goes to debt and emergency credit, where terms of the wallet were agreed. */
    split: recoveryLine,
  },
);
export const usageDeducted = object(
  {
    meter: text(ID),
    register: text(OBIS),
    from: registerRef,
    to: registerRef,
    ct: text(RATIO),
    pt: text(RATIO),
    quantity: text(MICROS),
    used: text(MICROS),
    tariff: tariffRef,
    lines: list(line, 512),
    amount: text(MICROS),
    wallet: text(WALLET),
    balance: text(MICROS),
    period: text(PERIOD),
    postings,
  },
  {
    /** The part of the interval that this event bills, where a month or a tariff version ends in it. */
    span: object({ from: text(TIME), to: text(TIME) }),
    /** Set when the interval's own bill was closed already. */
    late: bool,
    /** Modulus that was added once because the register started again. */
    rollover: text(DECIMAL),
  },
);
export const feeCharged = object({
  fee: text(ID),
  tariff: tariffRef,
  days: integer(),
  of: integer(1),
  amount: text(MICROS),
  wallet: text(WALLET),
  balance: text(MICROS),
  period: text(PERIOD),
  postings,
});
export const readingHeld = object(
  { meter: text(ID), seq: integer(), reason: text(ID), hash: text(HASH) },
  { other: text(HASH), value: text(DECIMAL), expected: text(DECIMAL) },
);
export const readingReleased = object({ meter: text(ID), seq: integer(), hash: text(HASH) });
export const keyEnrolled = object({
  bridge: text(ID),
  epoch: integer(),
  thumbprint: text(/^[A-Za-z0-9_-]{43}$/),
  jwk: object({
    crv: text(/^P-256$/),
    kty: text(/^EC$/),
    x: text(/^[A-Za-z0-9_-]{43}$/),
    y: text(/^[A-Za-z0-9_-]{43}$/),
  }),
});

const statementWallet = object(
  {
    wallet: text(WALLET),
    opening: text(MICROS),
    credits: text(MICROS),
    charges: text(MICROS),
    closing: text(MICROS),
  },
  {
    /** Sum of the wallet's moves, where it has any. */
    moved: text(MICROS),
  },
);
const statementMeter = object({
  meter: text(ID),
  serial: text(/^[A-Za-z0-9._/-]{0,32}$/),
  register: text(OBIS),
  unit: text(/^[A-Za-z0-9/%]{1,8}$/),
  wallet: text(WALLET),
  ct: text(RATIO),
  pt: text(RATIO),
  from: registerRef,
  to: registerRef,
  quantity: text(MICROS),
  /** Tier window that the last interval fell into, and the use in it so far. */
  window: text(/^[0-9]{4}(-[0-9]{2})?$/),
  used: text(MICROS),
});
const statementLine = object({
  wallet: text(WALLET),
  meter: text(ID),
  tariff: tariffRef,
  period: text(ID),
  tier: text(ID),
  qty: text(MICROS),
  price: text(MICROS),
  amount: text(MICROS),
});
const statementFee = object({
  fee: text(ID),
  tariff: tariffRef,
  days: integer(),
  of: integer(1),
  amount: text(MICROS),
  wallet: text(WALLET),
});
const statementPosted = object({
  n: integer(),
  charge: text(ID),
  name: text(ID),
  tariff: tariffRef,
  amount: text(MICROS),
  wallet: text(WALLET),
});
const statementMove = object({
  n: integer(),
  type: oneOf('refund.paid', 'reversal.posted', 'adjustment.posted', 'topup.credited'),
  reason: text(ID),
  wallet: text(WALLET),
  amount: text(MICROS),
});
/** Terms of a wallet and what it owes under them, as they stood before the event at which the next bill begins. */
const statementCredit = object(
  { wallet: text(WALLET), overdraft: text(MICROS), debt: text(MICROS), lent: text(MICROS) },
  {
    most: text(MICROS),
    emergency: text(MICROS),
    recovery: recoveryRule,
    /** Month in which emergency credit was lent last. */
    lentIn: text(PERIOD),
    /** Monday of the week in which debt was recovered last, and how much in it. */
    week: text(DATE),
    recovered: text(MICROS),
  },
);
export const statementIssued = object(
  {
    period: text(PERIOD),
    from: text(TIME),
    to: text(TIME),
    zone: text(),
    currency: text(CURRENCY),
    /** `n` of the first event that the proof bundle has to open. */
    first: integer(),
    /** Number of `usage.deducted` events of the period. */
    usage: integer(),
    wallets: list(statementWallet, 32),
    meters: list(statementMeter, 256),
    lines: list(statementLine, 4096),
    fees: list(statementFee, 256),
    opening: text(MICROS),
    credits: text(MICROS),
    charges: text(MICROS),
    closing: text(MICROS),
    total: text(MICROS),
  },
  {
    /** `n` of the first event that the next bill's bundle has to open, where it is before this one. */
    open: integer(),
    /** Charges of tariff format 2 beside use and fees, in the order of the chain. */
    posted: list(statementPosted, 16_384),
    /** Refunds, reversals and adjustments, in the order of the chain; `amount` is the tenant's gain. */
    moves: list(statementMove, 16_384),
    /** Sum of the moves, where there are any. */
    moved: text(MICROS),
    /** By wallet, where terms were agreed. */
    credit: list(statementCredit, 32),
  },
);

export type Posting = Read<typeof posting>;
export type RegisterRef = Read<typeof registerRef>;
export type TariffRef = Read<typeof tariffRef>;
export type ChargeLine = Read<typeof line>;
export type MeterInstalled = Read<typeof meterInstalled>;
export type TopUpCredited = Read<typeof topUpCredited>;
export type UsageDeducted = Read<typeof usageDeducted>;
export type FeeCharged = Read<typeof feeCharged>;
export type LogSucceeded = Read<typeof logSucceeded>;
export type StatementIssued = Read<typeof statementIssued>;
export type StatementWallet = Read<typeof statementWallet>;
export type StatementMeter = Read<typeof statementMeter>;
export type StatementLine = Read<typeof statementLine>;
export type StatementFee = Read<typeof statementFee>;
export type StatementPosted = Read<typeof statementPosted>;
export type StatementMove = Read<typeof statementMove>;
export type StatementCredit = Read<typeof statementCredit>;
