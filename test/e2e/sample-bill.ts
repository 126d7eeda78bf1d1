import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { batchPayloadText, batchSigningInput } from '../../ledger/core/batch.ts';
import { base64url, hex, utf8 } from '../../ledger/core/bytes.ts';
import { canonicalize } from '../../ledger/core/canonical-json.ts';
import { signCheckpoint } from '../../ledger/core/checkpoint.ts';
import { type DeviceJwk, thumbprint } from '../../ledger/core/device-key.ts';
import { leafHash, rootOf, rootOfLeaves } from '../../ledger/core/merkle.ts';
import {
  consistencyProof,
  type HashReader,
  inclusionProof,
} from '../../ledger/core/merkle-proofs.ts';
import { sha256 } from '../../ledger/core/primitives.ts';
import { formatVerifierKey, verifierKey } from '../../ledger/core/signed-note.ts';
import { SampleAccount } from './sample-account.ts';

/** A bill's bundle and what its paper says. Made from fixed keys: the same bytes in every run. */
export interface SampleBill {
  readonly text: string;
  /** First 16 bytes of the statement's commitment, base64url, as a link carries them. */
  readonly commitment: string;
  readonly minorUnits: string;
  /** Size of the log at the bill's checkpoint. */
  readonly size: number;
}

export interface SampleOptions {
  /** Minutes between two readings of the electricity meter. */
  readonly every?: number;
  readonly months?: number;
  /** Leaves of other accounts that follow the bill. */
  readonly later?: number;
  /** An earlier state of the log to which a consistency proof leads. */
  readonly seen?: number;
}

export const ORIGIN = 'riverside.example/log/tower-a';

const logSecret = sha256(utf8('sample log'));
const deviceSecret = sha256(utf8('sample device'));
const logKey = verifierKey(ORIGIN, 0x01, ed25519.getPublicKey(logSecret));
const jwk = deviceJwk();

/** One month of a tenant with an electricity meter by time of use and a water meter by tiers. */
export function sampleBill(options: SampleOptions = {}): SampleBill {
  const { every = 60, later = 5, seen } = options;
  const account = new SampleAccount(ORIGIN, jwk, every);
  const leaves = [...account.commitments, ...others(later)].map((entry) => leafHash(entry));
  const read = subtrees(leaves);
  const signed = (size: number) =>
    signCheckpoint({ size, root: rootOfLeaves(leaves.slice(0, size)) }, logKey, (message) =>
      ed25519.sign(message, logSecret),
    );
  const proofOf = (index: number) => inclusionProof(index, leaves.length, read).map(hex);
  const vkey = formatVerifierKey(logKey);
  const bundle = {
    format: 'billproof/1',
    log: { origin: ORIGIN, vkey },
    policy: `log ${vkey}\nquorum none\n`,
    checkpoint: signed(leaves.length),
    statement: { index: account.statementIndex },
    proof: proofOf(account.statementIndex),
    openings: account.openings,
    readings: account.records,
    batches: batches(account.lastRecords),
    site: account.facts.map((fact) => ({ ...fact, proof: proofOf(fact.index) })),
    earlier:
      seen === undefined
        ? []
        : [
            {
              checkpoint: signed(seen),
              consistency: consistencyProof(seen, leaves.length, read).map(hex),
              anchors: { fabric: [], ethereum: [] },
            },
          ],
    anchors: { fabric: [], ethereum: [] },
    produced: { by: 'billproof 0.1.0', at: '2026-10-01T02:00:00.000Z' },
  };
  const statement = account.commitments[account.statementIndex] ?? new Uint8Array();
  return {
    text: canonicalize(bundle),
    commitment: base64url(statement.subarray(0, 16)),
    minorUnits: account.minorUnits,
    size: leaves.length,
  };
}

/** The bill with one piece of its text exchanged for another, wherever it stands. */
export function tampered(bill: SampleBill, piece: RegExp, replacement: string): string {
  const text = bill.text.replace(piece, replacement);
  if (text === bill.text) throw new Error(`the sample bill has no ${piece}`);
  return text;
}

function batches(lastRecords: readonly string[]) {
  const bytes = lastRecords.map(utf8);
  const leaves = bytes.map((record) => leafHash(record));
  const payload = batchPayloadText({
    v: 1,
    bridge: 'bridge-a',
    epoch: 0,
    batch: 7,
    prev: hex(sha256(utf8('batch 6'))),
    count: bytes.length,
    root: hex(rootOf(bytes)),
    software: hex(sha256(utf8('software'))),
    map: hex(sha256(utf8('map'))),
    config: hex(sha256(utf8('config'))),
    at: '2026-09-30T16:00:05.000Z',
  });
  const input = batchSigningInput(thumbprint(jwk), payload);
  const signature = p256.sign(utf8(input), deviceSecret, { prehash: true, lowS: false });
  const jws = `${input}.${base64url(signature)}`;
  const read = subtrees(leaves);
  return leaves.map((_, index) => {
    const path = inclusionProof(index, leaves.length, read).map(hex);
    return { jws, index, path };
  });
}

function deviceJwk(): DeviceJwk {
  const point = p256.getPublicKey(deviceSecret, false);
  const [x, y] = [base64url(point.subarray(1, 33)), base64url(point.subarray(33))];
  return { crv: 'P-256', kty: 'EC', x, y };
}

function subtrees(leaves: readonly Uint8Array[]): HashReader {
  return (level, index) => rootOfLeaves(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level));
}

function others(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => sha256(utf8(`somebody else ${i}`)));
}
