import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, hex, utf8 } from './bytes.ts';
import { canonicalize } from './canonical-json.ts';
import { formatMicros, parseMicros } from './decimal.ts';
import {
  type CloseLeaf,
  closeLabel,
  closeLeafHash,
  closeNodeHash,
  closeTree,
  parseCloseLeaf,
  verifyClosePath,
} from './period-close.ts';
import { sha256 } from './primitives.ts';

const micros = fc.bigInt({ min: 0n, max: 10n ** 15n }).map(formatMicros);
const digits = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(hex);
const leaves = fc.uniqueArray(digits, { minLength: 1, maxLength: 40 }).chain((labels) =>
  fc.tuple(
    ...labels.sort().map((label) =>
      fc.record({
        v: fc.constant(1),
        label: fc.constant(label),
        last: digits,
        count: fc.integer({ min: 1, max: 10_000 }),
        sums: fc.record({
          prepaid: micros,
          owed: micros,
          charged: fc.record({ electricity: micros, water: micros }),
        }),
      }),
    ),
  ),
);

function leaf(
  label: string,
  prepaid = '1.000000',
  charged: Record<string, string> = {},
): CloseLeaf {
  return {
    v: 1,
    label: label.repeat(64),
    last: 'e'.repeat(64),
    count: 3,
    sums: { prepaid, owed: '0.000000', charged },
  };
}

/** RFC 6962's recursive definition with sums, slow and obvious. */
function reference(all: readonly CloseLeaf[]): string {
  const [first] = all;
  if (first === undefined) throw new Error('no leaf');
  if (all.length === 1) return closeLeafHash(first);
  let split = 1;
  while (split * 2 < all.length) split *= 2;
  const halves = [all.slice(0, split), all.slice(split)].map((half) => {
    const total = (pick: (sums: CloseLeaf['sums']) => string | undefined) =>
      formatMicros(half.reduce((sum, { sums }) => sum + parseMicros(pick(sums) ?? ''), 0n));
    const sums = {
      prepaid: total(({ prepaid }) => prepaid),
      owed: total(({ owed }) => owed),
      charged: {
        electricity: total(({ charged }) => charged.electricity),
        water: total(({ charged }) => charged.water),
      },
    };
    return concat(fromHex(reference(half)), utf8(canonicalize(sums)));
  });
  return hex(sha256(concat(Uint8Array.of(3), ...halves)));
}

describe('the Merkle sum tree of a period', () => {
  it('has the root of the recursive definition, and every path leads to it', () => {
    fc.assert(
      fc.property(leaves, (all) => {
        const tree = closeTree(all);
        expect(tree.root).toBe(reference(all));
        for (const [i, one] of all.entries()) {
          expect(verifyClosePath(one, tree.path(i))).toEqual({
            ok: true,
            root: tree.root,
            sums: tree.sums,
          });
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keeps a sibling from being shown to two tenants with other sums', () => {
    const [a, b] = [leaf('a', '5.000000'), leaf('b', '7.000000')];
    const tree = closeTree([a, b]);
    const [step] = tree.path(0);
    if (step === undefined) throw new Error('two leaves have one step');
    const lowered = [{ ...step, sums: { ...step.sums, prepaid: '0.000000' } }];
    const shown = verifyClosePath(a, lowered);
    expect(shown.ok && shown.root === tree.root).toBe(false);
    expect(tree.sums.prepaid).toBe('12.000000');
  });

  it('hashes a leaf and a node under prefixes of their own', () => {
    const [a, b] = [leaf('a'), leaf('b')];
    const bytes = utf8(canonicalize(a));
    expect(closeLeafHash(a)).toBe(hex(sha256(concat(Uint8Array.of(2), bytes))));
    const sums = utf8('{"charged":{},"owed":"0.000000","prepaid":"1.000000"}');
    const node = concat(
      Uint8Array.of(3),
      fromHex(closeLeafHash(a)),
      sums,
      fromHex(closeLeafHash(b)),
      sums,
    );
    const [left, right] = [a, b].map((one) => ({ hash: closeLeafHash(one), sums: one.sums }));
    if (left === undefined || right === undefined) throw new Error('two nodes');
    expect(closeNodeHash(left, right)).toBe(hex(sha256(node)));
  });

  it.each([
    ['close-empty', []],
    ['close-order', [leaf('b'), leaf('a')]],
    ['close-order', [leaf('a'), leaf('a')]],
    ['close-utilities', [leaf('a', '0.000000', { water: '0.000000' }), leaf('b')]],
    ['close-too-large', [leaf('a', '999999999999999.000000'), leaf('b', '999999999999999.000000')]],
    ['bad-shape', [leaf('a', '-1.000000')]],
    ['bad-shape', [leaf('a', '1.0')]],
    ['bad-shape', [leaf('a', '1.000000', { 'no name': '1.000000' })]],
  ])('is refused with %s', (code, all) => {
    expect(() => closeTree(all)).toThrow(expect.objectContaining({ code }));
  });
});

describe('the path of a leaf', () => {
  const pair = [leaf('a'), leaf('b')];
  const path = closeTree(pair).path(0);
  const step = path[0];

  it.each([
    ['a negative sum', [{ ...step, sums: { ...step?.sums, prepaid: '-1.000000' } }], 'bad-shape'],
    ['an unknown member', [{ ...step, more: 1 }], 'bad-shape'],
    ['an unknown side', [{ ...step, side: 'up' }], 'bad-shape'],
    ['a hash in capitals', [{ ...step, hash: 'A'.repeat(64) }], 'bad-shape'],
    ['65 steps', Array.from({ length: 65 }, () => step), 'bad-shape'],
    ['no list', 'path', 'bad-shape'],
    [
      'another utility',
      [{ ...step, sums: { ...step?.sums, charged: { gas: '0.000000' } } }],
      'close-utilities',
    ],
  ])('with %s fails', (_, steps, code) => {
    const result = verifyClosePath(pair[0], steps);
    expect(result.ok ? 'verified' : result.code).toBe(code);
  });

  it('leads elsewhere from a leaf with another count or another last commitment', () => {
    const { root } = closeTree(pair);
    for (const changed of [{ count: 4 }, { last: 'd'.repeat(64) }]) {
      const result = verifyClosePath({ ...pair[0], ...changed }, path);
      expect(result.ok && result.root !== root).toBe(true);
    }
  });
});

describe('a leaf', () => {
  it('has exactly its members, and version 1', () => {
    expect(parseCloseLeaf(leaf('a'))).toEqual(leaf('a'));
    for (const changed of [{ v: 2 }, { count: 0 }, { name: 'Li' }]) {
      expect(() => parseCloseLeaf({ ...leaf('a'), ...changed })).toThrow(
        expect.objectContaining({ code: 'bad-shape' }),
      );
    }
  });

  it('is labelled so that only who has the key finds it', () => {
    const key = Uint8Array.from({ length: 32 }, (_, i) => i);
    expect(closeLabel(key, '2026-09')).toBe(
      '781d752a65f59d3a6d68f7e526e52b41fad8d7988e7a58fcbb00babefc926a97',
    );
    expect(closeLabel(key, '2026-10')).not.toBe(closeLabel(key, '2026-09'));
    expect(() => closeLabel(key, '2026-9')).toThrow(
      expect.objectContaining({ code: 'bad-period' }),
    );
  });
});
