import { parseBatch, verifyBatch } from './core/batch.ts';
import type { Primitives } from './core/primitives.ts';
import { Refusal } from './core/refusal.ts';
import type { VerifiedBatch } from './writer/accept-batch.ts';
import { sha256Hex, sha256Latin1 } from './writer/fast-hash.ts';

/** Most records in one batch: a bridge's backlog goes in several. */
export const MAX_BATCH_RECORDS = 5_000;
const MAX_RECORD_CHARS = 4_096;

/** Finds the key with which a bridge signs in an epoch; `publicKey` is x || y. */
export type FindKey = (
  site: string,
  bridge: string,
  epoch: number,
) => { readonly kid: string; readonly publicKey: Uint8Array } | undefined;

/**
 * Checks everything about a batch that does not depend on the ledger's state: form, key, signature,
 * count and root. Runs beside the writer, so that its thread only rates and appends. Refuses
 * `bad-batch`, `batch-other-bridge`, `device-key-unknown`, `batch-signature`, `batch-count`,
 * `batch-root`, `bad-reading`.
 */
export function verifyIncomingBatch(
  site: string,
  bridge: string,
  jws: string,
  records: readonly string[],
  findKey: FindKey,
  primitives: Primitives,
): VerifiedBatch {
  const batch = parseBatch(jws);
  const { payload } = batch;
  if (payload.bridge !== bridge) {
    throw new Refusal('batch-other-bridge', 'The batch is of another bridge than the address.', {
      found: payload.bridge,
      expected: bridge,
    });
  }
  const key = findKey(site, bridge, payload.epoch);
  if (key === undefined || key.kid !== batch.kid) {
    throw new Refusal('device-key-unknown', 'The key is not enrolled for this bridge and epoch.', {
      bridge,
      epoch: payload.epoch,
    });
  }
  if (records.length !== payload.count || records.length > MAX_BATCH_RECORDS) {
    throw new Refusal('batch-count', 'The batch does not hold as many records as it says.', {
      found: records.length,
      expected: payload.count,
      limit: MAX_BATCH_RECORDS,
    });
  }
  if (!verifyBatch(batch, key.publicKey, primitives)) {
    throw new Refusal('batch-signature', 'The signature of the batch does not verify.', { bridge });
  }
  const { root, hashes } = hashRecords(records);
  if (root !== payload.root) {
    throw new Refusal('batch-root', 'The records are not those that the batch was signed over.', {
      bridge,
      batch: payload.batch,
    });
  }
  return { site, bridge, epoch: payload.epoch, root, jws, records, hashes };
}

const scratch = Buffer.alloc(1 + MAX_RECORD_CHARS);
/** A pair of nodes as it is hashed: 0x01 and two hashes (RFC 6962 2.1). */
const PAIR_BYTES = 65;

/** Root over ASCII records (RFC 6962 2.1), and the hash of each record by itself, joined; all hex. */
function hashRecords(records: readonly string[]): { root: string; hashes: string } {
  const level = Buffer.alloc(Math.ceil(records.length / 2) * PAIR_BYTES, 1);
  let hashes = '';
  for (const [i, record] of records.entries()) {
    if (record.length > MAX_RECORD_CHARS) {
      throw new Refusal('bad-reading', 'A record is too long.', { limit: MAX_RECORD_CHARS });
    }
    const length = scratch.write(record, 1, 'latin1');
    level.write(sha256Latin1(scratch.subarray(0, length + 1)), placeOf(i), 'latin1');
    hashes += sha256Hex(record);
  }
  return { root: rootOfLevel(level, records.length), hashes };
}

/** Level by level in one buffer, which holds each pair as it is hashed: no copy and no allocation. */
function rootOfLevel(level: Buffer, leaves: number): string {
  let width = leaves;
  while (width > 1) {
    const pairs = Math.floor(width / 2);
    for (let i = 0; i < pairs; i += 1) {
      const pair = level.subarray(i * PAIR_BYTES, (i + 1) * PAIR_BYTES);
      level.write(sha256Latin1(pair), placeOf(i), 'latin1');
    }
    // An odd node at the right border moves up as it is.
    const last = placeOf(width - 1);
    if (width % 2 === 1) level.copyWithin(placeOf(pairs), last, last + 32);
    width = pairs + (width % 2);
  }
  return level.toString('hex', placeOf(0), placeOf(0) + 32);
}

/** Where the `i`-th hash of a level stands. */
function placeOf(i: number): number {
  return (i >> 1) * PAIR_BYTES + 1 + (i & 1) * 32;
}
