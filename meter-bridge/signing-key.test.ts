import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publicKeyBytes } from '../ledger/core/device-key.ts';
import { portable } from '../ledger/core/primitives.ts';
import { enrolBridge, keyFile, readIdentity, writeIdentity } from './identity.ts';
import { fingerprint, openSigningKey, signingKeyOf } from './signing-key.ts';
import { Receiver } from './test/receiver.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'key-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('the device key', () => {
  it('is made once, for its owner alone, and is the same at the next start', () => {
    const file = join(dir, 'deep', 'device-key.pem');
    const first = openSigningKey(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(openSigningKey(file).jwk).toEqual(first.jwk);
  });

  it('signs what the core verifies', () => {
    const key = openSigningKey(keyFile(dir));
    const signature = Buffer.from(key.sign('a.b'), 'base64url');
    const message = Buffer.from('a.b');
    expect(portable.verifyP256(publicKeyBytes(key.jwk), message, signature)).toBe(true);
    expect(portable.verifyP256(publicKeyBytes(key.jwk), Buffer.from('a.c'), signature)).toBe(false);
  });

  it('is refused when others may read its file', () => {
    const file = keyFile(dir);
    openSigningKey(file);
    chmodSync(file, 0o640);
    expect(() => openSigningKey(file)).toThrow(
      expect.objectContaining({ code: 'key-file-exposed' }),
    );
  });

  it.each(['ed25519', 'P-384', 'text'])('is refused when it is %s', (kind) => {
    const keys = {
      ed25519: () => generateKeyPairSync('ed25519').privateKey,
      'P-384': () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
    };
    const pem =
      kind === 'text'
        ? 'hello'
        : keys[kind === 'P-384' ? 'P-384' : 'ed25519']().export({
            type: 'pkcs8',
            format: 'pem',
          });
    expect(() => signingKeyOf(pem.toString())).toThrow(
      expect.objectContaining({ code: 'bad-key-file' }),
    );
  });

  it('has a fingerprint that the eye can compare', () => {
    expect(fingerprint('AhI7lqz_lptgqcC_mU-vCopXyHft2mE82u-gLlfkvpI')).toBe(
      'AhI7 lqz_ lptg qcC_ mU-v CopX yHft 2mE8 2u-g Llfk vpI',
    );
  });
});

describe('enrolment', () => {
  it('proves the key, takes the epoch, and prints the fingerprint of the key file', async () => {
    const receiver = new Receiver();
    const url = await receiver.listen();
    receiver.epoch = 7;
    const options = { url, bridge: 'br-1', token: receiver.token, dataDir: dir, nowMs: 0 };
    const enrolled = await enrolBridge(options);
    const key = openSigningKey(keyFile(dir));
    expect(enrolled).toEqual({ epoch: 7, kid: key.kid, fingerprint: fingerprint(key.kid) });
    expect(receiver.jwk).toEqual(key.jwk);
    expect(readIdentity(dir, 'br-1', key.kid)).toEqual({
      bridge: 'br-1',
      kid: key.kid,
      epoch: 7,
      begun: false,
    });
    await receiver.close();
  });

  it('with a used or wrong token is refused and leaves no identity', async () => {
    const receiver = new Receiver();
    const url = await receiver.listen();
    const options = { url, bridge: 'br-1', token: 'wrong', dataDir: dir, nowMs: 0 };
    await expect(enrolBridge(options)).rejects.toThrow(
      expect.objectContaining({ code: 'enrolment-refused', params: { status: 401 } }),
    );
    const { kid } = openSigningKey(keyFile(dir));
    expect(() => readIdentity(dir, 'br-1', kid)).toThrow(
      expect.objectContaining({ code: 'not-enrolled' }),
    );
    await receiver.close();
  });

  it('of another key or bridge, or a damaged note of it, is not taken', () => {
    const { kid } = openSigningKey(keyFile(dir));
    writeIdentity(dir, { bridge: 'br-1', kid, epoch: 1, begun: true });
    const bad = expect.objectContaining({ code: 'bad-identity' });
    expect(() => readIdentity(dir, 'br-2', kid)).toThrow(bad);
    expect(() => readIdentity(dir, 'br-1', 'other')).toThrow(bad);
    writeFileSync(join(dir, 'identity.json'), '{"bridge":"br-1"');
    expect(() => readIdentity(dir, 'br-1', kid)).toThrow(bad);
  });
});
