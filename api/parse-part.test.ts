import { expect, test } from 'vitest';
import { z } from 'zod';
import { parserIn } from './parse-part.ts';
import { InvalidRequest } from './problem.ts';
import { paging, positiveMicros } from './shapes.ts';

const body = z.strictObject({
  amount: positiveMicros,
  method: z.enum(['cash', 'card']),
  tags: z.array(z.strictObject({ 'a/b': z.string().optional() })),
});

test('all mistakes of a body are told at once, each with its JSON pointer', () => {
  const value = { method: 'gold', tags: [{}, { 'a/b': 1 }], extra: true };
  expect(mistakes('en', body, value, 'body')).toEqual([
    ['/amount', 'missing'],
    ['/method', 'not-allowed'],
    ['/tags/1/a~1b', 'wrong-type'],
    ['/extra', 'unknown-field'],
  ]);
});

test('a place in the query or the path is named as such', () => {
  const query = z.strictObject(paging);
  expect(mistakes('en', query, { limit: '0', page: '2' }, 'query')).toEqual([
    ['?limit', 'out-of-range'],
    ['?page', 'unknown-field'],
  ]);
  const params = z.strictObject({ id: z.string().regex(/^\d$/) });
  expect(mistakes('en', params, { id: 'x' }, 'params')).toEqual([['{id}', 'bad-format']]);
});

test('amounts have six decimals and are above zero', () => {
  const accepts = (text: unknown) => positiveMicros.safeParse(text).success;
  expect(['0.000001', '500.000000', '999999999999.000000'].map(accepts)).toEqual([
    true,
    true,
    true,
  ]);
  const wrong = ['0.000000', '-1.000000', '1', '1.0', '01.000000', '1e3', '1.0000000', '', 1, null];
  expect(wrong.map(accepts)).toEqual(wrong.map(() => false));
});

test('a Chinese reader is told in Chinese', () => {
  try {
    parserIn('zh-CN')(body, {}, 'body');
    expect.unreachable();
  } catch (error) {
    if (!(error instanceof InvalidRequest)) throw error;
    expect(error.errors.map(({ detail }) => /\p{Script=Han}/u.test(detail))).toEqual([
      true,
      true,
      true,
    ]);
  }
});

function mistakes(
  language: 'en',
  schema: z.ZodType,
  value: unknown,
  where: 'body' | 'query' | 'params',
): [string, string][] {
  try {
    parserIn(language)(schema, value, where);
  } catch (error) {
    if (error instanceof InvalidRequest) {
      return error.errors.map(({ pointer, code }) => [pointer, code]);
    }
    throw error;
  }
  return [];
}
