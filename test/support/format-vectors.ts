import { ed25519 } from '@noble/curves/ed25519.js';
import {
  batchPayloadText,
  batchSigningInput,
  parseBatch,
  verifyBatch,
} from '../../ledger/core/batch.ts';
import { fromBase64url, fromHex, hex, utf8 } from '../../ledger/core/bytes.ts';
import { canonicalize, parseCanonical } from '../../ledger/core/canonical-json.ts';
import { parseCheckpoint, signCheckpoint, verifyCheckpoint } from '../../ledger/core/checkpoint.ts';
import { CompactRange } from '../../ledger/core/compact-range.ts';
import { cosign, verifyCosignatures } from '../../ledger/core/cosignature.ts';
import {
  type DeviceJwk,
  parseDeviceJwk,
  publicKeyBytes,
  thumbprint,
} from '../../ledger/core/device-key.ts';
import { commitmentOf, eventSalt } from '../../ledger/core/event.ts';
import {
  EMPTY_ROOT,
  leafHash,
  rootFromInclusion,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../../ledger/core/merkle.ts';
import {
  type CloseLeaf,
  type CloseStep,
  type CloseSums,
  closeTree,
  verifyClosePath,
} from '../../ledger/core/period-close.ts';
import { portable, sha256 } from '../../ledger/core/primitives.ts';
import { parseReading, readingText } from '../../ledger/core/reading.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { formatNote, formatVerifierKey, parseVerifierKey } from '../../ledger/core/signed-note.ts';
import { parseTilePath, tileIndexPath } from '../../ledger/core/tiles.ts';

/** `formats.json`: what an independent program in another language says of our own bytes. */
export interface FormatVectors {
  readonly jcs: readonly { readonly value: unknown; readonly text: string }[];
  readonly jcsRefused: readonly string[];
  readonly accountYearKey: string;
  readonly chain: readonly {
    readonly event: string;
    readonly n: number;
    readonly salt: string;
    readonly commitment: string;
    readonly leaf: string;
  }[];
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
  readonly readings: {
    readonly records: readonly { readonly record: string; readonly hash: string }[];
    readonly deviceJwk: DeviceJwk;
    readonly thumbprint: string;
    readonly root: string;
    readonly lastPath: readonly string[];
    readonly payload: string;
    readonly jws: string;
  };
  readonly periodClose: {
    readonly period: string;
    readonly leaves: readonly CloseLeaf[];
    readonly root: string;
    readonly sums: CloseSums;
    readonly paths: readonly (readonly CloseStep[])[];
  };
}

/** Collects differences; `count` tells that nothing was skipped. */
export class Comparison {
  readonly mismatches: string[] = [];
  count = 0;

  same(what: string, found: unknown, expected: unknown): void {
    this.count += 1;
    const [left, right] = [JSON.stringify(found), JSON.stringify(expected)];
    if (left !== right) this.mismatches.push(`${what}: found ${left}, expected ${right}`);
  }

  refused(what: string, act: () => unknown): void {
    this.count += 1;
    try {
      act();
    } catch (error) {
      if (error instanceof Refusal) return;
      throw error;
    }
    this.mismatches.push(`${what}: was not refused`);
  }
}

/** Holds every part of the vectors against `ledger/core`; runs in Node and in a browser alike. */
export function compareFormats(vectors: FormatVectors): Comparison {
  const c = new Comparison();
  compareCanonical(c, vectors);
  compareChain(c, vectors);
  compareTree(c, vectors.tree);
  for (const { n, path } of vectors.tilePaths) {
    c.same(`tile ${n}`, tileIndexPath(n), path);
    const parsed = parseTilePath(`tile/2/${path}`);
    c.same(`tile path ${path}`, parsed, { kind: 'hashes', level: 2, index: n, width: 256 });
  }
  compareCheckpoint(c, vectors);
  compareReadings(c, vectors.readings);
  comparePeriodClose(c, vectors.periodClose);
  return c;
}

/** Inputs of the public JCS suite that hold what no hashed object of ours may hold, and why. */
export const REFUSED_JCS_FILES: Readonly<Record<string, string>> = {
  'arrays.json': 'holds null',
  'values.json': 'holds null and numbers that are no safe integers',
};

/** The public JCS suite (RFC 8785's author): each file refused for a stated reason, or byte-equal. */
export function compareJcsFiles(
  files: readonly { readonly name: string; readonly input: string; readonly output: string }[],
): Comparison {
  const c = new Comparison();
  for (const { name, input, output } of files) {
    const value: unknown = JSON.parse(input);
    if (Object.hasOwn(REFUSED_JCS_FILES, name)) {
      c.refused(`${name} as a value`, () => canonicalize(value));
      c.refused(`${name} as a canonical text`, () => parseCanonical(output));
    } else {
      c.same(name, canonicalize(value), output);
      c.same(`${name} read back`, canonicalize(parseCanonical(output)), output);
    }
  }
  return c;
}

function compareCanonical(c: Comparison, { jcs, jcsRefused }: FormatVectors): void {
  for (const [i, { value, text }] of jcs.entries()) {
    c.same(`jcs ${i} written`, canonicalize(value), text);
    c.same(`jcs ${i} read`, canonicalize(parseCanonical(text)), text);
  }
  for (const text of jcsRefused) c.refused(`jcsRefused ${text}`, () => parseCanonical(text));
}

/** Two events of the vectors are no whole events of today's types; their bytes are what counts. */
function compareChain(c: Comparison, { accountYearKey, chain }: FormatVectors): void {
  let prev = '0'.repeat(64);
  for (const { event, n, salt, commitment, leaf } of chain) {
    const found = commitmentOf(fromHex(salt), event);
    c.same(`event ${n} is canonical`, canonicalize(parseCanonical(event)), event);
    c.same(`event ${n} salt`, hex(eventSalt(fromHex(accountYearKey), n)), salt);
    c.same(`event ${n} commitment`, hex(found), commitment);
    c.same(`event ${n} leaf`, hex(leafHash(found)), leaf);
    c.same(`event ${n} prev`, event.includes(`"n":${n},"prev":"${prev}"`), true);
    prev = commitment;
  }
}

function compareTree(c: Comparison, { emptyRoot, roots, ...proofs }: FormatVectors['tree']): void {
  const entries = Array.from({ length: 300 }, (_, i) => sha256(utf8(`entry ${i}`)));
  const rootAt = (size: number) => rootOf(entries.slice(0, size));
  const range = new CompactRange();
  c.same('the empty root', hex(EMPTY_ROOT), emptyRoot);
  for (const entry of entries) {
    range.append(leafHash(entry));
    const expected = roots[range.size];
    if (expected === undefined) continue;
    c.same(`root of ${range.size}`, hex(range.root()), expected);
    c.same(`root of ${range.size} at once`, hex(rootAt(range.size)), expected);
  }
  for (const { index, size, proof } of proofs.inclusion) {
    const leaf = leafHash(entries[index] ?? new Uint8Array(0));
    const claim = { index, size, leaf, proof: proof.map(fromHex), root: rootAt(size) };
    c.same(`inclusion of ${index} in ${size}`, verifyInclusion(claim), { ok: true });
  }
  for (const { from, to, proof } of proofs.consistency) {
    const claim = {
      from,
      to,
      fromRoot: rootAt(from),
      toRoot: rootAt(to),
      proof: proof.map(fromHex),
    };
    c.same(`consistency of ${from} and ${to}`, verifyConsistency(claim), { ok: true });
  }
}

function compareCheckpoint(c: Comparison, { checkpoint, tree }: FormatVectors): void {
  const { seed, publicKey, vkey, note, witness } = checkpoint;
  const key = parseVerifierKey(vkey);
  const witnessKey = parseVerifierKey(witness.vkey);
  c.same('the key', [hex(key.publicKey), formatVerifierKey(key)], [publicKey, vkey]);
  c.same('the witness', witnessKey.name, witness.name);
  const head = { size: 300, root: fromHex(tree.roots['300'] ?? '') };
  const sign = (message: Uint8Array) => ed25519.sign(message, fromHex(seed));
  c.same('the signed note', signCheckpoint(head, key, sign), note);
  c.same('the signature', verifyCheckpoint(parseCheckpoint(note), key), { ok: true });
  const parsed = parseCheckpoint(note).note;
  const line = cosign(parsed.text, witness.time, witnessKey, (message) =>
    ed25519.sign(message, fromHex(witness.seed)),
  );
  const cosigned = formatNote({ ...parsed, signatures: [...parsed.signatures, line] });
  c.same('the cosigned note', cosigned, witness.cosigned);
  const read = verifyCosignatures(parseCheckpoint(witness.cosigned).note, [witnessKey]);
  const times = read.ok ? read.cosignatures.map(({ timeS }) => timeS) : read.code;
  c.same('the cosignature', times, [witness.time]);
}

function compareReadings(c: Comparison, vectors: FormatVectors['readings']): void {
  const { records, deviceJwk, lastPath, payload, jws } = vectors;
  let prev = '0'.repeat(64);
  for (const { record, hash } of records) {
    const reading = parseReading(record);
    c.same(`record ${reading.seq}`, readingText(reading), record);
    c.same(`record ${reading.seq} hash`, hex(sha256(utf8(record))), hash);
    c.same(`record ${reading.seq} prev`, reading.prev, prev);
    prev = hash;
  }
  const key = parseDeviceJwk(deviceJwk);
  c.same('the thumbprint', thumbprint(key), vectors.thumbprint);
  const bytes = records.map(({ record }) => utf8(record));
  c.same('the batch root', hex(rootOf(bytes)), vectors.root);
  const batch = parseBatch(jws);
  c.same('the kid', batch.kid, vectors.thumbprint);
  c.same('the payload', [batch.payloadText, batchPayloadText(batch.payload)], [payload, payload]);
  c.same('the payload root', batch.payload.root, vectors.root);
  c.same('the signed bytes', batchSigningInput(batch.kid, payload), jws.replace(/\.[^.]*$/, ''));
  c.same('the signature', verifyBatch(batch, publicKeyBytes(key), portable), true);
  const altered = fromBase64url(jws.split('.')[2] ?? '').map((byte, i) =>
    i === 9 ? byte ^ 1 : byte,
  );
  const forged = { ...batch, signature: altered };
  c.same('a false signature', verifyBatch(forged, publicKeyBytes(key), portable), false);
  const last = leafHash(bytes.at(-1) ?? new Uint8Array(0));
  const root = rootFromInclusion(records.length - 1, records.length, last, lastPath.map(fromHex));
  c.same('the last record', root.ok ? hex(root.root) : root.code, vectors.root);
}

function comparePeriodClose(c: Comparison, vectors: FormatVectors['periodClose']): void {
  const tree = closeTree(vectors.leaves);
  c.same('the close root', tree.root, vectors.root);
  const text = canonicalize(vectors.sums);
  c.same('the close sums', canonicalize(tree.sums), text);
  for (const [i, path] of vectors.paths.entries()) {
    c.same(`close path ${i}`, canonicalize(tree.path(i)), canonicalize(path));
    const found = verifyClosePath(vectors.leaves[i], path);
    const read = found.ok ? [found.root, canonicalize(found.sums)] : found.code;
    c.same(`close path ${i} leads to the root`, read, [vectors.root, text]);
  }
}
