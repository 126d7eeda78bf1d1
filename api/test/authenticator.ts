import { stepOf, totpCode } from '../sign-in/totp.ts';

/** The app on the telephone of one who signs in. */
export class Authenticator {
  readonly #secret: Uint8Array;

  constructor(totpUri: string) {
    this.#secret = fromBase32(new URL(totpUri).searchParams.get('secret') ?? '');
  }

  code(nowMs: number): string {
    return totpCode(this.#secret, stepOf(nowMs));
  }
}

/** RFC 4648, without padding. */
export function fromBase32(text: string): Uint8Array {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...text].map((symbol) => alphabet.indexOf(symbol).toString(2).padStart(5, '0'));
  const bytes = bits.join('').match(/.{8}/g) ?? [];
  return Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 2));
}
