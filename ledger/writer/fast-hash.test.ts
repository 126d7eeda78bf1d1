import { expect, it } from 'vitest';
import { hex } from '../core/bytes.ts';
import { commitmentOf, eventSalt } from '../core/event.ts';
import { Committer, SaltKey, sha256Bytes, sha256Hex, sha256Latin1 } from './fast-hash.ts';

it('salts and commits as the core does, from texts and from bytes', () => {
  const key = Buffer.from('0f1e2d3c4b5a69788796a5b4c3d2e1f0'.repeat(2), 'hex');
  const salts = new SaltKey(key);
  const committer = new Committer();
  const texts = ['{}', '{"name":"租户"}', 'x'.repeat(40_000)];
  for (const n of [0, 1, 255, 0x1_0000_0000, Number.MAX_SAFE_INTEGER]) {
    const salt = eventSalt(key, n);
    expect(salts.salt(n)).toBe(hex(salt));
    expect(Buffer.from(salts.saltLatin1(n), 'latin1').equals(salt)).toBe(true);
    for (const text of texts) {
      const wanted = hex(commitmentOf(salt, text));
      expect(committer.commit(salts.salt(n), text, false)).toBe(wanted);
      const bytes = Buffer.from(`before\n${text}\nbehind`);
      const end = bytes.length - '\nbehind'.length;
      expect(committer.commitBytes(salts.saltLatin1(n), bytes, 7, end)).toBe(wanted);
    }
  }
});

it('has one SHA-256 in three forms', () => {
  const data = Buffer.from('billproof');
  const wanted = sha256Hex(data);
  expect(hex(sha256Bytes(data))).toBe(wanted);
  expect(Buffer.from(sha256Latin1(data), 'latin1').toString('hex')).toBe(wanted);
});
