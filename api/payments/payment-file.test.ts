import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readPaymentSettings } from './payment-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'billproof-payments-'));
afterAll(() => rmSync(folder, { recursive: true }));

const wechat = {
  ...{
    merchant: '1900000109',
    application: 'wx8888888888888888',
    certificateSerial: '444F4864EA9B',
  },
  ...{ privateKey: 'own.key', platformKeys: { PUB_KEY_ID_01190000: 'theirs.pem' } },
  apiV3Key: 'v3.key',
};

const stripe = {
  ...{ account: 'acct_1A2B3C4D5E', live: false, secretKey: 'stripe.key' },
  ...{ webhookSecrets: ['stripe.hook'], currencies: ['EUR'] },
};
const alipay = {
  ...{ application: '2026001100000000', merchant: '2088000000000001' },
  ...{ privateKey: 'own.key', platformKeys: ['theirs.pem'] },
};

beforeAll(() => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = { format: 'pem' } as const;
  writeFileSync(join(folder, 'own.key'), privateKey.export({ ...pem, type: 'pkcs8' }));
  writeFileSync(join(folder, 'theirs.pem'), publicKey.export({ ...pem, type: 'spki' }));
  writeFileSync(join(folder, 'v3.key'), `${'k'.repeat(32)}\n`);
  writeFileSync(join(folder, 'stripe.key'), `rk_test_${'a'.repeat(24)}`);
  writeFileSync(join(folder, 'stripe.hook'), `whsec_${'b'.repeat(32)}`);
  writeFileSync(join(folder, 'short.key'), 'k'.repeat(31));
});

function read(settings: unknown) {
  const path = join(folder, 'payments.json');
  writeFileSync(path, JSON.stringify(settings));
  const complaints: string[] = [];
  return { settings: readPaymentSettings(path, (text) => complaints.push(text)), complaints };
}

test('a file that is whole makes its providers', async () => {
  const { settings, complaints } = read({ fallbackSite: 'tower', wechat, alipay, stripe });
  expect(complaints).toEqual([]);
  const providers = await settings?.providers('https://bills.example.com/webhooks', Date.now);
  expect([settings?.fallbackSite, providers?.map(({ name }) => name)]).toEqual([
    'tower',
    ['wechat', 'alipay', 'stripe'],
  ]);
});

test.each([
  ['nothing', {}, ['it names no provider that is whole']],
  ['a provider that is none', { paypal: {} }, [expect.stringMatching(/paypal/)]],
  [
    'a Stripe key that is none',
    { stripe: { ...stripe, secretKey: 'v3.key' } },
    [/v3\.key does not/],
  ],
  ['an address without TLS', { wechat: { ...wechat, url: 'http://mch' } }, [/wechat\.url: https/]],
  [
    'a key that is not there',
    { wechat: { ...wechat, privateKey: 'x.key' } },
    [/x\.key cannot be read/],
  ],
  [
    'a key that is none',
    { wechat: { ...wechat, privateKey: 'v3.key' } },
    [/v3\.key is not a private/],
  ],
  ['a key that is short', { wechat: { ...wechat, apiV3Key: 'short.key' } }, [/31 bytes, 32 are/]],
])('a file with %s is complained of, without a word of a key', (_, settings, expected) => {
  const { complaints } = read(settings);
  const patterns = expected.map((one) =>
    one instanceof RegExp ? expect.stringMatching(one) : one,
  );
  expect(complaints).toEqual(expect.arrayContaining(patterns));
  expect(complaints.join()).not.toContain('kkk');
});
