import { base64url, fromBase64url, utf8 } from './bytes.ts';
import { isObject, type JsonObject } from './canonical-json.ts';
import { type Sha256, sha256 } from './primitives.ts';
import { Refusal } from './refusal.ts';

/** Public P-256 key of a device, as RFC 7517 writes it. */
export interface DeviceJwk {
  readonly crv: 'P-256';
  readonly kty: 'EC';
  readonly x: string;
  readonly y: string;
}

/**
 * The key that signs in an epoch: the one enrolled last for that epoch or an earlier one. A bridge that
 * has lost its state opens a new epoch with the key it has; a newly enrolled key ends the one before.
 */
export function keyInEpoch<K extends { readonly epoch: number }>(
  keys: readonly K[],
  epoch: number,
): K | undefined {
  let found: K | undefined;
  for (const key of keys) {
    if (key.epoch <= epoch && (found === undefined || key.epoch >= found.epoch)) found = key;
  }
  return found;
}

/** RFC 7638 thumbprint: base64url of SHA-256 over the required members in order. */
export function thumbprint(jwk: DeviceJwk, sha: Sha256 = sha256): string {
  return base64url(sha(utf8(`{"crv":"P-256","kty":"EC","x":"${jwk.x}","y":"${jwk.y}"}`)));
}

/** x || y, 64 bytes, as `Primitives.verifyP256` takes them. */
export function publicKeyBytes(jwk: DeviceJwk): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set(coordinate(jwk.x), 0);
  bytes.set(coordinate(jwk.y), 32);
  return bytes;
}

/** Refuses (`bad-device-key`) anything but exactly the four public members. */
export function parseDeviceJwk(value: unknown): DeviceJwk {
  if (!isObject(value) || Object.keys(value).sort().join() !== 'crv,kty,x,y') throw refusal();
  const { crv, kty, x, y } = value as JsonObject;
  if (crv !== 'P-256' || kty !== 'EC' || typeof x !== 'string' || typeof y !== 'string') {
    throw refusal();
  }
  coordinate(x);
  coordinate(y);
  return { crv, kty, x, y };
}

function coordinate(text: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = fromBase64url(text);
  } catch {
    throw refusal();
  }
  if (bytes.length !== 32) throw refusal();
  return bytes;
}

function refusal(): Refusal {
  return new Refusal(
    'bad-device-key',
    'A device key is a P-256 public JWK with exactly crv, kty, x and y.',
  );
}
