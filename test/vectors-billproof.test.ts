import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compareFormats, type FormatVectors } from './support/format-vectors.ts';

const file = new URL('../../shared/fixtures/vectors/billproof/formats.json', import.meta.url);
const vectors: FormatVectors = JSON.parse(readFileSync(file, 'utf8'));

describe('the vectors of our own formats', () => {
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
