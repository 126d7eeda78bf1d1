import { expect, it } from 'vitest';
import { Refusal } from '../../ledger/core/refusal.ts';
import { JsonTexts } from './json-texts.ts';

function read(parts: readonly (string | Buffer)[]): unknown {
  const found: unknown[] = [];
  const texts = new JsonTexts('stripe-transactions', (value) => found.push(value));
  try {
    for (const part of parts) texts.push(Buffer.from(part));
    texts.end();
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code, ...error.params };
    throw error;
  }
  return found;
}

it('objects are told apart by their brackets, whatever their texts hold', () => {
  const one = { a: '}{"\\', b: [{ c: '电' }], '"': {} };
  const text = `${JSON.stringify(one)}\n\t ${JSON.stringify({})}${JSON.stringify(one, null, 2)}\r\n`;
  expect(read([text])).toEqual([one, {}, one]);
  expect(read([...Buffer.from(text)].map((byte) => Buffer.of(byte)))).toEqual([one, {}, one]);
  expect(read([''])).toEqual([]);
});

it('an object without its end is cut off', () => {
  const cut = { code: 'settlement-truncated', what: 'a JSON object' };
  expect([['{"a":1'], ['{}', '{"a":"}'], ['{', '{', '}']].map(read)).toEqual([cut, cut, cut]);
});

it('what is no object, or no JSON, is refused', () => {
  const code = 'settlement-unknown-format';
  expect([['[{}]'], ['{} x'], ['{a:1}'], ['{"a":}']].map(read)).toEqual([
    { code, format: 'stripe-transactions', what: 'it is no list of JSON objects' },
    { code, format: 'stripe-transactions', what: 'it is no list of JSON objects' },
    { code, format: 'stripe-transactions', what: 'it is not written in JSON' },
    { code, format: 'stripe-transactions', what: 'it is not written in JSON' },
  ]);
});

it('an object that never ends is refused before it fills the memory', () => {
  const parts = ['{"a":"', ...Array.from({ length: 20 }, () => 'x'.repeat(1 << 20))];
  expect(read(parts)).toMatchObject({ code: 'settlement-too-large' });
});
