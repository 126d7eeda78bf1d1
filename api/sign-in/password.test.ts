import { argon2Sync } from 'node:crypto';
import { expect, test } from 'vitest';
import { Refusal } from '../../ledger/core/refusal.ts';
import { checkPassword, demandStrength, hashPassword, WORK } from './password.ts';

test('the platform’s Argon2id gives the known answer of RFC 9106, section 5.3', () => {
  const tag = argon2Sync('argon2id', {
    message: Buffer.alloc(32, 1),
    nonce: Buffer.alloc(16, 2),
    secret: Buffer.alloc(8, 3),
    associatedData: Buffer.alloc(12, 4),
    ...{ memory: 32, passes: 3, parallelism: 4, tagLength: 32 },
  });
  expect(tag.toString('hex')).toBe(
    '0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659',
  );
});

test('a password is kept as a PHC string with its work, and never twice alike', async () => {
  const one = await hashPassword('correct horse battery');
  const two = await hashPassword('correct horse battery');
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(one).not.toBe(two);
  for (const phc of [one, two]) {
    expect(await checkPassword('correct horse battery', phc)).toEqual(right(false));
    expect(await checkPassword('correct horse batterz', phc)).toEqual(wrong(false));
    expect(await checkPassword('', phc)).toEqual(wrong(false));
  }
});

test('a hash of other work still opens, and is told to be stale', async () => {
  const phc = await hashPassword('correct horse battery', { ...WORK, memory: 8_192, passes: 1 });
  expect(await checkPassword('correct horse battery', phc)).toEqual(right(true));
  expect(await checkPassword('wrong horse battery', phc)).toEqual(wrong(true));
});

test('the same letters in another Unicode form are the same password', async () => {
  const phc = await hashPassword('cafe\u0301 au lait, please');
  expect(await checkPassword('caf\u00e9 au lait, please', phc)).toEqual(right(false));
});

test('a kept password that is none is damage, not a wrong password', async () => {
  for (const phc of [
    '',
    'x',
    '$argon2i$v=19$m=8,t=1,p=1$AAAA$AAAA',
    '$argon2id$v=19$m=8,t=1$A$A',
  ]) {
    await expect(checkPassword('x', phc)).rejects.toMatchObject({ code: 'store-damaged' });
  }
});

test('short, monotonous passwords and those with the name in them are refused', () => {
  const strengthOf = (password: string) => {
    try {
      demandStrength(password, 'anna');
      return 'taken';
    } catch (error) {
      if (error instanceof Refusal) return error.code;
      throw error;
    }
  };
  expect(strengthOf('elevenchars')).toBe('password-weak');
  expect(strengthOf('ababababababab')).toBe('password-weak');
  expect(strengthOf('my name is ANNA indeed')).toBe('password-weak');
  expect(strengthOf('twelve chars')).toBe('taken');
  expect(strengthOf('电费账单每月都要自己核对一遍')).toBe('taken');
});

function right(isStale: boolean) {
  return { isRight: true, isStale };
}
function wrong(isStale: boolean) {
  return { isRight: false, isStale };
}
