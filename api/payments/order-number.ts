import { createHash } from 'node:crypto';

/** Crockford's base32, without letters that look like digits. */
const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TAG = 4;
const TIME = 9;
const RANDOM = 7;

/**
 * A new order number, the same at every provider: four symbols that tell the site, nine of the time in
 * milliseconds, so that the orders of a site sort by time, and seven random ones (35 bits).
 * `random` = 5 bytes.
 */
export function orderNumber(site: string, nowMs: number, random: Uint8Array): string {
  const bits = random.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  return siteTag(site) + orderTime(nowMs) + inBase32(bits, RANDOM);
}

/** Before every order of the site that was opened at `nowMs` or later, in the order of texts. */
export function ordersFrom(site: string, nowMs: number): string {
  return siteTag(site) + orderTime(nowMs);
}

/** The site that an order number is of, among those there are; several are possible, and rare. */
export function sitesOfOrder(order: string, sites: readonly string[]): string[] {
  return sites.filter((site) => order.startsWith(siteTag(site)));
}

/** By site: every payment that is told, and every row of a file, asks for all of them. */
const tags = new Map<string, string>();

function siteTag(site: string): string {
  const known = tags.get(site);
  if (known !== undefined) return known;
  const digest = createHash('sha256').update(site).digest();
  const tag = inBase32(BigInt(digest.readUInt32BE(0)), TAG);
  tags.set(site, tag);
  return tag;
}

function orderTime(nowMs: number): string {
  return inBase32(BigInt(Math.max(0, Math.floor(nowMs))), TIME);
}

function inBase32(value: bigint, symbols: number): string {
  let text = '';
  for (let i = 0; i < symbols; i += 1) {
    text = (SYMBOLS[Number((value >> BigInt(5 * i)) & 31n)] ?? '') + text;
  }
  return text;
}
