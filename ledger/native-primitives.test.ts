import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex, utf8 } from './core/bytes.ts';
import { portable } from './core/primitives.ts';
import { nativePrimitives } from './native-primitives.ts';

const native = nativePrimitives();
const both = [native, portable];
const message = utf8('a reading');

function ed25519Sample() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  return { publicKey: spki.subarray(-32), signature: sign(null, message, privateKey) };
}

function p256Sample() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const signature = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return { publicKey: spki.subarray(-64), signature };
}

describe("the platform's primitives", () => {
  it('hash as the portable ones do', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
        expect(hex(native.sha256(data))).toBe(hex(portable.sha256(data)));
      }),
    );
    expect(hex(native.sha256(utf8('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it.each([
    ['verifyEd25519', ed25519Sample],
    ['verifyP256', p256Sample],
  ] as const)('%s takes a signature and refuses every change of it', (name, make) => {
    const { publicKey, signature } = make();
    for (const primitives of both) {
      expect(primitives[name](publicKey, message, signature)).toBe(true);
      expect(primitives[name](publicKey, utf8('another reading'), signature)).toBe(false);
      expect(primitives[name](make().publicKey, message, signature)).toBe(false);
    }
    for (let i = 0; i < signature.length; i += 1) {
      const changed = Uint8Array.from(signature, (byte, at) => (at === i ? byte ^ 1 : byte));
      expect(native[name](publicKey, message, changed)).toBe(false);
    }
  });

  it.each([
    ['verifyEd25519', ed25519Sample],
    ['verifyP256', p256Sample],
  ] as const)('%s answers false to a key or signature of a wrong length', (name, make) => {
    const { publicKey, signature } = make();
    const wrongKeys = [publicKey.subarray(1), Buffer.concat([publicKey, Buffer.of(0)])];
    const wrongSignatures = [
      Buffer.of(),
      signature.subarray(1),
      Buffer.concat([signature, Buffer.of(0)]),
    ];
    for (const primitives of both) {
      for (const wrong of [Buffer.of(), ...wrongKeys]) {
        expect(primitives[name](wrong, message, signature)).toBe(false);
      }
      for (const wrong of wrongSignatures) {
        expect(primitives[name](publicKey, message, wrong)).toBe(false);
      }
    }
  });

  it('answer false to a key that is no point of the curve', () => {
    expect(native.verifyP256(new Uint8Array(64).fill(1), message, p256Sample().signature)).toBe(
      false,
    );
    const off = Buffer.from('02'.padEnd(64, '0'), 'hex');
    expect(native.verifyEd25519(off, message, ed25519Sample().signature)).toBe(false);
  });

  it('refuse an Ed25519 signature whose scalar is not reduced (RFC 8032, 5.1.7)', () => {
    const { publicKey, signature } = ed25519Sample();
    const order = ed25519.Point.Fn.ORDER;
    const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + order;
    const unreduced = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
    const forged = Buffer.concat([signature.subarray(0, 32), unreduced]);
    for (const primitives of both) {
      expect(primitives.verifyEd25519(publicKey, message, forged)).toBe(false);
    }
  });

  it('agree with the portable ones on random keys and signatures', () => {
    for (let i = 0; i < 30; i += 1) {
      const [key32, key64, signature] = [randomBytes(32), randomBytes(64), randomBytes(64)];
      expect(native.verifyEd25519(key32, message, signature)).toBe(
        portable.verifyEd25519(key32, message, signature),
      );
      expect(native.verifyP256(key64, message, signature)).toBe(
        portable.verifyP256(key64, message, signature),
      );
    }
  });

  it('keep verifying when more keys come than are kept', () => {
    const { publicKey, signature } = ed25519Sample();
    expect(native.verifyEd25519(publicKey, message, signature)).toBe(true);
    for (let i = 0; i < 1100; i += 1) native.verifyEd25519(randomBytes(32), message, signature);
    expect(native.verifyEd25519(publicKey, message, signature)).toBe(true);
  });
});
