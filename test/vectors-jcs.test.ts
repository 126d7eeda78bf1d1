import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { utf8 } from '../ledger/core/bytes.ts';
import { canonicalize, parseCanonical } from '../ledger/core/canonical-json.ts';
import { describeFixture } from './support/fixtures.ts';
import { compareJcsFiles, REFUSED_JCS_FILES } from './support/format-vectors.ts';

/**
 * The suite covers all of RFC 8785. Hashed objects of ours hold less (no null, no fraction, nothing
 * outside the safe integers), so two of its files must be refused and the rest be byte-equal.
 */
describeFixture('the public JCS vectors', 'vectors/jcs/testdata/', (folder) => {
  const read = (path: string) => readFileSync(new URL(path, folder), 'utf8');
  const files = readdirSync(new URL('input/', folder))
    .sort()
    .map((name) => ({ name, input: read(`input/${name}`), output: read(`output/${name}`) }));

  it('are all there, and the refused ones among them', () => {
    expect(files.map(({ name }) => name)).toEqual([
      'arrays.json',
      'french.json',
      'structures.json',
      'unicode.json',
      'values.json',
      'weird.json',
    ]);
    expect(Object.keys(REFUSED_JCS_FILES)).toEqual(['arrays.json', 'values.json']);
  });

  it('are refused for the stated reason or written to the same bytes', () => {
    expect(compareJcsFiles(files).mismatches).toEqual([]);
  });

  it.each(files)('$name in hex is its output', ({ name, output }) => {
    const digits = read(`outhex/${name.replace('json', 'txt')}`)
      .trim()
      .split(/\s+/);
    expect([...utf8(output)].map((byte) => byte.toString(16).padStart(2, '0'))).toEqual(digits);
  });

  it.each([
    ['null', null],
    ['333333333.3333333', 333333333.3333333],
    ['1e+30', 1e30],
    ['4.5', 4.5],
    ['0.002', 0.002],
    ['1e-27', 1e-27],
    ['9007199254740992', 2 ** 53],
  ])('refuses the part %s wherever it stands', (text, value) => {
    const code = value === null ? 'json-type' : 'json-number';
    expect(() => canonicalize({ a: [value] })).toThrow(expect.objectContaining({ code }));
    expect(() => parseCanonical(`{"a":[${text}]}`)).toThrow(expect.objectContaining({ code }));
  });

  it('writes what is left of the refused files to the same bytes', () => {
    const rest = { string: '€$\u000f\nA\'B"\\\\"/', literals: [true, false] };
    expect(canonicalize(rest)).toBe(
      '{"literals":[true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
    expect(canonicalize([56, { d: true, 1: [] }])).toBe('[56,{"1":[],"d":true}]');
  });
});
