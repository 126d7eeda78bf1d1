import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { AlipayKeys } from './alipay-keys.ts';
import { membersOf } from './signed-answer.ts';

/** The key and the program that `alipay-notification.test.ts` names. */
const PUBLIC_KEY = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEApfYyj7Qx3A7GlAiHG2dG
xKD3+goThGaaxOO/TYOPaxvc4ilyqutGbmADFzykAKoWttuV6Kjz+FADAHps5+Sl
vXIToNcTrkinIBBli0XdH3dyAxKt2ch4nqz2Kvt2rlBM0rcylbAOcptaYznVf9Nu
A+T0K6nzXsLTo9PNNuuAyg6+njRR9YFmeO/bbfOi34o99kSLPhF4rcF7Th0+0Byw
O2Sp5n8twCWGdo/2hZlVT3LwNaJ3QREoGXWjRW97LODUsXPEMkQ7mr11UWsP+0Ci
EmQNe/mCjM75R0PdzImQ9fjp6q9ApERYFDMDtPApcPA9Oz9YkaYFKaUbdq7N9dVm
hwIDAQAB
-----END PUBLIC KEY-----`;
const SIGNED =
  '{"code":"10000","msg":"Success","out_trade_no":"ORD0000000001",' +
  '"trade_no":"2026090122001446330501234567","trade_status":"TRADE_SUCCESS","total_amount":"50.01",' +
  '"send_pay_date":"2026-09-01 10:00:00","subject":"\\"sign\\":\\"} 电费"}';
const SIGNATURE = [
  'IFYHOp+D5iGBppSYJIHlrgRtB77wjd0OZdbEM2KUfBvEMDkJcZgnNqvpAES6zCLSZ6CU2a47JPdq0GCRWyVlkjZ3',
  'MeEvhQ7sbkn23hlCf4XkSOMQW7h6ZsKengae04EzRsE0nBwk9ehA2yU1fpgj6H/YNGnEVGZ9pOtkHMqvcxOI32jK',
  'NoozUdmwdDycIz/Dm1LCgsfW42lHUBEXdmQLfkpKCe/laQlZtbNlQSpj08h6jyeTO61h8lqSnTzK/7iRE9ylfiis',
  'IjJ1GSQOAKJ0QVC+HlMRlRhDxv5RHh5ZIDPqQnf3Ilzk5agiri6hyC+a7MXXbvQij1h5fgKSA7WRQw==',
].join('');
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const keys = new AlipayKeys({
  application: '2021000122671234',
  privateKey,
  platformKeys: [publicKey, createPublicKey(PUBLIC_KEY)],
});

test('the text of an answer that another program has signed is verified as it came', () => {
  const members = membersOf(`{"alipay_trade_query_response":${SIGNED},"sign":"${SIGNATURE}"}`);
  const text = members?.get('alipay_trade_query_response') ?? '';
  expect(text).toBe(SIGNED);
  expect(members?.get('sign')).toBe(`"${SIGNATURE}"`);
  expect(keys.hasSigned(text, SIGNATURE)).toBe(true);
  expect(keys.hasSigned(`${text} `, SIGNATURE)).toBe(false);
  expect(keys.hasSigned(text, '')).toBe(false);
});

test('members are cut out whatever their texts hold', () => {
  const json = ' { "a" : {"x":"},\\"","y":[1,{"z":2}]} , "sign":"b,c" ,"n":1.50}\n';
  expect(membersOf(json)).toEqual(
    new Map([
      ['a', '{"x":"},\\"","y":[1,{"z":2}]}'],
      ['sign', '"b,c"'],
      ['n', '1.50'],
    ]),
  );
});

test.each([
  ['a member that comes twice', '{"a":{"code":"10000"},"sign":"s","a":{"code":"1"}}'],
  ['no object', '[1]'],
  ['nothing', ''],
  ['an object without names', '{1,2}'],
  ['a page of somebody in between', '<html>{}</html>'],
])('%s has no members', (_, json) => {
  expect(membersOf(json)).toBeUndefined();
});

test('a request is signed over its sorted fields, with the time that was given', () => {
  const content = { out_trade_no: 'ORD0000000001', subject: '电费 100% + 水费' };
  const atMs = Date.parse('2026-09-01T10:00:00+08:00');
  const others = { notify_url: 'https://portal.example/notified?a=1' };
  const body = keys.signed('alipay.trade.precreate', content, others, atMs);
  const { sign = '', ...fields } = Object.fromEntries(new URLSearchParams(body));
  expect(fields).toEqual({
    app_id: '2021000122671234',
    biz_content: JSON.stringify(content),
    charset: 'utf-8',
    format: 'JSON',
    method: 'alipay.trade.precreate',
    notify_url: 'https://portal.example/notified?a=1',
    sign_type: 'RSA2',
    timestamp: '2026-09-01 10:00:00',
    version: '1.0',
  });
  const text = [
    'app_id=2021000122671234',
    'biz_content={"out_trade_no":"ORD0000000001","subject":"电费 100% + 水费"}',
    'charset=utf-8',
    'format=JSON',
    'method=alipay.trade.precreate',
    'notify_url=https://portal.example/notified?a=1',
    'sign_type=RSA2',
    'timestamp=2026-09-01 10:00:00',
    'version=1.0',
  ].join('&');
  const bytes = Buffer.from(sign, 'base64');
  expect(verify('sha256', Buffer.from(text), publicKey, bytes)).toBe(true);
});
