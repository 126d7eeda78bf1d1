import { keccak_256 } from '@noble/hashes/sha3.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  branchNode,
  extensionNode,
  leafNode,
  pathOf,
  referenceTo,
  SampleTrie,
} from '../../../test/support/sample-trie.ts';
import { concat, equalBytes, fromHex, utf8 } from '../bytes.ts';
import { encodeList, encodeString } from './rlp.ts';
import { ProofNodes, readTrie } from './trie.ts';

const KEY = utf8('key');
const PATH = pathOf(KEY);
const VALUE = utf8('a value that is long enough for a node of its own');
const refusedAs = (code: string) => expect.objectContaining({ code });

/** What a trie of these nodes, the root first, holds under `KEY`. */
function read(...nodes: readonly Uint8Array[]): Uint8Array | undefined {
  const proof = new ProofNodes(nodes);
  const value = readTrie(keccak_256(nodes[0] ?? new Uint8Array(0)), KEY, proof.nodeOf);
  proof.end();
  return value;
}

/** A branch of the nibble at `depth` of the path, and of another one that leads nowhere. */
function branchAt(depth: number, child: Uint8Array): Uint8Array {
  const nibble = PATH[depth] ?? '';
  return branchNode({ [nibble]: child, [other(nibble)]: leafNode('0'.repeat(63 - depth), VALUE) });
}

function other(nibble: string): string {
  return nibble === '0' ? '1' : '0';
}

/** Items of a node, encoded, put together without any rule. */
function node(...items: readonly Uint8Array[]): Uint8Array {
  return encodeList(items);
}

const NONE = Uint8Array.of(0x80);
const SOME_HASH = encodeString(new Uint8Array(32).fill(5));

