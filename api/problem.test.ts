import { expect, test } from 'vitest';
import { Refusal } from '../ledger/core/refusal.ts';
import { InvalidRequest, problemHeaders, problemOf } from './problem.ts';

test('a refusal is told with its code, status and sentence, in the language that was asked for', () => {
  const refusal = new Refusal('too-many-requests', 'Wait 3 s.', { retryAfter: 3 });
  expect(problemOf(refusal, 'en', 'request-1')).toEqual({
    type: 'urn:billproof:problem:too-many-requests',
    title: 'Too many requests',
    status: 429,
    detail: 'Wait 3 s.',
    code: 'too-many-requests',
    requestId: 'request-1',
    params: { retryAfter: 3 },
  });
  const chinese = problemOf(refusal, 'zh-CN', 'request-1');
  expect(chinese.detail).toBe('请求过于频繁，请在 3 秒后重试。');
  expect(problemHeaders(chinese, 'zh-CN')).toEqual({
    'content-type': 'application/problem+json',
    'content-language': 'zh-CN',
    'cache-control': 'no-store',
    vary: 'Accept-Language',
    'retry-after': '3',
  });
});

test('every mistake of a request has its place', () => {
  const errors = [{ pointer: '/amount', code: 'missing', detail: 'Say how much.' }];
  const many = new InvalidRequest('bad-request', 'Correct it.', errors);
  expect(problemOf(many, 'en', 'r').errors).toEqual(errors);
  const one = new Refusal('bad-shape', '/serial must be a text.', { pointer: '/serial' });
  expect(problemOf(one, 'en', 'r').errors).toEqual([
    { pointer: '/serial', code: 'bad-shape', detail: '/serial must be a text.' },
  ]);
});

test('of our own mistakes nothing is told but the id to ask for', () => {
  const problem = problemOf(new Error('password at /srv/secret'), 'en', 'request-2');
  expect(problem).toEqual({
    type: 'urn:billproof:problem:internal',
    title: 'Our mistake',
    status: 500,
    detail: 'This failed through no fault of yours. Try again; if it stays, report the requestId.',
    code: 'internal',
    requestId: 'request-2',
  });
});

test('who is not let in learns how, and who uses a wrong method which one is right', () => {
  const missing = problemOf(new Refusal('token-missing', 'Send one.'), 'en', 'r');
  expect(problemHeaders(missing, 'en')['www-authenticate']).toBe('Bearer realm="billproof"');
  const method = problemOf(new Refusal('method-not-allowed', 'No.', { allow: 'GET' }), 'en', 'r');
  expect(problemHeaders(method, 'en')['allow']).toBe('GET');
});
