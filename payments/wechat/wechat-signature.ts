import { type KeyObject, sign, verify } from 'node:crypto';

/** How far the time of a signature may be off, either way. */
export const SIGNATURE_LIFE_MS = 300_000;

const SCHEME = 'WECHATPAY2-SHA256-RSA2048';

export interface SigningMerchant {
  readonly merchant: string;
  readonly certificateSerial: string;
  readonly privateKey: KeyObject;
}

export interface SignedRequest {
  readonly method: string;
  /** Path and query, as they are sent. */
  readonly target: string;
  readonly body: string;
  readonly atMs: number;
  readonly nonce: string;
}

/** The header `Authorization` of a request (APIv3, 签名生成). */
export function authorization(merchant: SigningMerchant, request: SignedRequest): string {
  const { method, target, body, nonce } = request;
  const timestamp = String(Math.floor(request.atMs / 1_000));
  const signature = signLines(merchant.privateKey, [method, target, timestamp, nonce, body]);
  const fields = [
    `mchid="${merchant.merchant}"`,
    `nonce_str="${nonce}"`,
    `signature="${signature}"`,
    `timestamp="${timestamp}"`,
    `serial_no="${merchant.certificateSerial}"`,
  ];
  return `${SCHEME} ${fields.join(',')}`;
}

/** RSASSA-PKCS1-v1_5 with SHA-256 over the lines, each ended by a line feed; in base64. */
export function signLines(key: KeyObject, lines: readonly string[]): string {
  return sign('sha256', Buffer.from(lines.map((line) => `${line}\n`).join('')), key).toString(
    'base64',
  );
}

/** What a signature of WeChat was found to be. */
export type SignatureFinding =
  | { readonly kind: 'valid' }
  | { readonly kind: 'absent' | 'unknown-key' | 'wrong' }
  /** Valid, but made more than five minutes from now. */
  | { readonly kind: 'stale'; readonly signedMs: number };

/** Judges what WeChat signed, an answer or a notification, by its headers and its body as it came. */
export function judgeSignature(
  keys: ReadonlyMap<string, KeyObject>,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  nowMs: number,
): SignatureFinding {
  const {
    'wechatpay-timestamp': timestamp = '',
    'wechatpay-nonce': nonce = '',
    'wechatpay-signature': signature = '',
    'wechatpay-serial': serial = '',
  } = headers;
  if (!/^\d{1,12}$/.test(timestamp) || nonce === '' || signature === '') return { kind: 'absent' };
  const key = keys.get(serial);
  if (key === undefined) return { kind: 'unknown-key' };
  const signed = Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), body, Buffer.from('\n')]);
  if (!verify('sha256', signed, key, Buffer.from(signature, 'base64'))) return { kind: 'wrong' };
  const signedMs = Number(timestamp) * 1_000;
  // The sender's clock has whole seconds, so ours is held to the same.
  const offMs = Math.abs(Math.floor(nowMs / 1_000) * 1_000 - signedMs);
  return offMs > SIGNATURE_LIFE_MS ? { kind: 'stale', signedMs } : { kind: 'valid' };
}
