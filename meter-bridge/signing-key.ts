import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { type DeviceJwk, parseDeviceJwk, thumbprint } from '../ledger/core/device-key.ts';
import { Refusal } from '../ledger/core/refusal.ts';

/** The bridge's own key, by which it is enrolled and signs. The private part stays inside. */
export interface SigningKey {
  readonly jwk: DeviceJwk;
  /** RFC 7638 thumbprint: the `kid` of everything it signs. */
  readonly kid: string;
  /** ES256 over ASCII text: base64url of r || s (RFC 7518 3.4). */
  sign(signingInput: string): string;
}

/** Reads the PKCS #8 key file, or makes one that only its owner may read. */
export function openSigningKey(file: string): SigningKey {
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENOENT') throw error;
    pem = createKeyFile(file);
  }
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new Refusal(
      'key-file-exposed',
      'Other users may read the device key. Set its mode to 600 and enrol a new key.',
    );
  }
  return signingKeyOf(pem);
}

/** A key from its PKCS #8 PEM text. Refuses `bad-key-file` for anything but P-256. */
export function signingKeyOf(pem: string): SigningKey {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw badKeyFile();
  }
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw badKeyFile();
  const { crv, kty, x, y } = createPublicKey(key).export({ format: 'jwk' });
  const jwk = parseDeviceJwk({ crv, kty, x, y });
  return {
    jwk,
    kid: thumbprint(jwk),
    sign: (signingInput) =>
      sign('sha256', Buffer.from(signingInput, 'ascii'), {
        key,
        dsaEncoding: 'ieee-p1363',
      }).toString('base64url'),
  };
}

/** The thumbprint as it is printed on the cabinet and compared by eye. */
export function fingerprint(kid: string): string {
  return kid.match(/.{1,4}/g)?.join(' ') ?? '';
}

/** SHA-256 of a text's UTF-8, 64 hex digits. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function createKeyFile(file: string): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const handle = openSync(file, 'wx', 0o600);
  try {
    writeSync(handle, pem);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return pem;
}

function badKeyFile(): Refusal {
  return new Refusal('bad-key-file', 'The key file must hold a P-256 private key in PKCS #8 PEM.');
}
