import { keccak_256 } from '@noble/hashes/sha3.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { damageOf } from '../../../test/support/damage.ts';
import {
  ANCHORED,
  accountRlp,
  BLOCK_TIME_S,
  CHAIN_ID,
  CODE_HASH,
  CONTRACT,
  headerFields,
  hexWord,
  integer,
  ORIGIN_SLOT,
  RECORD_SLOT,
  ROOT_SLOT,
  record,
  type SampleChange,
  sampleNetwork,
  sampleReceipt,
  withLaterHeaders,
} from '../../../test/support/ethereum-chain.ts';
import { concat, equalBytes, hex, u64be, utf8 } from '../bytes.ts';
import type { EthereumNetwork } from './network.ts';
import {
  type EthereumReceipt,
  formatEthereumReceipt,
  MAX_ACCOUNT_NODES,
  MAX_HEADERS,
  MAX_PART_BYTES,
  MAX_STORAGE_NODES,
  readEthereumReceipt,
} from './receipt.ts';
import { encodeList, encodeString, readRlpList } from './rlp.ts';
import { verifyEthereumReceipt } from './verify-receipt.ts';

const good = sampleReceipt();
const network = sampleNetwork(good);
const NOTHING = new Uint8Array(0);
const LONG_ORIGIN = 'ledger.example/log/the-tower-at-the-end-of-the-long-street/site-1';

function verify(
  receipt: EthereumReceipt,
  anchored = ANCHORED,
  known: EthereumNetwork = sampleNetwork(receipt),
) {
  return verifyEthereumReceipt(receipt, anchored, known);
}

/** What is said of a receipt over a state that is otherwise. */
function verifyChanged(change: SampleChange, anchored = ANCHORED) {
  return verify(sampleReceipt(change), anchored);
}

function failed(code: string, part: string, params: object = {}) {
  return {
    ok: false,
    code,
    detail: expect.stringMatching(/^[A-Z].*\.$/),
    params: { ...params, part },
  };
}

const told = {
  ok: true,
  ...ANCHORED,
  blockNumber: 300,
  blockHash: `0x${hex(keccak_256(good.headers[0] ?? NOTHING))}`,
  blockTimeMs: (BLOCK_TIME_S - 3600) * 1000,
  headerTimeMs: BLOCK_TIME_S * 1000,
  trust: 'pinned',
};

describe('a receipt of a public chain', () => {
  it('shows which root is anchored, since when, and in which block that is seen', () => {
    expect(verify(good)).toEqual(told);
  });

  it('shows nothing of a block that nobody knows, and says so', () => {
    const trust = 'block not pinned';
    expect(verify(good, ANCHORED, { ...network, blocks: [] })).toEqual({ ...told, trust });
    const others = [keccak_256(utf8('another block')), NOTHING];
    expect(verify(good, ANCHORED, { ...network, blocks: others })).toEqual({ ...told, trust });
  });

  it('leads to a block that is known by headers after its own', () => {
    const longer = withLaterHeaders(good, 3);
    for (const header of longer.headers) {
      const blocks = [NOTHING, keccak_256(header)];
      expect(verify(longer, ANCHORED, { ...network, blocks })).toEqual(told);
    }
    const trust = 'block not pinned';
    expect(verify(longer, ANCHORED, { ...network, blocks: [] })).toEqual({ ...told, trust });
  });

  it.each([
    ['one that takes two slots', 'l'.repeat(32)],
    ['the longest one in one slot', 'l'.repeat(31)],
    ['one that fills two slots', 'l'.repeat(64)],
    ['one of several slots', LONG_ORIGIN],
    ['one of 255 characters', 'l'.repeat(255)],
    ['one beyond ASCII', '樓宇/1'],
  ])('is of a log with any name: %s', (_, origin) => {
    const anchored = { ...ANCHORED, origin };
    expect(verifyChanged({ origin }, anchored)).toMatchObject({ ok: true, origin });
  });

  it('may have been anchored in the very block whose state is shown', () => {
    const storage = new Map([[RECORD_SLOT, record(300, BLOCK_TIME_S, 0)]]);
    expect(verifyChanged({ storage })).toEqual({
      ...told,
      ...{ blockTimeMs: BLOCK_TIME_S * 1000, blockHash: expect.stringMatching(/^0x[0-9a-f]{64}$/) },
    });
  });
});

