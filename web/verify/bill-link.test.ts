import { expect, test } from 'vitest';
import { parseLink } from './bill-link.ts';

const BASE = 'https://riverside.example/verify';

test('a link names the bundle, its key and what the paper says', () => {
  const link = parseLink(
    '#bundle=/v1/statements/7/bundle&key=k_-1&c=AAECAwQFBgcICQoLDA0ODw&a=128640',
    BASE,
  );
  expect(link).toEqual({
    bundle: new URL('https://riverside.example/v1/statements/7/bundle'),
    secret: { 'Billproof-Key': 'k_-1' },
    address:
      'https://riverside.example/verify#bundle=/v1/statements/7/bundle&key=k_-1&c=AAECAwQFBgcICQoLDA0ODw&a=128640',
    expected: { commitment: '000102030405060708090a0b0c0d0e0f', minorUnits: '128640' },
  });
});

test('a commitment may be hex as well', () => {
  const link = parseLink(`#bundle=https://a.example/b&key=k&c=${'AB'.repeat(16)}`, BASE);
  expect(link?.expected).toEqual({ commitment: 'ab'.repeat(16) });
});

test.each([
  '',
  '#',
  '#key=k',
  '#bundle=javascript:alert(1)',
  '#bundle=file:///etc/passwd',
  '#bundle=http://[',
  '#lines',
])('%s is no link', (fragment) => {
  expect(parseLink(fragment, BASE)).toBeUndefined();
});
