import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { message } from '../../../test/support/fabric-bytes.ts';
import { fromHex, hex, utf8 } from '../bytes.ts';
import { Message } from './protobuf.ts';

const refused = expect.objectContaining({ code: 'fabric-format' });

describe('a message', () => {
  it('gives its numbers, texts, lists and the messages inside', () => {
    const bytes = message(
      [1, 300],
      [2, 'anchors'],
      [3, 'one'],
      [3, 'two'],
      [4, message([1, 2 ** 53 - 1])],
    );
    const read = new Message(bytes, 'nb*b');
    expect(read.number(1)).toBe(300);
    expect(read.text(2)).toBe('anchors');
    expect(read.list(3)).toEqual([utf8('one'), utf8('two')]);
    expect(read.inner(4, 'n').number(1)).toBe(2 ** 53 - 1);
  });

  it('has zero, no bytes and an empty list where a field is absent', () => {
    const read = new Message(new Uint8Array(0), 'nb*b');
    expect([read.number(1), read.bytes(2), read.list(3), read.inner(4, 'n').number(1)]).toEqual([
      0,
      new Uint8Array(0),
      [],
      0,
    ]);
  });

  it('reads a map by its keys', () => {
    const entry = (key: string, value: string) => message([1, key], [2, value]);
    const read = new Message(message([1, entry('a', 'x')], [1, entry('b', 'y')]), '*');
    expect([...read.map(1)]).toEqual([
      ['a', utf8('x')],
      ['b', utf8('y')],
    ]);
    const twice = new Message(message([1, entry('a', 'x')], [1, entry('a', 'y')]), '*');
    expect(() => twice.map(1)).toThrowError(refused);
  });

  it.each([
    ['a field that is not expected', '1801', 'nb'],
    ['a field that is refused', '0801', '-b'],
    ['a number where bytes are expected', '1001', 'nb'],
    ['bytes where a number is expected', '0a0100', 'nb'],
    ['fixed64', '090000000000000000', 'nb'],
    ['a group', '0b0c', 'nb'],
    ['fixed32', '0d00000000', 'nb'],
    ['field number zero', '0001', 'nb'],
    ['fields in another order', '12000801', 'nb'],
    ['a number twice', '08010801', 'nb'],
    ['bytes twice', '12001200', 'nb'],
    ['a zero that is written', '0800', 'nb'],
    ['a longer varint than need be', '088100', 'nb'],
    ['a longer tag than need be', '880001', 'nb'],
    ['a longer length than need be', '12810061', 'nb'],
    ['a varint of 2^53', '088080808080808010', 'nb'],
    ['a negative number', '08ffffffffffffffffff01', 'nb'],
    ['a varint without an end', '08ffffffffffffffffffffffff', 'nb'],
    ['a tag without a value', '08', 'nb'],
    ['a value that is cut off', '120261', 'nb'],
    ['a length of nearly 2^53', '12ffffffffffffff0f61', 'nb'],
  ])('is refused with %s', (_, bytes, fields) => {
    expect(() => new Message(fromHex(bytes), fields)).toThrowError(refused);
  });

  it('has one spelling: what is read is what is written again', () => {
    const fields = fc.record({
      number: fc.maxSafeNat(),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }),
      list: fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 5 }),
    });
    const write = (number: number, bytes: Uint8Array, list: readonly Uint8Array[]) =>
      message([1, number], [2, bytes], ...list.map((item) => [3, item] as const));
    fc.assert(
      fc.property(fields, ({ number, bytes, list }) => {
        const written = write(number, bytes, list);
        const read = new Message(written, 'nb*');
        expect(hex(write(read.number(1), read.bytes(2), read.list(3)))).toBe(hex(written));
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        let read: Message;
        try {
          read = new Message(bytes, 'n-*');
        } catch {
          return;
        }
        const again = message(
          [1, read.number(1)],
          ...read.list(3).map((item) => [3, item] as const),
        );
        expect(hex(again)).toBe(hex(bytes));
      }),
      { numRuns: 2000 },
    );
  });
});