describe('a receipt is refused that', () => {
  const later = withLaterHeaders(good, 2);
  const [first = NOTHING, second = NOTHING, third = NOTHING] = later.headers;

  it('is of another chain or contract', () => {
    expect(verify({ ...good, chainId: 1 })).toEqual(
      failed('ethereum-chain', 'receipt', { found: 1, expected: CHAIN_ID }),
    );
    const contract = CONTRACT.replace('42', '43');
    expect(verify({ ...good, contract })).toEqual(
      failed('ethereum-contract', 'receipt', { found: contract, expected: CONTRACT }),
    );
  });

  it('has no header, or one that cannot be read', () => {
    expect(verify({ ...good, headers: [] })).toEqual(failed('ethereum-format', 'receipt'));
    const cut = first.subarray(0, 400);
    expect(verify({ ...good, headers: [cut] })).toEqual(failed('ethereum-format', 'headers/0'));
    expect(verify({ ...good, headers: [first, second, cut] })).toEqual(
      failed('ethereum-format', 'headers/2'),
    );
  });

  it('has headers that do not follow one another', () => {
    const gap = failed('ethereum-parent', 'headers/1', { found: 302, before: 300 });
    expect(verify({ ...good, headers: [first, third] })).toEqual(gap);
    const back = failed('ethereum-parent', 'headers/2', { found: 301, before: 301 });
    expect(verify({ ...good, headers: [first, second, second] })).toEqual(back);
    const fork = encodeList(headerFields(301, new Uint8Array(32), new Uint8Array(32)));
    const other = failed('ethereum-parent', 'headers/1', { found: 301, before: 300 });
    expect(verify({ ...good, headers: [first, fork] })).toEqual(other);
    const jump = encodeList(headerFields(302, new Uint8Array(32), keccak_256(first)));
    expect(verify({ ...good, headers: [first, jump] })).toEqual(gap);
  });

  it('leads to the known block from another one', () => {
    const forged = sampleReceipt({ storage: new Map([[ROOT_SLOT, keccak_256(utf8('forged'))]]) });
    const headers = [...forged.headers, second];
    expect(verify({ ...forged, headers }, ANCHORED, sampleNetwork(later))).toMatchObject({
      ...{ ok: false, code: 'ethereum-parent' },
    });
  });

  it.each(['account', 'storage'] as const)(
    'lacks a node, or has one too many, of the proof of the %s',
    (place) => {
      const nodes = good[place];
      const last = nodes.length - 1;
      const verdict = (list: readonly Uint8Array[]) => verify({ ...good, [place]: list });
      expect(verdict([])).toEqual(failed('ethereum-proof', place, { index: 0 }));
      expect(verdict(nodes.slice(1))).toEqual(failed('ethereum-proof', place, { index: 0 }));
      expect(verdict(nodes.slice(0, -1))).toEqual(failed('ethereum-proof', place, { index: last }));
      expect(verdict([...nodes, first])).toEqual(
        failed('ethereum-proof', place, { index: last + 1 }),
      );
      expect(verdict(nodes.toReversed())).toEqual(failed('ethereum-proof', place, { index: 0 }));
    },
  );

  it('shows another code at the address, or none', () => {
    const codeHash = keccak_256(utf8('other code'));
    const [found, expected] = [hex(codeHash), hex(CODE_HASH)];
    const other = failed('ethereum-code', 'account', { found, expected });
    expect(verifyChanged({ codeHash })).toEqual(other);
    const none = failed('ethereum-code', 'account', { found: 'none', expected });
    expect(verifyChanged({ account: () => undefined })).toEqual(none);
  });

  it('is of the anchor of another log', () => {
    const found = failed('ethereum-origin', 'storage', { expected: ANCHORED.origin });
    expect(verifyChanged({ origin: 'ledger.example/log/site-2' })).toEqual(found);
    expect(verifyChanged({ origin: 'ledger.example/log/site-11' })).toEqual(found);
    expect(verifyChanged({ origin: LONG_ORIGIN })).toEqual(found);
    const anchored = { ...ANCHORED, origin: LONG_ORIGIN };
    const end = failed('ethereum-origin', 'storage', { expected: LONG_ORIGIN });
    expect(verifyChanged({ origin: LONG_ORIGIN.replace('site-1', 'site-2') }, anchored)).toEqual(
      end,
    );
    expect(verifyChanged({ origin: LONG_ORIGIN.replace('ledger', 'lodger') }, anchored)).toEqual(
      end,
    );
    expect(verifyChanged({}, anchored)).toEqual(end);
  });

  it('shows that nothing of this size is anchored', () => {
    const found = failed('ethereum-absent', 'storage', { size: 300, block: 300 });
    const storage = new Map([[RECORD_SLOT, new Uint8Array(32)]]);
    expect(verifyChanged({ storage })).toEqual(found);
    const both = new Map([...storage, [ROOT_SLOT, new Uint8Array(32)] as const]);
    const zeros = { ...ANCHORED, root: new Uint8Array(32) };
    expect(verifyChanged({ storage: both }, zeros)).toEqual(found);
  });

  it.each<[string, Uint8Array]>([
    ['of another size', record(301, BLOCK_TIME_S - 1, 9)],
    ['of another size by 2^32', record(300 + 2 ** 32, BLOCK_TIME_S - 1, 9)],
    ['after itself', record(300, BLOCK_TIME_S - 1, 300)],
    ['after a larger one', record(300, BLOCK_TIME_S - 1, 2 ** 53 - 1)],
    ['of a later block', record(300, BLOCK_TIME_S + 1, 9)],
    [
      'of a time that no clock has',
      concat(new Uint8Array(16), new Uint8Array(8).fill(255), u64be(300)),
    ],
    ['with more in its word', Uint8Array.of(1, ...record(300, BLOCK_TIME_S - 1, 9).subarray(1))],
  ])('shows a record %s', (_, word) => {
    const params = { size: 300, found: hex(word) };
    expect(verifyChanged({ storage: new Map([[RECORD_SLOT, word]]) })).toEqual(
      failed('ethereum-record', 'storage', params),
    );
  });

  it('shows another root', () => {
    const root = keccak_256(utf8('another root'));
    const params = { found: hex(root), expected: hex(ANCHORED.root) };
    const found = failed('ethereum-root', 'storage', params);
    expect(verifyChanged({ storage: new Map([[ROOT_SLOT, root]]) })).toEqual(found);
    const swapped = { found: params.expected, expected: params.found };
    expect(verify(good, { ...ANCHORED, root })).toEqual(
      failed('ethereum-root', 'storage', swapped),
    );
  });

  it('shows an account that no chain has', () => {
    const root = new Uint8Array(32).fill(1);
    const fields = [integer(1), integer(0), root, CODE_HASH].map(encodeString);
    const accounts = [
      encodeList(fields.slice(0, 3)),
      encodeList([...fields, encodeString(root)]),
      encodeList(fields.with(0, Uint8Array.of(0))),
      encodeList(fields.with(0, encodeString(new Uint8Array(9).fill(1)))),
      encodeList(fields.with(1, encodeString(new Uint8Array(33).fill(1)))),
      encodeList(fields.with(2, encodeString(root.subarray(1)))),
      encodeList(fields.with(3, encodeString(root.subarray(1)))),
      encodeList(fields.with(3, encodeList([]))),
      concat(accountRlp(root, CODE_HASH), Uint8Array.of(0x80)),
    ];
    for (const account of accounts) {
      expect(verifyChanged({ account: () => account })).toEqual(
        failed('ethereum-format', 'account'),
      );
    }
  });

  it('shows a word that no chain keeps', () => {
    const words = [
      encodeString(NOTHING),
      encodeString(Uint8Array.of(0, ...ANCHORED.root.subarray(1))),
      encodeString(Uint8Array.of(1, ...ANCHORED.root)),
      concat(encodeString(ANCHORED.root), Uint8Array.of(1)),
      encodeList([encodeString(ANCHORED.root)]),
      ANCHORED.root,
    ];
    for (const word of words) {
      expect(verifyChanged({ rawStorage: new Map([[ROOT_SLOT, word]]) })).toEqual(
        failed('ethereum-format', 'storage'),
      );
    }
    const shorter = { ...ANCHORED, root: Uint8Array.of(...new Uint8Array(31), 5) };
    const rawStorage = new Map([[ROOT_SLOT, Uint8Array.of(5)]]);
    expect(verifyChanged({ rawStorage }, shorter)).toMatchObject({ ok: true });
  });

  it('names a log or a size that no log has', () => {
    const half = verify(good, { ...ANCHORED, origin: '\ud800' });
    expect(half).toEqual(failed('ethereum-format', 'storage'));
    const zero = verify(good, { ...ANCHORED, size: 0 });
    expect(zero).toMatchObject({
      ok: false,
      code: expect.stringMatching(/^ethereum-(proof|absent)$/),
    });
  });

  it('shows the origin in another slot only', () => {
    const storage = new Map<string, Uint8Array>([[ORIGIN_SLOT, new Uint8Array(32)]]);
    const name = utf8(ANCHORED.origin);
    storage.set(hexWord(6n), concat(name, new Uint8Array(31 - name.length), Uint8Array.of(50)));
    expect(verifyChanged({ storage })).toMatchObject({ ok: false, code: 'ethereum-origin' });
  });
});

