import { base64url, fromHex } from '../ledger/core/bytes.ts';
import { minorUnitsOf } from '../ledger/core/verdict/bill-facts.ts';
import type { StatementView } from './ledger-port.ts';

/** Most characters of a link on paper: 53 QR modules at level M. */
export const MOST_LINK_CHARACTERS = 160;

/**
 * `<host>/verify#bundle=…&key=…&c=…&a=…`. All of it but the page's address stays in the browser. `c` is
 * the first half of the statement's commitment, `a` its total in minor units: what the paper says is
 * compared with what the bundle says. The bundle's address is absolute, for copies of the page
 * elsewhere, unless that would make the code on paper too dense.
 */
export function shareUrl(publicUrl: string, statement: StatementView, key: string): string {
  const path = `/v1/statements/${statement.id}/bundle`;
  const commitment = base64url(fromHex(statement.commitment).subarray(0, 16));
  const rest = `&key=${key}&c=${commitment}&a=${minorUnitsOf(statement.total)}`;
  const absolute = `${publicUrl}/verify#bundle=${publicUrl}${path}${rest}`;
  if (absolute.length <= MOST_LINK_CHARACTERS) return absolute;
  return `${publicUrl}/verify#bundle=${path}${rest}`;
}