describe('a trie', () => {
  it('of one leaf holds its value, and nothing else', () => {
    expect(read(leafNode(PATH, VALUE))).toEqual(VALUE);
    expect(read(leafNode(`${PATH.slice(0, 63)}${other(PATH[63] ?? '')}`, VALUE))).toBeUndefined();
  });

  it('leads through branches and extensions', () => {
    const leaf = leafNode(PATH.slice(5), VALUE);
    const branch = branchAt(4, leaf);
    expect(read(extensionNode(PATH.slice(0, 4), branch), branch, leaf)).toEqual(VALUE);
    const later = leafNode(PATH.slice(1), VALUE);
    expect(read(branchAt(0, later), later)).toEqual(VALUE);
  });

  it('holds nothing where a branch has no child or an extension leads elsewhere', () => {
    const [nibble = '', next = ''] = PATH;
    const leaf = leafNode('0'.repeat(63), VALUE);
    const unused = branchNode({ [other(nibble)]: leaf, [nibble === '2' ? '3' : '2']: leaf });
    expect(read(unused)).toBeUndefined();
    expect(read(extensionNode(nibble + other(next), unused))).toBeUndefined();
  });

  it('has short nodes in their parents', () => {
    const leaf = leafNode('', Uint8Array.of(1));
    const last = branchNode({ [PATH[63] ?? '']: leaf, [other(PATH[63] ?? '')]: leaf });
    expect(last.length).toBeLessThan(32);
    expect(read(extensionNode(PATH.slice(0, 63), last))).toEqual(Uint8Array.of(1));
    const inside = leafNode(PATH.slice(50), Uint8Array.of(1));
    expect(inside.length).toBeLessThan(32);
    const branch = branchAt(49, inside);
    expect(read(extensionNode(PATH.slice(0, 49), branch), branch)).toEqual(Uint8Array.of(1));
  });

  it('holds what it was made of, and shows that it holds no more', () => {
    const entries = fc.uniqueArray(fc.uint8Array({ minLength: 1, maxLength: 8 }), {
      minLength: 1,
      maxLength: 60,
      comparator: equalBytes,
    });
    fc.assert(
      fc.property(entries, fc.uint8Array({ maxLength: 8 }), (keys, absent) => {
        const trie = new SampleTrie(keys.map((key) => ({ key, value: concat(key, VALUE) })));
        const asked = [...keys, absent];
        const proof = new ProofNodes(trie.proof(...asked));
        const values = asked.map((key) => readTrie(trie.root, key, proof.nodeOf));
        proof.end();
        const isThere = keys.some((key) => equalBytes(key, absent));
        const last = isThere ? concat(absent, VALUE) : undefined;
        expect(values).toEqual([...keys.map((key) => concat(key, VALUE)), last]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a node', () => {
  const leaf = leafNode(PATH.slice(1), VALUE);
  const [nibble = ''] = PATH;
  const long = referenceTo(leaf);
  const children = (own: Uint8Array, beside: Uint8Array = SOME_HASH) =>
    [...'0123456789abcdef'].map((digit) => {
      if (digit === nibble) return own;
      return digit === other(nibble) ? beside : NONE;
    });
  const packed = (digits: string) => encodeString(fromHex(digits));
  const value = encodeString(VALUE);
  const branch = branchAt(1, leafNode(PATH.slice(2), VALUE));
  const below = [branchAt(2, leafNode(PATH.slice(3), VALUE)), leafNode(PATH.slice(3), VALUE)];
  const twoExtensions = extensionNode(
    PATH.slice(1, 2),
    branchAt(2, leafNode(PATH.slice(3), VALUE)),
  );
  const shortLeaf = leafNode(PATH.slice(61), Uint8Array.of(1));
  const shortByHash = node(
    ...[...'0123456789abcdef'].map((digit) => {
      if (digit === PATH[60]) return encodeString(keccak_256(shortLeaf));
      return digit === other(PATH[60] ?? '') ? SOME_HASH : NONE;
    }),
    NONE,
  );

  it('is read as it is when nothing is wrong with it', () => {
    expect(read(node(...children(long), NONE), leaf)).toEqual(VALUE);
  });

  it.each<[string, Uint8Array[]]>([
    ['no list', [value]],
    ['of one item', [node(value)]],
    ['of three items', [node(packed(`20${PATH}`), value, value)]],
    ['of sixteen items', [node(...children(long)), leaf]],
    ['of eighteen items', [node(...children(long), NONE, NONE), leaf]],
    ['with bytes behind it', [concat(leafNode(PATH, VALUE), NONE)]],
    ['a branch with a value', [node(...children(long), value), leaf]],
    ['a branch with a list for a value', [node(...children(long), node()), leaf]],
    ['a branch of one child', [node(...children(long, NONE), NONE), leaf]],
    ['a branch of a short hash', [node(...children(encodeString(new Uint8Array(31))), NONE)]],
    ['a branch with a long list beside', [node(...children(long, node(value)), NONE), leaf]],
    ['a branch with a short hash beside', [node(...children(long, packed('8181')), NONE), leaf]],
    ['a branch that holds a long node', [node(...children(leaf), NONE)]],
    [
      'a short node by its hash',
      [extensionNode(PATH.slice(0, 60), shortByHash), shortByHash, shortLeaf],
    ],
    ['a path with the flag 4', [node(packed(`40${PATH}`), value)]],
    ['an even path with a nibble beside its flag', [node(packed(`21${PATH}`), value)]],
    ['a path without a flag', [node(packed(''), value)]],
    ['a path that is a list', [node(node(), value)]],
    ['a leaf that is too short', [leafNode(PATH.slice(0, 63), VALUE)]],
    ['a leaf that is too long', [leafNode(`${PATH}0`, VALUE)]],
    ['a leaf without a value', [leafNode(PATH, new Uint8Array(0))]],
    ['a leaf with a list for a value', [node(packed(`20${PATH}`), node())]],
    ['an extension of no nibbles', [extensionNode('', branchAt(0, leaf)), branchAt(0, leaf), leaf]],
    ['an extension over the whole path', [node(packed(`00${PATH}`), SOME_HASH)]],
    ['an extension to a leaf', [extensionNode(nibble, leaf), leaf]],
    [
      'an extension to an extension',
      [extensionNode(nibble, twoExtensions), twoExtensions, ...below],
    ],
    ['an extension to nothing', [node(packed(`1${nibble}`), NONE)]],
    ['an extension to a short hash', [node(packed(`1${nibble}`), packed('8181'))]],
    ['an extension that holds a long node', [node(packed(`1${nibble}`), branch)]],
    [
      'a branch below the end of the path',
      [
        extensionNode(PATH.slice(0, 63), branchAt(63, branchNode({ 0: leaf, 1: leaf }))),
        branchAt(63, branchNode({ 0: leaf, 1: leaf })),
        branchNode({ 0: leaf, 1: leaf }),
      ],
    ],
  ])('is refused that is %s', (_, nodes) => {
    expect(() => read(...nodes)).toThrowError(refusedAs('ethereum-format'));
  });
});

describe('nodes of a proof', () => {
  const leaf = leafNode(PATH.slice(1), VALUE);
  const root = branchAt(0, leaf);
  const second = leafNode(PATH.slice(1), utf8('another value that is long enough'));

  it.each<[string, Uint8Array[], number]>([
    ['one is missing', [root], 1],
    ['one is another', [root, second], 1],
    ['one is not needed', [root, leaf, second], 2],
    ['one is there twice', [root, leaf, leaf], 2],
    ['they are out of order', [root, root, leaf], 1],
  ])('are refused when %s', (_, nodes, index) => {
    const proof = new ProofNodes(nodes);
    const asked = () => {
      readTrie(keccak_256(root), KEY, proof.nodeOf);
      proof.end();
    };
    expect(asked).toThrowError(
      expect.objectContaining({ code: 'ethereum-proof', params: { index } }),
    );
  });

  it('are none of another root', () => {
    const proof = new ProofNodes([root, leaf]);
    expect(() => readTrie(keccak_256(leaf), KEY, proof.nodeOf)).toThrowError(
      refusedAs('ethereum-proof'),
    );
  });
});