describe('a damaged receipt', () => {
  const longer = withLaterHeaders(good, 2);
  const known = sampleNetwork(longer);
  const parts = (['headers', 'account', 'storage'] as const).flatMap((place) =>
    longer[place].map((bytes, index) => ({ place, index, bytes })),
  );
  const damaged = fc.constantFrom(...parts).chain(({ place, index, bytes }) =>
    damageOf(bytes).map((changed) => ({
      isSame: equalBytes(changed, bytes),
      receipt: { ...longer, [place]: longer[place].with(index, changed) },
    })),
  );

  it('is refused, whatever byte it is', () => {
    fc.assert(
      fc.property(damaged, ({ isSame, receipt }) => {
        const verdict = verifyEthereumReceipt(receipt, ANCHORED, known);
        if (verdict.ok) expect(isSame || verdict.trust === 'block not pinned').toBe(true);
        else expect(verdict.code).toMatch(/^ethereum-/);
      }),
      { numRuns: 600 },
    );
  });

  it('never shows another root, though its hashes are made to fit', () => {
    const words = fc
      .constantFrom(ORIGIN_SLOT, RECORD_SLOT, ROOT_SLOT)
      .chain((slot) => fc.uint8Array({ maxLength: 40 }).map((word) => new Map([[slot, word]])));
    fc.assert(
      fc.property(words, (rawStorage) => {
        const verdict = verifyChanged({ rawStorage });
        if (!verdict.ok) expect(verdict.code).toMatch(/^ethereum-/);
        else expect({ ...verdict, blockHash: told.blockHash }).toEqual(told);
      }),
      { numRuns: 100 },
    );
    fc.assert(
      fc.property(damageOf(accountRlp(new Uint8Array(32).fill(1), CODE_HASH)), (account) => {
        expect(verifyChanged({ account: () => account })).toMatchObject({ ok: false });
      }),
      { numRuns: 100 },
    );
  });

  it('is judged, and never throws, whatever stands for its parts', () => {
    const header = readRlpList(good.headers[0] ?? NOTHING).map(({ whole }) => whole);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (node) => {
        const headers = [encodeList(header.with(3, encodeString(keccak_256(node))))];
        const receipt = { ...good, headers, account: [node] };
        expect(verify(receipt)).toMatchObject({ ok: false });
      }),
      { numRuns: 500 },
    );
  });
});

