import { base64url, fromBase64url, fromUtf8, hex, utf8 } from './bytes.ts';
import { canonicalize, parseCanonicalObject } from './canonical-json.ts';
import { type Primitives, type Sha256, sha256 } from './primitives.ts';
import { Refusal } from './refusal.ts';

/** Payload of a batch's JWS (docs/formats.md, "Batch"). Hashes are 64 hex digits. */
export interface BatchPayload {
  readonly v: 1;
  readonly bridge: string;
  readonly epoch: number;
  /** Gapless from 0 in an epoch. */
  readonly batch: number;
  /** SHA-256 of the previous batch's payload bytes; zeros for batch 0. */
  readonly prev: string;
  readonly count: number;
  /** RFC 6962 root over the records' bytes, in the order they were sent. */
  readonly root: string;
  readonly software: string;
  readonly map: string;
  readonly config: string;
  readonly at: string;
}

/** A bridge of this name reads a file, not meters; every verdict over its batches says so. */
export const REPLAY_BRIDGE = 'replay-';

export interface ParsedBatch {
  /** RFC 7638 thumbprint of the key that signed. */
  readonly kid: string;
  readonly payload: BatchPayload;
  /** The payload's bytes, as signed. */
  readonly payloadText: string;
  /** What the signature covers: `header.payload` in ASCII (RFC 7515 5.1). */
  readonly signingInput: Uint8Array;
  readonly signature: Uint8Array;
}

const HASH = '[0-9a-f]{64}';
const PAYLOAD = new RegExp(
  `^\\{"at":"([0-9T:.-]{23}Z)","batch":(0|[1-9][0-9]{0,15}),"bridge":"([A-Za-z0-9][A-Za-z0-9._-]{0,63})",` +
    `"config":"(${HASH})","count":([1-9][0-9]{0,5}),"epoch":(0|[1-9][0-9]{0,15}),"map":"(${HASH})",` +
    `"prev":"(${HASH})","root":"(${HASH})","software":"(${HASH})","v":1\\}$`,
);

export function batchPayloadText(payload: BatchPayload): string {
  const text = canonicalize(payload);
  parsePayload(text);
  return text;
}

/** The bytes that the device key signs; append `.` and base64url of r || s to make the JWS. */
export function batchSigningInput(kid: string, payloadText: string): string {
  return `${base64url(utf8(`{"alg":"ES256","kid":"${kid}"}`))}.${base64url(utf8(payloadText))}`;
}

/** Hash that the next batch carries as `prev`. */
export function batchHash(payloadText: string, sha: Sha256 = sha256): string {
  return hex(sha(utf8(payloadText)));
}

/** Refuses (`bad-batch`) whatever is not a compact JWS of exactly our header and payload. */
export function parseBatch(jws: string): ParsedBatch {
  const parts = jws.split('.');
  const [header, body, mac] = parts;
  if (parts.length !== 3 || header === undefined || body === undefined || mac === undefined) {
    throw refusal('a batch is a compact JWS of three parts');
  }
  const head = parseCanonicalObject(decode(header));
  if (Object.keys(head).join() !== 'alg,kid' || head['alg'] !== 'ES256') {
    throw refusal('the header must hold exactly alg "ES256" and kid');
  }
  const kid = head['kid'];
  if (typeof kid !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(kid)) {
    throw refusal('kid must be an RFC 7638 thumbprint');
  }
  const payloadText = decode(body);
  const signature = bytesOf(mac);
  if (signature.length !== 64) throw refusal('an ES256 signature has 64 bytes');
  return {
    kid,
    payload: parsePayload(payloadText),
    payloadText,
    signingInput: utf8(`${header}.${body}`),
    signature,
  };
}

export function verifyBatch(batch: ParsedBatch, key: Uint8Array, primitives: Primitives): boolean {
  return primitives.verifyP256(key, batch.signingInput, batch.signature);
}

function parsePayload(text: string): BatchPayload {
  const m = PAYLOAD.exec(text);
  if (m === null) throw refusal('the payload is not a canonical batch payload of version 1');
  const [at = '', batch, bridge = '', config = '', count, epoch, map = '', prev = '', root = ''] =
    m.slice(1);
  const numbers = { batch: Number(batch), count: Number(count), epoch: Number(epoch) };
  if (!Object.values(numbers).every(Number.isSafeInteger)) throw refusal('a number is too large');
  return { v: 1, bridge, ...numbers, prev, root, software: m[10] ?? '', map, config, at };
}

function decode(part: string): string {
  try {
    return fromUtf8(fromBase64url(part));
  } catch {
    throw refusal('a part is not base64url of UTF-8 text');
  }
}

function bytesOf(part: string): Uint8Array {
  try {
    return fromBase64url(part);
  } catch {
    throw refusal('the signature is not base64url');
  }
}

function refusal(detail: string): Refusal {
  return new Refusal('bad-batch', `The batch is not valid: ${detail}.`, { detail });
}
