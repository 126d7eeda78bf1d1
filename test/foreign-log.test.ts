import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ed25519 } from '@noble/curves/ed25519.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { concat, hex, utf8 } from '../ledger/core/bytes.ts';
import { parseCheckpoint, signCheckpoint, verifyCheckpoint } from '../ledger/core/checkpoint.ts';
import { CompactRange } from '../ledger/core/compact-range.ts';
import { verifyCosignatures } from '../ledger/core/cosignature.ts';
import { leafHash } from '../ledger/core/merkle.ts';
import { formatProofFile } from '../ledger/core/proof-file.ts';
import {
  ED25519_NOTE,
  formatVerifierKey,
  parseVerifierKey,
  verifierKey,
} from '../ledger/core/signed-note.ts';
import { entriesPath, tilePath, tilesBetween } from '../ledger/core/tiles.ts';
import {
  entriesTile,
  hashTile,
  proveConsistency,
  proveInclusion,
  rootAt,
  treeReader,
} from '../ledger/log-reader.ts';
import type { TreeNode } from '../ledger/store/port.ts';
import { SqliteStore } from '../ledger/store/sqlite/sqlite-store.ts';

/**
 * What other people's programs made of the log whose n-th entry is SHA-256("entry <n>") and whose key
 * has the seed SHA-256("seed of a public log for tests"): the notes by golang.org/x/mod 0.36 (note), the
 * tiles by its tlog, entries, paths and proof files by filippo.io/torchwood 0.9. `tilesHash` is the
 * SHA-256 of one line `<path> <SHA-256 of the tile>` a tile, sorted by path.
 */
