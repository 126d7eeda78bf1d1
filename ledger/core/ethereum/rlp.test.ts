import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, hex, utf8 } from '../bytes.ts';
import {
  digitsOf,
  encodeList,
  encodeString,
  numberOf,
  type RlpItem,
  readRlp,
  readRlpList,
  stringOf,
} from './rlp.ts';

const refused = expect.objectContaining({ code: 'ethereum-format' });

/** A value as the writer takes it and the reader gives it. */
type Tree = Uint8Array | readonly Tree[];

function encode(tree: Tree): Uint8Array {
  return tree instanceof Uint8Array ? encodeString(tree) : encodeList(tree.map(encode));
}

function decode({ isList, content }: RlpItem): Tree {
  return isList ? readRlp(content).map(decode) : content;
}

describe('RLP', () => {
  it.each([
    ['no bytes', new Uint8Array(0), '80'],
    ['a zero', Uint8Array.of(0), '00'],
    ['the last byte that is itself', Uint8Array.of(0x7f), '7f'],
    ['the first that is not', Uint8Array.of(0x80), '8180'],
    ['a text', utf8('dog'), '83646f67'],
    ['no values', [], 'c0'],
    ['texts', [utf8('cat'), utf8('dog')], 'c88363617483646f67'],
    ['lists in lists', [[], [[]], [[], [[]]]], 'c7c0c1c0c3c0c1c0'],
    ['55 bytes', new Uint8Array(55), `b7${'00'.repeat(55)}`],
    ['56 bytes', new Uint8Array(56), `b838${'00'.repeat(56)}`],
    ['256 bytes', new Uint8Array(256), `b90100${'00'.repeat(256)}`],
    ['a list of 56 bytes', [new Uint8Array(55)], `f838b7${'00'.repeat(55)}`],
  ] as const)('writes and reads %s', (_, tree, text) => {
    expect(hex(encode(tree))).toBe(text);
    expect(readRlp(fromHex(text)).map(decode)).toEqual([tree]);
  });

  it.each([
    ['a byte that needs no prefix', '8105'],
    ['a long form of 55 bytes', `b837${'00'.repeat(55)}`],
    ['a long form of a list of 55 bytes', `f837${'00'.repeat(55)}`],
    ['a length with a leading zero', `b90038${'00'.repeat(56)}`],
    ['a length that is cut off', 'b901'],
    ['a length without digits', 'b8'],
    ['a string that is cut off', '83646f'],
    ['a list that is cut off', 'c883636174'],
    ['a length beyond all bytes', 'bfffffffffffffffff00'],
    ['a length beyond 2^53', `bb8000000000000000${'00'.repeat(60)}`],
  ])('refuses %s', (_, text) => {
    expect(() => readRlp(fromHex(text))).toThrowError(refused);
  });

  it.each([
    ['no list', '83646f67'],
    ['two lists', 'c0c0'],
    ['a list and bytes behind it', 'c100'.concat('00')],
    ['nothing', ''],
  ])('refuses %s where one list is expected', (_, text) => {
    expect(() => readRlpList(fromHex(text))).toThrowError(refused);
  });

  it('refuses strings, integers and numbers that are none', () => {
    const [list, none, zero, byte] = readRlpList(fromHex('c4c0800005'));
    expect(() => stringOf(list)).toThrowError(refused);
    expect(() => stringOf(undefined)).toThrowError(refused);
    expect(() => stringOf(byte, 2)).toThrowError(refused);
    expect(() => digitsOf(zero, 8)).toThrowError(refused);
    expect(digitsOf(none, 8)).toEqual(new Uint8Array(0));
    expect(() => digitsOf(byte, 0)).toThrowError(refused);
    expect(numberOf(stringOf(none))).toBe(0);
    expect(numberOf(fromHex('1fffffffffffff'))).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => numberOf(fromHex('20000000000000'))).toThrowError(refused);
    expect(() => numberOf(fromHex('0001'))).toThrowError(refused);
  });

  it('has one form of each value, whatever the bytes', () => {
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.uint8Array({ maxLength: 70 }),
        fc.array(tie('tree'), { maxLength: 5 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(readRlp(encode(value)).map(decode)).toEqual([value]);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        let items: readonly Tree[];
        try {
          items = readRlp(bytes).map(decode);
        } catch (error) {
          expect(error).toEqual(refused);
          return;
        }
        expect(concat(...items.map(encode))).toEqual(bytes);
      }),
      { numRuns: 2000 },
    );
  });
});
