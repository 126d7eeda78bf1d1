import { expect, test } from 'vitest';
import type { StatementView } from './ledger-port.ts';
import { MOST_LINK_CHARACTERS, shareUrl } from './share-link.ts';

const statement: StatementView = {
  id: '01992b5e-7d5c-7a3e-8f4b-3d1c7f0a9e55',
  account: 'K3F7-9Q2M',
  period: '2026-09',
  n: 312,
  leaf: 9_000,
  commitment: '00112233445566778899aabbccddeeff'.repeat(2),
  total: '1286.405000',
  currency: 'CNY',
  statement: {},
};
const key = 'abcdefghijklmnopqrstuv';

test('the link carries address, key, commitment and amount, all behind the #', () => {
  const link = shareUrl('http://[::1]:1', { ...statement, id: 'S1' }, key);
  expect(link).toBe(
    'http://[::1]:1/verify#bundle=http://[::1]:1/v1/statements/S1/bundle' +
      `&key=${key}&c=ABEiM0RVZneImaq7zN3u_w&a=128641`,
  );
});

test('a link that would not fit the code on paper names the bundle without its host', () => {
  const link = shareUrl('https://bills.example.com', statement, key);
  expect(link.startsWith(`https://bills.example.com/verify#bundle=/v1/statements/`)).toBe(true);
  expect(link.length).toBeLessThanOrEqual(MOST_LINK_CHARACTERS);
});
