import { expect, test } from 'vitest';
import { base32, stepOf, stepOfCode, totpCode, totpUri } from './totp.ts';

const secret = Buffer.from('12345678901234567890');

test.each([
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
])('at %d s the code is that of RFC 6238, appendix B', (seconds, code) => {
  expect(totpCode(secret, stepOf(seconds * 1000), 8)).toBe(code);
  expect(totpCode(secret, stepOf(seconds * 1000))).toBe(code.slice(2));
});

test('a code is taken in its step and those beside it, and in no other', () => {
  const nowMs = 1_111_111_111_000;
  const now = stepOf(nowMs);
  const taken = [-2, -1, 0, 1, 2].map((drift) => {
    return stepOfCode(secret, totpCode(secret, now + drift), { nowMs, lastStep: 0 });
  });
  expect(taken).toEqual([undefined, now - 1, now, now + 1, undefined]);
});

test('a step that was used is never taken again, nor one before it', () => {
  const nowMs = 1_111_111_111_000;
  const now = stepOf(nowMs);
  const withLast = (lastStep: number) =>
    [-1, 0, 1].map((drift) =>
      stepOfCode(secret, totpCode(secret, now + drift), { nowMs, lastStep }),
    );
  expect(withLast(now)).toEqual([undefined, undefined, now + 1]);
  expect(withLast(now + 1)).toEqual([undefined, undefined, undefined]);
});

test('what is no code of six digits is none', () => {
  const nowMs = 1_111_111_111_000;
  for (const code of ['', '0', '05047', '0050471', 'abcdef', '０５０４７１', '-50471']) {
    expect(stepOfCode(secret, code, { nowMs, lastStep: 0 })).toBe(undefined);
  }
});

test('the secret is written as RFC 4648 has it', () => {
  const vectors = ['', 'MY', 'MZXQ', 'MZXW6', 'MZXW6YQ', 'MZXW6YTB', 'MZXW6YTBOI'];
  for (const [length, text] of vectors.entries()) {
    expect(base32(Buffer.from('foobar').subarray(0, length))).toBe(text);
  }
});

test('the address for the app names the house and the person', () => {
  expect(totpUri(secret, 'anna', 'bills.example.com')).toBe(
    'otpauth://totp/bills.example.com:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' +
      '&issuer=bills.example.com&algorithm=SHA1&digits=6&period=30',
  );
});
