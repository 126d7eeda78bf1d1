import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { describeFixture } from './support/fixtures.ts';
import { compareFormats, type FormatVectors } from './support/format-vectors.ts';

describeFixture('the vectors of our own formats', 'vectors/billproof/formats.json', (file) => {
  const vectors: FormatVectors = JSON.parse(readFileSync(file, 'utf8'));

  it('agree with the core, part by part', () => {
    const { mismatches, count } = compareFormats(vectors);
    expect(mismatches).toEqual([]);
    expect(count).toBe(140);
  });

  it('has no part that nothing compares', () => {
    expect(Object.keys(vectors).sort()).toEqual([
      'accountYearKey',
      'chain',
      'checkpoint',
      'jcs',
      'jcsRefused',
      'jcsRefusedWhy',
      'note',
      'periodClose',
      'readings',
      'tilePaths',
      'tree',
    ]);
  });

  it('are really compared: a changed vector is found', () => {
    const [first, ...rest] = vectors.chain;
    if (first === undefined) throw new Error('the chain has events');
    const salt = first.salt.replace(/^../, '00');
    const changed = { ...vectors, chain: [{ ...first, salt }, ...rest] };
    expect(compareFormats(changed).mismatches).toHaveLength(3);
  });
});
