import { createPublicKey, generateKeyPairSync, sign as signText } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { AlipayKeys } from './alipay-keys.ts';
import { alipayAnswer, readAlipayNotification } from './alipay-notification.ts';

/**
 * A notification that was signed by another program (`openssl dgst -sha256 -sign`, OpenSSL 3) over the
 * sorted text of its fields without `sign` and `sign_type`; its key exists nowhere else.
 */
const PUBLIC_KEY = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEApfYyj7Qx3A7GlAiHG2dG
xKD3+goThGaaxOO/TYOPaxvc4ilyqutGbmADFzykAKoWttuV6Kjz+FADAHps5+Sl
vXIToNcTrkinIBBli0XdH3dyAxKt2ch4nqz2Kvt2rlBM0rcylbAOcptaYznVf9Nu
A+T0K6nzXsLTo9PNNuuAyg6+njRR9YFmeO/bbfOi34o99kSLPhF4rcF7Th0+0Byw
O2Sp5n8twCWGdo/2hZlVT3LwNaJ3QREoGXWjRW97LODUsXPEMkQ7mr11UWsP+0Ci
EmQNe/mCjM75R0PdzImQ9fjp6q9ApERYFDMDtPApcPA9Oz9YkaYFKaUbdq7N9dVm
hwIDAQAB
-----END PUBLIC KEY-----`;
const BODY = [
  'notify_type=trade_status_sync&notify_id=91722adff935e8cfa58b3aabf4dead6ibe&notify_time=2',
  '026-09-01+10%3A00%3A05&charset=utf-8&version=1.0&app_id=2021000122671234&auth_app_id=202',
  '1000122671234&seller_id=2088621349056780&trade_no=2026090122001446330501234567&out_trade',
  '_no=ORD0000000001&trade_status=TRADE_SUCCESS&total_amount=50.01&receipt_amount=50.01&buy',
  'er_pay_amount=50.01&subject=%E7%94%B5%E8%B4%B9+100%25+%2B+%E6%B0%B4%E8%B4%B9%2C+502+%E5%',
  'AE%A4&gmt_create=2026-09-01+09%3A59%3A58&gmt_payment=2026-09-01+10%3A00%3A00&fund_bill_l',
  'ist=%5B%7B%22amount%22%3A%2250.01%22%2C%22fundChannel%22%3A%22ALIPAYACCOUNT%22%7D%5D&pas',
  'sback_params=&sign_type=RSA2&sign=PML%2F15Dkz8ncjWZlwRUaC9OoSR%2Bqzm0j%2BjmcvsT%2B5fQoM7',
  'jVDp4E1Lrkm%2F1AwCvD2Sgz7no4UjEx2nBwEVy%2BBdHBItsxvqg2zsj1uQ%2FmrC2U9p1LPXHvN9EnJ1gyL5Rs',
  'mBuS2IohilkwMIbZh%2F3%2BULrnFrjDCQp%2BcRanIWg3t0wvepSGlEQrv86T4GQ3TgCqIvKDGNUutGKBqoh%2F',
  'dByoENbkaF7L9z3MXX8UoGXFRqYh7Nw0p2U5zyCaXv8nPUQ7ULKpRN0OVdTQzNeHB3oSqYiSeS47zBaLZo7zm1Fg',
  'QGROp8eAgX4H2hWJIwRQnDdIrvWW37q86Wqq%2FoMYMlK%2F9A%3D%3D',
].join('');
/** Of the same text, with SHA-1. */
const OLD_SIGNATURE = [
  'RCp3x7fjpETw0W5uTQLl6vRmlryG+6q8xl1wpbOUgG9xD0Wk0dX8ywEpADOixmd7DZaN/DxQdx3eksb1K12X+1mv',
  'eQ4N8thD4JEpu8X/hVKfvctjdSiHo03wWxSw/VA/GEfNBIPYHezsj29ZzO0IjVxlqzrqlPni1EfPZf8e3AX/GE6p',
  'QRZhKsVN0VXaUpEmxsLFNyD2IgYBB++eEl2JpnsXB8CXE89XIG7dXjA2nlwGScOfds/ASDHJB15lRFO1V4XDazLs',
  'uLTtn0aN5SdPm4K7VyRNtQQiwV2ZmvFVLJdOKcTCN0i4Q16P3B24swxNyQNeN0A+VwayOQxkLUar7w==',
].join('');
const SENT_MS = Date.parse('2026-09-01T10:00:05+08:00');
const ours = { application: '2021000122671234', merchant: '2088621349056780' };
const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
const platform = createPublicKey(PUBLIC_KEY);
const keys = new AlipayKeys({ ...ours, privateKey: own.privateKey, platformKeys: [platform] });

interface Changes {
  readonly body?: string;
  readonly nowMs?: number;
  readonly account?: typeof ours;
}

function read({ body = BODY, nowMs = SENT_MS, account = ours }: Changes = {}) {
  const raw = { headers: {}, body: new TextEncoder().encode(body) };
  return readAlipayNotification(keys, account, raw, nowMs);
}

function codeOf(changes: Changes): string {
  try {
    return read(changes).kind;
  } catch (error) {
    return Object(error).code;
  }
}

/** The body with fields of its own, signed by a key that `signing` trusts. */
const alipay = generateKeyPairSync('rsa', { modulusLength: 2048 });
const signing = new AlipayKeys({
  ...{ ...ours, privateKey: alipay.privateKey },
  platformKeys: [platform, alipay.publicKey],
});

function told(changes: Readonly<Record<string, string>>) {
  const {
    sign: _sign,
    sign_type: _type,
    ...fields
  } = Object.fromEntries(new URLSearchParams(BODY));
  const said: Record<string, string> = { ...fields, ...changes };
  const text = Object.keys(said)
    .sort()
    .map((name) => `${name}=${said[name]}`)
    .join('&');
  const sign = signText('sha256', Buffer.from(text), alipay.privateKey).toString('base64');
  const form = new URLSearchParams({ ...said, sign_type: 'RSA2', sign }).toString();
  const raw = { headers: {}, body: new TextEncoder().encode(form) };
  return readAlipayNotification(signing, ours, raw, SENT_MS);
}

const payment = {
  id: '2026090122001446330501234567',
  order: 'ORD0000000001',
  amount: { minor: 5_001n, currency: 'CNY' },
  paidMs: Date.parse('2026-09-01T10:00:00+08:00'),
};

describe('a notification of Alipay', () => {
  test('that another program has signed is a payment', () => {
    expect(read()).toEqual({ kind: 'payment', payment });
  });

  test('means the same with its fields in another order', () => {
    const pairs = [...new URLSearchParams(BODY)].reverse();
    expect(read({ body: new URLSearchParams(pairs).toString() })).toEqual(read());
  });

  test.each([
    ['an amount', 'total_amount=50.01', 'total_amount=50.02'],
    ['a character of a name in Chinese', '%E7%94%B5', '%E7%94%B4'],
    ['a plus sign for a space', '%2B', '+'],
    ['an empty field that is left out', '&passback_params=', ''],
    ['no kind of signature', '&sign_type=RSA2', ''],
    ['another kind of signature', 'sign_type=RSA2', 'sign_type=RSA'],
    ['a kind of signature that there is not', 'sign_type=RSA2', 'sign_type=MD5'],
  ])('with %s is unsigned', (_, from, to) => {
    expect(BODY).toContain(from);
    expect(codeOf({ body: BODY.replace(from, to) })).toBe('notification-unsigned');
  });

  test('signed with SHA-1 is unsigned, though it says so itself', () => {
    const form = new URLSearchParams(BODY);
    form.set('sign_type', 'RSA');
    form.set('sign', OLD_SIGNATURE);
    expect(codeOf({ body: form.toString() })).toBe('notification-unsigned');
  });

  test('with a field twice is bad, whichever was signed', () => {
    for (const field of ['total_amount=50.01', 'total_amount=0.01', 'sign=']) {
      expect(codeOf({ body: `${BODY}&${field}` })).toBe('notification-bad');
    }
  });

  test.each(Object.keys(ours))('of another %s is not ours', (name) => {
    const account = { ...ours, [name]: '2021000122670000' };
    expect(codeOf({ account })).toBe('notification-not-ours');
  });

  test('is stale after five minutes, in either direction', () => {
    const at = (seconds: number) => codeOf({ nowMs: SENT_MS + seconds * 1_000 });
    expect([at(300), at(-300)]).toEqual(['payment', 'payment']);
    expect([at(301), at(-301)]).toEqual(['notification-stale', 'notification-stale']);
  });

  test.each(['TRADE_SUCCESS', 'TRADE_FINISHED'])('of %s is a payment', (trade_status) => {
    expect(told({ trade_status })).toEqual({ kind: 'payment', payment });
  });

  test('of a trade that was closed unpaid closes the order', () => {
    expect(told({ trade_status: 'TRADE_CLOSED' })).toEqual({
      kind: 'closed',
      order: payment.order,
    });
  });

  test.each([
    ['WAIT_BUYER_PAY', { trade_status: 'WAIT_BUYER_PAY' }],
    ['batch_refund_notify', { notify_type: 'batch_refund_notify' }],
  ])('of %s is of no concern', (what, changes) => {
    expect(told(changes)).toEqual({ kind: 'other', what });
  });

  test.each(['TRADE_SUCCESS', 'TRADE_CLOSED'])(
    'of a refund (%s) is told by our number of it, never by the sum of all so far',
    (trade_status) => {
      const refund = {
        out_biz_no: 'RFD01',
        refund_fee: '30.00',
        gmt_refund: '2026-09-01 10:00:04.1',
      };
      expect(told({ trade_status, ...refund })).toEqual({
        kind: 'refund',
        order: payment.order,
        refund: { refund: 'RFD01', state: 'paid', id: payment.id },
      });
    },
  );

  test.each<Readonly<Record<string, string>>>([
    { total_amount: '50.015' },
    { total_amount: '5e1' },
    { total_amount: '-50.01' },
    { gmt_payment: '2026-02-30 10:00:00' },
    { out_trade_no: '' },
    { notify_time: 'yesterday' },
  ])('with %o is bad', (changes) => {
    expect(() => told(changes)).toThrow(expect.objectContaining({ code: 'notification-bad' }));
  });

  test('is answered with seven letters or four', () => {
    expect([alipayAnswer(true).body, alipayAnswer(false).body]).toEqual(['success', 'fail']);
  });
});