describe('a receipt in a bundle', () => {
  const formatted = formatEthereumReceipt(good);

  it('is what it was before', () => {
    expect(readEthereumReceipt(JSON.parse(JSON.stringify(formatted)), '')).toEqual(good);
  });

  it('is base64 in its one spelling, with limits and no members that nobody knows', () => {
    const list = (count: number) => Array.from({ length: count }, () => 'AAAA');
    const largest = 'A'.repeat(4 * Math.floor(MAX_PART_BYTES / 3));
    const limits = {
      headers: [...list(MAX_HEADERS - 1), `${largest}AA==`],
      account: list(MAX_ACCOUNT_NODES),
      storage: list(MAX_STORAGE_NODES),
    };
    expect(readEthereumReceipt({ ...formatted, ...limits }, '')).toMatchObject({
      ...{ chainId: CHAIN_ID, contract: CONTRACT },
    });
    const refused = [
      { ...formatted, headers: [''] },
      { ...formatted, headers: ['AAAA\n'] },
      { ...formatted, headers: [`${largest}AAA=`] },
      { ...formatted, headers: [`${largest}AAAA`] },
      { ...formatted, headers: list(MAX_HEADERS + 1) },
      { ...formatted, account: list(MAX_ACCOUNT_NODES + 1) },
      { ...formatted, storage: list(MAX_STORAGE_NODES + 1) },
      { ...formatted, storage: 'AAAA' },
      { ...formatted, account: [7] },
      { ...formatted, chainId: 0 },
      { ...formatted, chainId: '1' },
      { ...formatted, contract: CONTRACT.toUpperCase() },
      { ...formatted, contract: CONTRACT.slice(2) },
      { ...formatted, contract: `${CONTRACT}0` },
      { ...formatted, origin: 'ledger.example' },
    ];
    for (const value of refused) {
      expect(() => readEthereumReceipt(value, '')).toThrowError(
        expect.objectContaining({ code: 'bad-shape' }),
      );
    }
  });
});
