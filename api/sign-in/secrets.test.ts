import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tokenKeyFromText } from '../tokens.ts';
import { isSameHash, isSecret, newCode, newSecret, readCode, SecretKeeper } from './secrets.ts';

const keeper = new SecretKeeper(tokenKeyFromText('11'.repeat(32)));
const other = new SecretKeeper(tokenKeyFromText('22'.repeat(32)));

test('a secret says its kind, passes for no other, and each is new', () => {
  const made = new Set(Array.from({ length: 200 }, () => newSecret('bp')));
  expect(made.size).toBe(200);
  let renamed = 0;
  for (const secret of made) {
    expect(secret).toMatch(/^bp_[0-9a-z]{28}$/);
    expect(isSecret('bp', secret)).toBe(true);
    expect(isSecret('bpr', secret)).toBe(false);
    if (isSecret('bpr', secret.replace('bp_', 'bpr_'))) renamed += 1;
  }
  // Two check symbols: one in 1,024 renamed secrets passes by chance, eight of 200 never do.
  expect(renamed).toBeLessThan(8);
});

test('of secrets with one symbol mistyped, all but one in a thousand are known as such', () => {
  const secret = newSecret('bp');
  let missed = 0;
  let tried = 0;
  for (let i = 3; i < secret.length; i += 1) {
    for (const symbol of '0123456789abcdefghjkmnpqrstvwxyz') {
      if (symbol === secret[i]) continue;
      tried += 1;
      if (isSecret('bp', `${secret.slice(0, i)}${symbol}${secret.slice(i + 1)}`)) missed += 1;
    }
  }
  expect(tried).toBe(28 * 31);
  expect(missed).toBeLessThan(12);
  for (const cut of [secret.slice(0, -1), `${secret}0`, secret.toUpperCase(), '', 'bp_']) {
    expect(isSecret('bp', cut)).toBe(false);
  }
});

test('a code is read however it is typed', () => {
  const code = newCode();
  expect(readCode(` ${code.toLowerCase().replaceAll('-', ' ')} `)).toBe(code.replaceAll('-', ''));
  expect(readCode(code.slice(1))).toBe(undefined);
});

test('a hash depends on the use, the secret and the key', () => {
  const hashes = [
    keeper.hash('key', 'a'),
    keeper.hash('key', 'b'),
    keeper.hash('invitation', 'a'),
    other.hash('key', 'a'),
  ];
  expect(new Set(hashes).size).toBe(4);
  expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(isSameHash(keeper.hash('key', 'a'), keeper.hash('key', 'a'))).toBe(true);
  expect(isSameHash(keeper.hash('key', 'a'), keeper.hash('key', 'b'))).toBe(false);
  expect(isSameHash(keeper.hash('key', 'a'), '')).toBe(false);
});

test('what is sealed opens for its owner under the same key only, and not when it was changed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (plain) => {
      const sealed = keeper.seal(plain, 'anna');
      expect(keeper.open(sealed, 'anna')).toEqual(plain);
      const bytes = Buffer.from(sealed, 'base64');
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
      const changed = bytes.toString('base64');
      for (const open of [
        () => other.open(sealed, 'anna'),
        () => keeper.open(sealed, 'otto'),
        () => keeper.open(changed, 'anna'),
        () => keeper.open('AAAA', 'anna'),
      ]) {
        expect(open).toThrow(expect.objectContaining({ code: 'token-key-unusable' }));
      }
    }),
  );
});
