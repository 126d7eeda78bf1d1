import { registerRef } from './event-data.ts';
import { ID, object, type Read, text } from './shape.ts';

/** `data` of what ends an account, or a meter's service for it (docs/formats.md, 4). */

const DECIMAL = /^(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?$/;

/** The last event of an account but for the bill that it is in: nothing is left in any wallet. */
export const accountClosed = object({ reason: text(ID) });

/**
 * Why a meter is removed and another installed in the same step: what people read from both displays. It is
 * nobody's signed reading, so nothing is charged by it.
 */
export const meterReplaced = object(
  {
    meter: text(ID),
    by: text(ID),
    closing: text(DECIMAL),
    opening: text(DECIMAL),
    reason: text(ID),
  },
  {
    /** The signed reading up to which the old one was charged. */
    last: registerRef,
  },
);

export type AccountClosed = Read<typeof accountClosed>;
export type MeterReplaced = Read<typeof meterReplaced>;

/** What may stand after `account.closed` in the account's chain. */
export function mayFollowClosing(type: string): boolean {
  return type === 'statement.issued';
}
