import { describe, expect, it } from 'vitest';
import {
  anything,
  bool,
  HASH,
  HIDDEN_OR_SPACE,
  ID,
  integer,
  list,
  MICROS,
  map,
  object,
  oneOf,
  PERIOD,
  shown,
  TIME,
  text,
} from './shape.ts';

const point = object({ x: integer(), name: text(ID) }, { note: text() });

function pointerOf(read: () => unknown): unknown {
  try {
    read();
  } catch (error) {
    return error instanceof Error && 'params' in error ? error.params : error;
  }
  return 'accepted';
}

describe('a text that is shown', () => {
  const name = shown(1, 8);
  const unit = shown(1, 8, HIDDEN_OR_SPACE);
  const takes = (read: typeof name, text: string) => pointerOf(() => read(text, '')) === 'accepted';

  it('is of any script, also of signs that this Unicode does not know', () => {
    const texts = ['电价', 'm³', 'naïve', '𝛑', '🪫', '\u{323b0}', '\u{1fae9}', 'a b'];
    expect(texts.filter((text) => !takes(name, text))).toEqual([]);
    expect(takes(name, '𝛑'.repeat(8))).toBe(true);
  });

  it.each([
    ...['', 'x'.repeat(9), 'a\nb', '\u007f', '\u0085', '\u00ad', '\u061c', '\u200b', '\u200e'],
    ...['\u2028', '\u202e', '\u2060', '\u2069', '\ud800', '\ue000', '\ufeff', '\ufff9', '\uffff'],
    ...['\u{110bd}', '\u{13430}', '\u{1bca0}', '\u{1d173}', '\u{e0041}', '\u{10ffff}'],
  ])('is not %j', (text) => {
    expect([takes(name, text), takes(unit, text)]).toEqual([false, false]);
  });

  it.each([' ', '\u00a0', '\u1680', '\u2000', '\u202f', '\u205f', '\u3000'])(
    'has as a unit no space %j',
    (text) => {
      expect([takes(name, text), takes(unit, text)]).toEqual([true, false]);
    },
  );
});

describe('an object', () => {
  it('has the members that are required, the optional ones if it likes, and no other', () => {
    expect(point({ x: 1, name: 'a' }, '')).toEqual({ x: 1, name: 'a' });
    expect(point({ x: 1, name: 'a', note: '' }, '')).toEqual({ x: 1, name: 'a', note: '' });
    const expected = 'absent: no such member is defined';
    expect(pointerOf(() => point({ x: 1, name: 'a', y: 2 }, '/p'))).toEqual({
      pointer: '/p/y',
      expected,
    });
    expect(pointerOf(() => point({ x: 1 }, '/p'))).toEqual({
      pointer: '/p/name',
      expected: 'present',
    });
  });

  it('does not take an inherited member for its own', () => {
    expect(pointerOf(() => point(Object.create({ x: 1, name: 'a' }), ''))).toEqual({
      pointer: '/x',
      expected: 'present',
    });
    const read = object({}, { toString: text() });
    expect(Object.keys(read({}, ''))).toEqual([]);
    expect(pointerOf(() => object({})(JSON.parse('{"__proto__":1}'), ''))).toEqual({
      pointer: '/__proto__',
      expected: 'absent: no such member is defined',
    });
  });

  it.each([[null], [[]], ['text'], [1], [undefined]])('is not %j', (value) => {
    expect(pointerOf(() => point(value, ''))).toEqual({ pointer: '', expected: 'an object' });
  });
});

describe('a list, a map and their members', () => {
  it('names the place of the first mistake', () => {
    const read = object({ all: list(map(/^[a-z]$/, point), 2) });
    const good = { x: 0, name: 'n' };
    expect(read({ all: [{ a: good }, {}] }, '')).toEqual({ all: [{ a: good }, {}] });
    const pointers = [
      { all: [{ a: good }, { b: { ...good, x: -1 } }] },
      { all: [{ A: good }] },
      { all: [{}, {}, {}] },
      { all: {} },
      { all: [[]] },
    ].map((value) => pointerOf(() => read(value, '')));
    expect(pointers).toEqual([
      { pointer: '/all/1/b/x', expected: 'an integer of at least 0' },
      { pointer: '/all/0/A', expected: 'named like ^[a-z]$' },
      { pointer: '/all', expected: 'a list' },
      { pointer: '/all', expected: 'a list' },
      { pointer: '/all/0', expected: 'an object' },
    ]);
  });
});

describe('a text, a number and the rest', () => {
  it('are of their kind', () => {
    expect([text()('', ''), integer(-5)(-5, ''), bool(false, ''), anything(null, '')]).toEqual([
      '',
      -5,
      false,
      null,
    ]);
    expect(oneOf('a', 'b')('b', '')).toBe('b');
    for (const read of [text(), integer(), bool, oneOf('a')]) {
      for (const value of [null, [], {}, 1.5, 'c'.repeat(1025), 2 ** 53]) {
        expect(() => read(value, '/v')).toThrow(expect.objectContaining({ code: 'bad-shape' }));
      }
    }
  });

  it.each([
    ['a hash', HASH, 'a'.repeat(64), ['A'.repeat(64), 'a'.repeat(63), `${'a'.repeat(64)}\n`]],
    ['an id', ID, 'A1._-', ['', '-a', 'a b', 'a'.repeat(65), 'é']],
    ['an amount', MICROS, '-0.000001', ['-0.000000', '1.0', '01.000000', '+1.000000', '.000000']],
    ['a period', PERIOD, '2026-12', ['2026-13', '2026-00', '2026-1', '26-01']],
    ['a time', TIME, '2026-09-01T00:00:00.000Z', ['2026-09-01T00:00:00Z', '2026-09-01 00:00']],
  ])('%s has one spelling', (_, pattern, good, bad) => {
    const read = text(pattern);
    expect(read(good, '')).toBe(good);
    for (const value of bad) {
      expect(() => read(value, '')).toThrow(expect.objectContaining({ code: 'bad-shape' }));
    }
  });
});
