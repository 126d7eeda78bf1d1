import { buffer } from 'node:stream/consumers';
import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Refusal } from '../../ledger/core/refusal.ts';
import { fromBase64Text, gunzipped, inflated } from './unpacked-bytes.ts';

async function* parts(...bytes: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of bytes) yield Buffer.from(part);
}

async function whyOf(bytes: AsyncIterable<Uint8Array>): Promise<unknown> {
  try {
    return await buffer(bytes);
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code, ...error.params };
    throw error;
  }
}

it('base64 is decoded in any pieces, with line ends in it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array(), fc.nat(80), fc.nat(80), async (bytes, one, two) => {
      const text = Buffer.from(bytes).toString('base64').replace(/.{60}/g, '$&\r\n');
      const [from, to] = one < two ? [one, two] : [two, one];
      const cut = parts(text.slice(0, from), text.slice(from, to), text.slice(to));
      expect(await buffer(fromBase64Text(cut, 'unionpay-zm'))).toEqual(Buffer.from(bytes));
    }),
  );
});

it('base64 that is cut off, goes on, or is none is refused', async () => {
  const read = (...texts: string[]) => whyOf(fromBase64Text(parts(...texts), 'unionpay-zm'));
  const cut = { code: 'settlement-truncated', what: 'base64' };
  expect([await read('AAA'), await read('AAAA', 'A'), await read('AA=A')]).toEqual([cut, cut, cut]);
  const other = (what: string) => ({
    ...{ code: 'settlement-unknown-format', format: 'unionpay-zm', what },
  });
  const goesOn = other('its base64 goes on after its end');
  expect([await read('AA==', 'AAAA'), await read('AA==A')]).toEqual([goesOn, goesOn]);
  expect(await read('AA-_')).toEqual(other('it is not written in base64'));
});

it('what zlib packed is unpacked, and refused when it is cut off or another', async () => {
  const content = Buffer.from('a line\r\n'.repeat(50_000));
  expect(await buffer(gunzipped(parts(gzipSync(content))))).toEqual(content);
  expect(await buffer(inflated(parts(deflateSync(content))))).toEqual(content);
  const cut = (what: string) => ({ code: 'settlement-truncated', what });
  expect(await whyOf(gunzipped(parts(gzipSync(content).subarray(0, -1))))).toEqual(cut('gzip'));
  expect(await whyOf(inflated(parts(deflateSync(content).subarray(0, -1))))).toEqual(cut('zlib'));
  expect(await whyOf(inflated(parts('none at all')))).toEqual(cut('zlib'));
});
