import { expect, test } from 'vitest';
import { accepts } from './content-coding.ts';

test.each([
  [undefined, false],
  ['', false],
  ['gzip, deflate, br', true],
  ['br', false],
  ['GZIP;q=0.5', true],
  ['gzip;q=0, *', false],
  ['gzip; q=0.000', false],
  ['*', true],
  ['*;q=0', false],
])('Accept-Encoding %j packs: %s', (header, packs) => {
  expect(accepts('gzip', header)).toBe(packs);
});
