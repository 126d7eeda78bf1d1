import { readFileSync } from 'node:fs';
import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import { fromHex, hex, utf8 } from '../ledger/core/bytes.ts';
import { parseCheckpoint, signCheckpoint, verifyCheckpoint } from '../ledger/core/checkpoint.ts';
import { CompactRange } from '../ledger/core/compact-range.ts';
import { cosign, verifyCosignatures } from '../ledger/core/cosignature.ts';
import {
  EMPTY_ROOT,
  leafHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../ledger/core/merkle.ts';
import { consistencyProof, inclusionProof } from '../ledger/core/merkle-proofs.ts';
import { sha256 } from '../ledger/core/primitives.ts';
import { formatNote, formatVerifierKey, parseVerifierKey } from '../ledger/core/signed-note.ts';
import { hashesFromTiles } from '../ledger/core/tile-hashes.ts';
import { encodeHashTile, parseTilePath, tileIndexPath, tilePath } from '../ledger/core/tiles.ts';
import { describeFixture } from './support/fixtures.ts';
import { MERKLE_VECTORS, readMerkleVectors } from './support/merkle-vector-files.ts';
import { acceptsProof, MERKLE_FOLDERS } from './support/merkle-vectors.ts';

describeFixture('transparency-dev/merkle', MERKLE_VECTORS, (testdata) => {
  describe.each(MERKLE_FOLDERS)('its $count vectors of $folder', ({ folder, count }) => {
    const cases = readMerkleVectors(testdata, folder);

    it('are all there', () => {
      expect(cases).toHaveLength(count);
    });

    it.each(cases)('$name', (merkleVector) => {
      expect(acceptsProof(merkleVector)).toBe(!merkleVector.wantErr);
    });
  });
});

interface Formats {
  readonly tree: {
    readonly emptyRoot: string;
    readonly roots: Readonly<Record<string, string>>;
    readonly inclusion: readonly { index: number; size: number; proof: readonly string[] }[];
    readonly consistency: readonly { from: number; to: number; proof: readonly string[] }[];
  };
  readonly tilePaths: readonly { readonly n: number; readonly path: string }[];
  readonly checkpoint: {
    readonly seed: string;
    readonly publicKey: string;
    readonly vkey: string;
    readonly note: string;
    readonly witness: {
      readonly name: string;
      readonly seed: string;
      readonly vkey: string;
      readonly time: number;
      readonly cosigned: string;
    };
  };
}

describeFixture('the format vectors', 'vectors/billproof/formats.json', (file) => {
  const formats: Formats = JSON.parse(readFileSync(file, 'utf8'));

  describe('have a tree that', () => {
    const { emptyRoot, roots, inclusion, consistency } = formats.tree;
    const entries = Array.from({ length: 300 }, (_, i) => sha256(utf8(`entry ${i}`)));
    const tiles = [entries.map((entry) => leafHash(entry)), [rootOf(entries.slice(0, 256))]];
    const readerAt = (size: number): ReturnType<typeof hashesFromTiles> =>
      hashesFromTiles(size, ({ level, index, width }) =>
        encodeHashTile((tiles[level] ?? []).slice(index * 256, index * 256 + width)),
      );
    const rootAt = (size: number): Uint8Array => fromHex(roots[size] ?? '');

    it('has the roots given, computed at once and leaf by leaf', () => {
      const range = new CompactRange();
      const grown: Record<string, string> = {};
      for (const entry of entries) {
        range.append(leafHash(entry));
        if (roots[range.size] !== undefined) grown[range.size] = hex(range.root());
      }
      expect(hex(EMPTY_ROOT)).toBe(emptyRoot);
      expect(grown).toEqual(roots);
      const sizes = Object.keys(roots);
      expect(sizes.map((size) => hex(rootOf(entries.slice(0, Number(size)))))).toEqual(
        Object.values(roots),
      );
    });

    it.each(inclusion)('proves leaf $index of $size', ({ index, size, proof }) => {
      expect(inclusionProof(index, size, readerAt(size)).map(hex)).toEqual(proof);
      const leaf = leafHash(entries[index] ?? new Uint8Array(0));
      expect(
        verifyInclusion({ index, size, leaf, proof: proof.map(fromHex), root: rootAt(size) }),
      ).toEqual({ ok: true });
    });

    it.each(consistency)('proves that $from is a prefix of $to', ({ from, to, proof }) => {
      expect(consistencyProof(from, to, readerAt(to)).map(hex)).toEqual(proof);
      const claim = { from, to, proof: proof.map(fromHex) };
      const root = (size: number): Uint8Array => rootOf(entries.slice(0, size));
      expect(verifyConsistency({ ...claim, fromRoot: root(from), toRoot: root(to) })).toEqual({
        ok: true,
      });
    });
  });

  describe('have tile paths:', () => {
    it.each(formats.tilePaths)('$n is $path', ({ n, path }) => {
      expect(tileIndexPath(n)).toBe(path);
      expect(parseTilePath(`tile/2/${path}`)).toEqual({
        kind: 'hashes',
        level: 2,
        index: n,
        width: 256,
      });
      expect(tilePath(2, n)).toBe(`tile/2/${path}`);
    });
  });

  describe('have a checkpoint that', () => {
    const { seed, publicKey, vkey, note, witness } = formats.checkpoint;
    const key = parseVerifierKey(vkey);
    const witnessKey = parseVerifierKey(witness.vkey);

    it('is signed to the same bytes and verifies', () => {
      expect([key.name, hex(key.publicKey)]).toEqual(['ledger.example/log/site-1', publicKey]);
      expect(formatVerifierKey(key)).toBe(vkey);
      const tree = { size: 300, root: fromHex(formats.tree.roots['300'] ?? '') };
      const sign = (message: Uint8Array): Uint8Array => ed25519.sign(message, fromHex(seed));
      expect(signCheckpoint(tree, key, sign)).toBe(note);
      expect(verifyCheckpoint(parseCheckpoint(note), key)).toEqual({ ok: true });
    });

    it('is cosigned to the same bytes and verifies', () => {
      const parsed = parseCheckpoint(note).note;
      const line = cosign(parsed.text, witness.time, witnessKey, (message) =>
        ed25519.sign(message, fromHex(witness.seed)),
      );
      const cosigned = formatNote({ ...parsed, signatures: [...parsed.signatures, line] });
      expect(cosigned).toBe(witness.cosigned);
      const read = parseCheckpoint(witness.cosigned);
      expect(verifyCheckpoint(read, key)).toEqual({ ok: true });
      expect(verifyCosignatures(read.note, [witnessKey])).toEqual({
        ok: true,
        cosignatures: [{ key: witnessKey, timeS: witness.time }],
      });
    });
  });
});