const ORIGIN = 'ledger.example/log/foreign';
const SIZE = 70_000;
const VKEY = `${ORIGIN}+afc12c88+AQjdVcm66ipvlbuWNYbBGlOnBJ4xVWpJbxcLKZxbdGzP`;
const NOTE = `${ORIGIN}
70000
VlFs31vMcXH6qG4PKqdAhb21StfYkje6PtHo6uNIWmw=

\u2014 ${ORIGIN} r8EsiOHadUTIEZAfm/xqn4Psls/wG+uA1iTA65O2PykYBFei9/NeH1RCV+30YF78hrC4EzTsAIJwiDChfLSYPZ/urwk=
`;
const EMPTY_NOTE = `${ORIGIN}
0
47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=

\u2014 ${ORIGIN} r8EsiJaJbRIg8vg6yrI5CSBaNZL8vCF9n49n98H/I1jXXWzB08Zv+dKp9BUuLeG7wkqlIjuXHKuJ5c31xzeBGj3YHAw=
`;
const TREES = [
  {
    size: 0,
    tiles: 0,
    tilesHash: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    noteHash: 'f6b2a4636e98ca4bcb8201f9e8162b3a1fc7bde0f544f4e9176a4348ff549b55',
  },
  {
    size: 1,
    tiles: 2,
    tilesHash: '268ac3f5aea5c1ab42b44fc47686becb57e8c266b59636caf0422cf667332954',
    noteHash: '9e5a2505ad5828b0cec10edb53d86aaa62326bf91e26e668b1563034a9358eac',
  },
  {
    size: 2,
    tiles: 2,
    tilesHash: '8f70c236215b50019b2274fbd5e2041e46148f7e4349963ede4ab12fcd5606c2',
    noteHash: '0d0ac578f7ac5194db71211afde33175a4c744ce2de28162081e5597f8480a94',
  },
  {
    size: 3,
    tiles: 2,
    tilesHash: 'd7c94c63f0b8cacfcc2b7a8a47155b274efa7831fd8d298e61d2a08166ede0d3',
    noteHash: '89c5cdf3fd88053bca1eba2758fc386a11147c9204047af99204368c0bd1b63e',
  },
  {
    size: 255,
    tiles: 2,
    tilesHash: 'b51463399d00546b1c80f7ee3a9060ca4511fd666056181adfa10887cbea81a9',
    noteHash: '687ebc111edf6b7b78c5f085b5cf6a1598bddda8fb620933cbccb6b3869d44ed',
  },
  {
    size: 256,
    tiles: 3,
    tilesHash: 'b46e3b7f5c825584d0afd2d3dc16ec715b24413f4455e6581fe616ea6e6fff30',
    noteHash: '26ff28e5bdc275682380aed7f3608f1b00f0db143f66c948d1cb822439541fae',
  },
  {
    size: 257,
    tiles: 5,
    tilesHash: '1bf1c7e2526a46e4bfb15e265b5667581e4cf0b68e5d564d4d94f9b39afaf199',
    noteHash: 'b4d29388dee53f9b941abe60b605a06ab694104d6cbb1abe154454442fa73573',
  },
  {
    size: 511,
    tiles: 5,
    tilesHash: '73f62b59afb327e45e304cd89ffbff77f5ac18b4dba5252c3c116f726dd80e63',
    noteHash: '777b1f520294cb983bdaeff82a27029fbc0e2abe151edbb7046ef6df415f2afa',
  },
  {
    size: 512,
    tiles: 5,
    tilesHash: '3b8170444e37cd0770d6baced0ab734c273368d1222105245789a2eaea1ac573',
    noteHash: '238d2474bcb1a15eec73e1ffd4901780a263a9e9194a2cecd6392b2ebd36ab56',
  },
  {
    size: 65_535,
    tiles: 513,
    tilesHash: 'f1648592460771274cfbd70f458c76a6a848854f266d4378bfdaf44dbe84f171',
    noteHash: '1e9a71f907dc35f45575272287bfc6de82119170061ebd602e93763fa47d32fa',
  },
  {
    size: 65_536,
    tiles: 514,
    tilesHash: '17b117a1d32bc01c59dbf57a82fa64e75faa8c36c083d24713577048819cb642',
    noteHash: '8d19dba7595e5d33dabbd3b94986c7ab703ea12bf9538a89fdc5ba646f529e48',
  },
  {
    size: 65_537,
    tiles: 516,
    tilesHash: '18e88ab2780d014277f33ed5baeb1490bb585fb7471e5eed7b6ef0be90f9c4ab',
    noteHash: 'b3f92c303fda1e88c9b83d313b2bf6e135c89e713b611e8f8f006c93fe2c304f',
  },
  {
    size: 70_000,
    tiles: 551,
    tilesHash: 'fdbbed3b42e97bf0632a74548f0cf2e9fc0f8a04298379af00db21fd6eb7b148',
    noteHash: 'ca85eb21a6de5821032a53dc2cc20756a6302a07dfb1692c68c6cf953162d156',
  },
] as const;
/** SHA-256 of the proof file of each leaf, under the checkpoint of 70,000. */
const PROOF_FILES = [
  [0, 'da0ca2f34c49d18353ba0db3b03c1969ee9ee75b3f1bfa3985ba8a07d160998a'],
  [255, '5f6a93cd9469f4c21c63e8fd94508ebea145a52ffe9a6de811e84c913fb2c656'],
  [256, '8efaee28e493ccfcbf2028ccabb9f37d09a1961f736c8f1ec5a076314064f060'],
  [65_535, '3780bc4e1950de9b2c037c4bea8e884a975c4525b3ca700fb941caa510b6fa38'],
  [65_536, '40d93d90da88f288ef0f6f2bcc8931784e3130f3bf7c031c083d6823c7f80812'],
  [69_999, '40b5349daeaae3fa36d11c933af618e861840f3a26d0494a4621b8d7cf92803f'],
] as const;
/** Hashes from each size to 70,000: how many, and the SHA-256 of them all. */
const CONSISTENCY = [
  [1, 17, 'bcba5fd6f0359377d3f9f0414e1957f883f0448559779cf4d9a34a715ee467a0'],
  [2, 16, '60dd2fe44331291b8a54ea4b1bc743b16a335ba0769a3d236af6a5c6d0e79e2b'],
  [3, 18, 'cc7f41d107e2c5ca7e3ed72922e10f3fc0612936e482d925be8e2796f0d56e99'],
  [255, 18, 'ce1779f7b93875cae5e199490c98836cb76a96eadcba055c34a97b28af27e402'],
  [256, 9, 'c5b21f43393e8d184cd3458b9388c749c5d82d72c7072c3d90fa7a728a5235d8'],
  [257, 18, '847109e9ebcc74393d823220a277059392fb7245d6f44cc1fede5e3a601a9d90'],
  [511, 18, 'bd5945652f9db4b3c3ec07a6e4b0736992db300dbe82500d3dc6b0871f6e8164'],
  [512, 8, '192f235599f021a38c28759cf96e80bc06917ab961c02220b35808978dc637c7'],
  [65_535, 18, '395fa826a486bb5a11e6c6c7b96102d8320cf0e0d15f9403f2fbbb1ee28cd4a4'],
  [65_536, 1, '73449e08834ae12d22911e214a22b07650f93b91f8f991f0d7bd5c0b455b0f1c'],
  [65_537, 15, 'b3b6a4454d351089d92a36603654d949eeab35f4f45574aac0ccfdef31633c19'],
  [70_000, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
] as const;

const entryAt = (n: number): Uint8Array => sha256(`entry ${n}`);
const seed = sha256('seed of a public log for tests');
const key = verifierKey(ORIGIN, ED25519_NOTE, ed25519.getPublicKey(seed));
const noteOf = (size: number): string =>
  signCheckpoint({ size, root: rootAt(store, 'foreign', size) }, key, (message) =>
    ed25519.sign(message, seed),
  );
const folder = mkdtempSync(join(tmpdir(), 'billproof-foreign-'));
let store: SqliteStore;

describe('a log that other programs made too', () => {
  beforeAll(() => {
    store = new SqliteStore(join(folder, 'ledger.db'));
    store.createSite(
      { site: 'foreign', origin: ORIGIN, currency: 'CNY', zone: 'UTC', vkey: VKEY },
      1,
    );
    store.commit([allEntries()], 1);
  });
  afterAll(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });

  it('has their key and their notes', () => {
    expect(formatVerifierKey(key)).toBe(VKEY);
    expect(noteOf(SIZE)).toBe(NOTE);
    expect(noteOf(0)).toBe(EMPTY_NOTE);
    expect(TREES.map(({ size }) => [size, hex(sha256(noteOf(size)))])).toEqual(
      TREES.map(({ size, noteHash }) => [size, noteHash]),
    );
  });

  it.each(TREES)('of $size leaves has their $tiles tiles at their paths', (tree) => {
    const lines = [...tilesOf(tree.size)].map(([path, bytes]) => `${path} ${hex(sha256(bytes))}\n`);
    expect(lines).toHaveLength(tree.tiles);
    expect(hex(sha256(lines.sort().join('')))).toBe(tree.tilesHash);
  });

  it('has the tile of three leaves, hash by hash', () => {
    expect(hex(hashTile(store, 'foreign', { level: 0, index: 0, width: 3 }, 3) ?? seed)).toBe(
      '4e80dad45a3d3433d915cdaa8cce19000d754481cd4029ee4bc3fe1b52761087' +
        '29b8dfcc80825109c77dd99a8950b1190f0b65cc2d876012a40e810662cb023d' +
        'a76639395ce0db5d51a8d73ffb1fd1fdea5598ebcee2ca10da3fa2ec1f09c7a7',
    );
    expect(hex(entriesTile(store, 'foreign', { index: 0, width: 3 }, 3) ?? seed)).toBe(
      [0, 1, 2].map((n) => `0020${hex(entryAt(n))}`).join(''),
    );
  });

  it.each(PROOF_FILES)('proves leaf %i in their words', (index, fileHash) => {
    const proof = proveInclusion(treeReader(store, 'foreign', SIZE), index, SIZE);
    expect(hex(sha256(formatProofFile({ index, proof, checkpoint: NOTE })))).toBe(fileHash);
  });

  it.each(CONSISTENCY)('proves that it has kept its first %i leaves', (from, count, proofHash) => {
    const proof = proveConsistency(treeReader(store, 'foreign', SIZE), from, SIZE);
    expect([proof.length, hex(sha256(concat(...proof)))]).toEqual([count, proofHash]);
  });

  it('writes deep paths as they do', () => {
    const paths = [0, 7, 999, 1000, 999_999, 1_000_000, 1_234_567_890].map((index) => [
      tilePath(3, index, 17),
      entriesPath(index),
    ]);
    expect(paths).toEqual([
      ['tile/3/000.p/17', 'tile/entries/000'],
      ['tile/3/007.p/17', 'tile/entries/007'],
      ['tile/3/999.p/17', 'tile/entries/999'],
      ['tile/3/x001/000.p/17', 'tile/entries/x001/000'],
      ['tile/3/x999/999.p/17', 'tile/entries/x999/999'],
      ['tile/3/x001/x000/000.p/17', 'tile/entries/x001/x000/000'],
      ['tile/3/x001/x234/x567/890.p/17', 'tile/entries/x001/x234/x567/890'],
    ]);
  });
});

