import { concat, u64be, utf8, utf8ToHash } from './bytes.ts';
import { canonicalize, isObject, type JsonObject, parseCanonicalObject } from './canonical-json.ts';
import { hmacSha256, type Sha256, sha256 } from './primitives.ts';
import { Refusal } from './refusal.ts';
import { HASH, ID, integer, object, oneOf, type Reader, TIME, text } from './shape.ts';

/** Every fact that a ledger can hold (docs/formats.md, "Event"). */
export const EVENT_TYPES = [
  'account.opened',
  'account.closed',
  'account.transferred',
  'meter.installed',
  'meter.replaced',
  'meter.removed',
  'meter.ratio-changed',
  'device.key-enrolled',
  'device.rotated',
  'device.revoked',
  'tariff.published',
  'event-day.declared',
  'terms.set',
  'policy.published',
  'topup.credited',
  'refund.paid',
  'reversal.posted',
  'adjustment.posted',
  'usage.deducted',
  'fee.charged',
  'charge.posted',
  'pool.shared',
  'notice.sent',
  'relay.commanded',
  'relay.confirmed',
  'wallet.agreed',
  'deposit.taken',
  'deposit.returned',
  'reading.held',
  'reading.released',
  'statement.issued',
  'gridbill.recorded',
  'passthrough.settled',
  'period.closed',
  'books.closed',
  'reconciliation.completed',
  'anchor.confirmed',
  'log.succeeded',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** The account whose events are facts of the whole site and whose keys are public. */
export const SITE_ACCOUNT = 'site';

export interface LedgerEvent {
  readonly v: 1;
  /** Origin of the log. */
  readonly log: string;
  readonly account: string;
  /** Gapless from 0 per account. */
  readonly n: number;
  /** Commitment of event n - 1; 64 zeros at n = 0. */
  readonly prev: string;
  readonly type: EventType;
  /** When it took effect. */
  readonly at: string;
  /** UUIDv7. */
  readonly id: string;
  readonly data: JsonObject;
}

const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const plainObject: Reader<JsonObject> = (value, pointer) => {
  if (!isObject(value))
    throw new Refusal('bad-shape', `${pointer} must be an object.`, { pointer });
  return value;
};
const readEvent = object({
  v: integer(1),
  log: text(/^[a-z0-9][a-z0-9.:/_-]{0,254}$/),
  account: text(ID),
  n: integer(),
  prev: text(HASH),
  type: oneOf(...EVENT_TYPES),
  at: text(TIME),
  id: text(UUID7),
  data: plainObject,
});

/** The bytes that are committed to, as text. */
export function eventText(event: LedgerEvent): string {
  return canonicalize(event);
}

/** Parses an event's verbatim text; refuses any other spelling, unknown members and unknown types. */
export function parseEvent(verbatim: string): LedgerEvent {
  const event = readEvent(parseCanonicalObject(verbatim), '');
  if (event.v !== 1) throw new Refusal('bad-shape', '/v must be 1.', { pointer: '/v' });
  return { ...event, v: 1 };
}

const SALT_LABEL = utf8('billproof/v1/salt');
const EVENT_LABEL = utf8('billproof/v1/event\n');

/** Salt of event `n` under its account-year key (32 bytes). */
export function eventSalt(accountYearKey: Uint8Array, n: number): Uint8Array {
  return hmacSha256(accountYearKey, concat(SALT_LABEL, u64be(n)));
}

/** The log entry: SHA-256("billproof/v1/event\n" || salt || event bytes). */
export function commitmentOf(salt: Uint8Array, verbatim: string, sha: Sha256 = sha256): Uint8Array {
  return sha(utf8ToHash(verbatim, EVENT_LABEL, salt));
}

/** Calendar year (UTC, of `at`) whose key salts an event. */
export function keyYear(at: string): number {
  return Number(at.slice(0, 4));
}
