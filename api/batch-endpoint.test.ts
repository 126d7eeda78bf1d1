import fc from 'fast-check';
import { expect, test } from 'vitest';
import { utf8 } from '../ledger/core/bytes.ts';
import { Refusal } from '../ledger/core/refusal.ts';
import { BATCH_RECORDS, batchBridge, parseBatchBody } from './batch-endpoint.ts';

test('a batch is a signature and its records, as they were sent', () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string(), { minLength: 1 }), (jws, records) => {
      const body = utf8(JSON.stringify({ jws, records }));
      expect(parseBatchBody(body)).toEqual({ jws, records });
    }),
  );
});

test.each([
  ['nothing at all', '', 'json-syntax'],
  ['half of it', '{"jws":"a","records":["b"', 'json-syntax'],
  ['no object', '["a",["b"]]', 'bad-request'],
  ['null', 'null', 'bad-request'],
  ['no records', '{"jws":"a"}', 'bad-request'],
  ['an empty batch', '{"jws":"a","records":[]}', 'bad-request'],
  ['a record that is no text', '{"jws":"a","records":["b",{}]}', 'bad-request'],
  ['records that are no list', '{"jws":"a","records":{"0":"b"}}', 'bad-request'],
  ['a signature that is no text', '{"jws":1,"records":["b"]}', 'bad-request'],
  ['a member too many', '{"jws":"a","records":["b"],"site":"c"}', 'bad-request'],
  ['a signature without end', `{"jws":"${'a'.repeat(5000)}","records":["b"]}`, 'bad-request'],
  [
    'too many records',
    JSON.stringify({ jws: 'a', records: Array(BATCH_RECORDS + 1).fill('b') }),
    'batch-too-large',
  ],
])('%s is refused', (_, text, code) => {
  expect(codeOf(() => parseBatchBody(utf8(text)))).toBe(code);
});

test('bytes that are not UTF-8 are refused, never repaired', () => {
  const body = Uint8Array.of(...utf8('{"jws":"a","records":["'), 0xff, ...utf8('"]}'));
  expect(codeOf(() => parseBatchBody(body))).toBe('json-utf8');
});

test('only the one spelling of the path goes around the router', () => {
  expect(batchBridge('POST', '/v1/bridges/roof-1/batches')).toBe('roof-1');
  for (const url of [
    undefined,
    '/v1/bridges/roof-1/batches?site=a',
    '/v1/bridges/roof-1/batches/',
    '/v1/bridges/../batches/batches',
    '/v1/bridges/roof%2f1/batches',
    '/v1/bridges//batches',
    '//v1/bridges/roof-1/batches',
  ]) {
    expect(batchBridge('POST', url)).toBe(undefined);
  }
  expect(batchBridge('GET', '/v1/bridges/roof-1/batches')).toBe(undefined);
});

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
  return 'accepted';
}
