import { createHmac, timingSafeEqual } from 'node:crypto';

// RFC 6238 as every authenticator app takes it: SHA-1, 30 seconds, 6 digits.

export const SECRET_BYTES = 20;
const STEP_MS = 30_000;
const DIGITS = 6;
/** Steps before and after the present one whose codes are taken too: clocks of phones drift. */
const DRIFT = 1;

/** The number of the 30-second step that a time lies in. */
export function stepOf(nowMs: number): number {
  return Math.floor(nowMs / STEP_MS);
}

/** RFC 4226 with the step as its counter. */
export function totpCode(secret: Uint8Array, step: number, digits = DIGITS): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const offset = mac.readUInt8(mac.length - 1) & 15;
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 10 ** digits).padStart(digits, '0');
}

/**
 * The step that a code belongs to; undefined where it is of none near `nowMs`, or of one that is not
 * after `lastStep`: a code that somebody saw over a shoulder opens nothing a second time.
 */
export function stepOfCode(
  secret: Uint8Array,
  code: string,
  { nowMs, lastStep }: { readonly nowMs: number; readonly lastStep: number },
): number | undefined {
  const given = Buffer.from(code);
  const now = stepOf(nowMs);
  let found: number | undefined;
  for (let step = now - DRIFT; step <= now + DRIFT; step += 1) {
    const expected = Buffer.from(totpCode(secret, Math.max(0, step)));
    const isSame = given.length === expected.length && timingSafeEqual(given, expected);
    if (isSame && step > lastStep) found ??= step;
  }
  return found;
}

/** What an authenticator app reads from a QR code; it holds the secret. */
export function totpUri(secret: Uint8Array, name: string, issuer: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(name)}`;
  const asked = `secret=${base32(secret)}&issuer=${encodeURIComponent(issuer)}`;
  return `otpauth://totp/${label}?${asked}&algorithm=SHA1&digits=${DIGITS}&period=30`;
}

/** RFC 4648 without padding, as the apps expect it. */
export function base32(bytes: Uint8Array): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('');
}
