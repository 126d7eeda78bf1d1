import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { Refusal } from '../ledger/core/refusal.ts';
import type { Principal } from './permissions.ts';
import { issueToken, principalOf, tokenKeyFile, tokenKeyFromText } from './tokens.ts';

const key = tokenKeyFromText('11'.repeat(32));
const nowMs = Date.parse('2026-09-01T00:00:00Z');
const life = { nowMs, seconds: 3600 };
const owner: Principal = { id: 'tenant-7', role: 'tenant-owner', site: 'harbour', account: 'K1' };

test('a token speaks for whom it was issued to, until it expires', async () => {
  const bearer = `Bearer ${await issueToken(key, owner, life)}`;
  expect(await principalOf(key, bearer, nowMs + 3_599_000)).toEqual(owner);
  expect(await codeOf(principalOf(key, bearer, nowMs + 3_601_000))).toBe('token-expired');
});

test('no header is nobody; anything but a bearer token is refused', async () => {
  expect(await principalOf(key, undefined, nowMs)).toBe(undefined);
  for (const header of ['', 'Bearer', 'Bearer a.b', 'Basic YTpi', 'Bearer a.b.c', 'Bearer ..']) {
    expect(await codeOf(principalOf(key, header, nowMs))).toBe('token-invalid');
  }
});

test('a token of another key, algorithm, audience or issuer is not valid', async () => {
  const other = tokenKeyFromText('22'.repeat(32));
  const good = await issueToken(key, owner, life);
  const [, payload] = good.split('.');
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
  const tokens = [
    await issueToken(other, owner, life),
    `${none}AA`,
    good.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')).replace(/^./, 'f'),
    await signed({ role: 'admin' }, 'someone-else', 'billproof-api'),
    await signed({ role: 'admin' }, 'billproof', 'another-api'),
    await signed({ role: 'emperor' }, 'billproof', 'billproof-api'),
    await signed({ role: 'tenant-owner', site: 'harbour' }, 'billproof', 'billproof-api'),
    await signed({ role: 'cashier', account: 'K1' }, 'billproof', 'billproof-api'),
  ];
  for (const token of tokens) {
    expect(await codeOf(principalOf(key, `Bearer ${token}`, nowMs))).toBe('token-invalid');
  }
});

test('a tenant without an account, or staff with one, gets no token', async () => {
  await expect(
    issueToken(key, { id: 't', role: 'tenant-payer', site: 'a' }, life),
  ).rejects.toThrow();
  await expect(
    issueToken(key, { id: 's', role: 'cashier', account: 'K1' }, life),
  ).rejects.toThrow();
});

test('the key is made once, for its owner only, and a damaged one is never replaced', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'token-')), 'keys', 'token.key');
  const made = tokenKeyFile(path, () => new Uint8Array(32).fill(7));
  expect(made.secret).toEqual(new Uint8Array(32).fill(7));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(tokenKeyFile(path, () => new Uint8Array(32).fill(8)).secret).toEqual(made.secret);
  writeFileSync(path, 'short');
  expect(() => tokenKeyFile(path, () => new Uint8Array(32))).toThrow(/64 hex digits/);
});

async function signed(claims: Record<string, string>, issuer: string, audience: string) {
  return await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('x')
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(nowMs / 1000)
    .setExpirationTime(nowMs / 1000 + 3600)
    .sign(key.secret);
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
  return 'accepted';
}
