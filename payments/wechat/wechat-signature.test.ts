import { generateKeyPairSync, verify, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { authorization, judgeSignature, SIGNATURE_LIFE_MS, signLines } from './wechat-signature.ts';

/**
 * A notification with its certificate, as WeChat Pay publishes them in the tests of its own client
 * (github.com/wechatpay-apiv3/wechatpay-go, core/notify, Apache-2.0).
 */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIDVzCCAj+gAwIBAgIJANfOWdH1ItcBMA0GCSqGSIb3DQEBCwUAMEIxCzAJBgNV
BAYTAlhYMRUwEwYDVQQHDAxEZWZhdWx0IENpdHkxHDAaBgNVBAoME0RlZmF1bHQg
Q29tcGFueSBMdGQwHhcNMjEwNDI3MDg1NTIzWhcNMzEwNDI1MDg1NTIzWjBCMQsw
CQYDVQQGEwJYWDEVMBMGA1UEBwwMRGVmYXVsdCBDaXR5MRwwGgYDVQQKDBNEZWZh
dWx0IENvbXBhbnkgTHRkMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA
2VCTd91fnUn73Xy9DLvt/V62TVxRTEEstVdeRaZ3B3leO0pldE806mXO4RwdHXag
HQ4vGeZN0yqm++rDsGK+U3AH7kejyD2pXshNP9Cq5YwbptiLGtjcquw4HNxJQUOm
DeJf2vg6byms9RUipiq4SzbJKqJFlUpbuIPDpSpWz10PYmyCNeDGUUK65E5h2B83
4uxl1zNLYQCrkdBzb8oUxwYeP5a2DNxmjL5lsJML7DGr5znsevnoqGRwTm9fxCGf
y8wus7hwKz6clt3Whmmda7UAdb1c08hEQFVRbF14AR73xbnd8N0obCWJPCbzMCtk
aSef4FdEEgEXJiw0VAJT8wIDAQABo1AwTjAdBgNVHQ4EFgQUT1c7nd/SUO76HSoZ
umNUJv1R5PwwHwYDVR0jBBgwFoAUT1c7nd/SUO76HSoZumNUJv1R5PwwDAYDVR0T
BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOCAQEAfTjxKRQMzNB/U6ZoCUS+BSNfa2Oh
0plMN6ZuzwiVVZwg1jywvv5yv04koS7Pd4i9E4gt9ZBUQXlpq+A3oOCEEHNRR6b2
kyazGRM7s0OP5X21WrbpSmKmU6K7hkfx30yYs08LVs/Q8DIhvaj1FCFeJzUCzYn/
fHMq4tsbKO0dKAeydPM/nrUZBmaYQVKMVOORGLFjFKVO7JV6Kq/R86ouhjEPgJOe
2xulNBUcjicqtZlBdEh/PWCYP2SpGVDclKm8jeo175T3EVAkdKzzmfpxtMmnMlmq
cTJOU9TxuGvNASMtjj7pYIerTx+xgZDXEVBWFW9PjJ0TV06tCRsgSHItgg==
-----END CERTIFICATE-----`;
const SERIAL = 'D7CE59D1F522D701';
const SIGNED_MS = 1_624_523_846_000;
const BODY = [
  '{"id":"3119dfba-e649-5eec-ab1e-3412bc4d2e17","create_time":"2021-06-24T16:37:26+',
  '08:00","resource_type":"encrypt-resource","event_type":"PAYSCORE.USER_OPEN_SERVI',
  'CE","summary":"签约成功","resource":{"original_type":"payscore","algorithm":"AEAD_AE',
  'S_256_GCM","ciphertext":"YDS3lKPaC4Y52Gf3uhft5qUBlIa8b428AWTtTauHQfQrRw+X1WpiuHI',
  'Dy0vo1Vd6VEq67aVyqPdDYMkRVSDaZL3iZttevRMOoPKMifozg6XPWjIZumks/GpT48lI4NizyeaqLBo',
  'kNebthah3o1H76qSlO9NkDjp9bzmKLEYYH9TEklFUpsvPqOTOcgSLgh21YJXYR7dEBXFgRLiNIKRgO5J',
  'dXh1hccRUAlyVWxE54PXpnQ==","associated_data":"payscore","nonce":"Kj7QIyUiYx1q"}}',
].join('');
const HEADERS = {
  'wechatpay-nonce': 'EcZ9Cmy4Xyx1i6RlJQzLcCyEqDa26NBz',
  'wechatpay-timestamp': '1624523846',
  'wechatpay-serial': SERIAL,
  'wechatpay-signature': [
    'tJHIiIS9eB2hAYstmAmbbD3ZE5LiIm/Ug5tuL4fC0YOFRWIHV39UFIZXC0e9Wl6lBu6sKvkqDkzpqzBs',
    'VHyXFlbYZTOQrVdG4b6LfTnK4mikv9++ixJMd3vTf2yCqvBkh98zs3Ds5zsYQakzbcwhmw4fMJs4nPLw',
    's28H0UW9FjDR//rxELLwXvV1VEA1IBLX70xptjL8hrfUjEE8kkry6yNJTHZRU8CAc7qHli2Ng1V1qb9A',
    'RbK8A3ThmFmPQvRGrapI/jS2laKKgYUmfdEdkNO6B2Cke5e8VTxY406ArAmQ90GAihDwIcb16TQMnzCM',
    'BoutnwZKNiKRACrFmtxw2Q==',
  ].join(''),
};
const keys = new Map([[SERIAL, new X509Certificate(CERTIFICATE).publicKey]]);
const body = new TextEncoder().encode(BODY);

function judge(headers: Readonly<Record<string, string>>, bytes = body, nowMs = SIGNED_MS): string {
  return judgeSignature(keys, headers, bytes, nowMs).kind;
}

describe('a signature of WeChat', () => {
  test('that WeChat has published is valid', () => {
    expect(judge(HEADERS)).toBe('valid');
  });

  test('is stale after five minutes and a second, and not before, either way', () => {
    const at = (offMs: number) => judge(HEADERS, body, SIGNED_MS + offMs);
    expect([at(SIGNATURE_LIFE_MS), at(-SIGNATURE_LIFE_MS)]).toEqual(['valid', 'valid']);
    expect([at(SIGNATURE_LIFE_MS + 1_000), at(-SIGNATURE_LIFE_MS - 1)]).toEqual(['stale', 'stale']);
  });

  test('covers every byte of the body', () => {
    for (let at = 0; at < body.length; at += 1) {
      const other = Uint8Array.from(body);
      other[at] = (other[at] ?? 0) ^ 0x01;
      expect(judge(HEADERS, other)).toBe('wrong');
    }
  });

  test('covers time and nonce', () => {
    expect(judge({ ...HEADERS, 'wechatpay-timestamp': '1624523847' })).toBe('wrong');
    expect(judge({ ...HEADERS, 'wechatpay-nonce': 'other' })).toBe('wrong');
  });

  test('is of a key that we know by the name that is given', () => {
    expect(judge({ ...HEADERS, 'wechatpay-serial': 'PUB_KEY_ID_01' })).toBe('unknown-key');
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const others = new Map([[SERIAL, publicKey]]);
    expect(judgeSignature(others, HEADERS, body, SIGNED_MS)).toEqual({ kind: 'wrong' });
  });

  test('that WeChat sends to try us is wrong', () => {
    const signature = `WECHATPAY/SIGNTEST/${HEADERS['wechatpay-signature']}`;
    expect(judge({ ...HEADERS, 'wechatpay-signature': signature })).toBe('wrong');
  });

  test.each(['wechatpay-timestamp', 'wechatpay-nonce', 'wechatpay-signature'])(
    'is absent without %s',
    (name) => {
      expect(judge({ ...HEADERS, [name]: '' })).toBe('absent');
    },
  );
});

test('a request is signed over method, path, time, nonce and body, each line ended', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const merchant = { merchant: '1234567890', certificateSerial: '0123456789ABC', privateKey };
  const header = authorization(merchant, {
    method: 'GET',
    target: '/v3/certificates',
    body: '',
    atMs: 1_624_523_846_999,
    nonce: 'A1B2C3D4E5F6G7',
  });
  const [, signature = ''] = /signature="([^"]+)"/.exec(header) ?? [];
  expect(header).toBe(
    'WECHATPAY2-SHA256-RSA2048 mchid="1234567890",nonce_str="A1B2C3D4E5F6G7",' +
      `signature="${signature}",timestamp="1624523846",serial_no="0123456789ABC"`,
  );
  const text = 'GET\n/v3/certificates\n1624523846\nA1B2C3D4E5F6G7\n\n';
  const bytes = Buffer.from(signature, 'base64');
  expect(verify('sha256', Buffer.from(text), publicKey, bytes)).toBe(true);
  expect(signLines(privateKey, text.split('\n').slice(0, -1))).toBe(signature);
});