describe('a checkpoint that another witness cosigned', () => {
  // By omniwitness (transparency-dev/witness of July 2026), over `add-checkpoint` with our proof.
  const log = 'ledger.example/log/tower';
  const witness = 'witness.example/omni';
  const note = `${log}
71006
dKJhl5gd9Wb+7RTkRCsHT/PmL31l0YA0IuROlzwXiF8=

\u2014 ${log} 35/KP6qSMaRUK8iSIb2jc7WKQ7xevdWua7u7CRJb7xrZnIlx6ejMY4EtHWpRCKE91L8Cn0OWHf1O8xvTQC6ViWj64As=
\u2014 ${witness} 3RB6TgAAAABrBFSa8jY31YHp+dzeXCp3Ge7DP1Wy2Y9fRrKZw5OM3gpdAC8yUXRIkt1X8UAhTVFMNS9PNxYhFYndmXfSqEJykPGSDA==
`;
  const logKey = parseVerifierKey(`${log}+df9fca3f+AaVp6HHD6n7X11pqmVFFHFR83z45fMnMAkU7Pwupwf9+`);
  const witnessKey = parseVerifierKey(
    `${witness}+dd107a4e+BIufbbobzgCs6gRWVa3ok7wfAtj8gCdjBos64P3RH/hK`,
  );

  it('verifies here, by both keys', () => {
    const signed = parseCheckpoint(note);
    expect(verifyCheckpoint(signed, logKey)).toEqual({ ok: true });
    expect(verifyCosignatures(signed.note, [witnessKey])).toEqual({
      ok: true,
      cosignatures: [{ key: witnessKey, timeS: 1_795_445_914 }],
    });
  });

  it('does not verify with another second or another root', () => {
    for (const forged of [note.replace('BFSa8', 'BFSb8'), note.replace('dKJh', 'dKJi')]) {
      expect(forged).not.toBe(note);
      expect(verifyCosignatures(parseCheckpoint(forged).note, [witnessKey])).toMatchObject({
        ok: false,
        code: 'signature-invalid',
      });
    }
  });
});

function* tilesOf(size: number): Generator<[string, Uint8Array]> {
  for (const tile of tilesBetween(0, size)) {
    const { level, index, width } = tile;
    yield [tilePath(level, index, width), hashTile(store, 'foreign', tile, size) ?? utf8('none')];
    if (level > 0) continue;
    yield [entriesPath(index, width), entriesTile(store, 'foreign', tile, size) ?? utf8('none')];
  }
}

/** The whole log in one step, as the writer hands it to the store. */
function allEntries() {
  const commitments = Array.from({ length: SIZE }, (_, n) => entryAt(n));
  const nodes: TreeNode[] = [];
  const range = new CompactRange();
  for (const commitment of commitments) {
    range.append(leafHash(commitment), (level, index, hash) => {
      if (level % 8 === 0) nodes.push({ level, index, hash });
    });
  }
  return {
    ...{ site: 'foreign', firstLeaf: 0, firstRecord: 0, batches: [], nodes },
    commitments: Buffer.concat(commitments),
    events: commitments.map((_, n) => `"entry ${n}"`),
    ...{ keys: [], statements: [], idempotency: [], directory: [], evidence: [] },
  };
}

function sha256(data: string | Uint8Array): Uint8Array {
  return createHash('sha256').update(data).digest();
}
