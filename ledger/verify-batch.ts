import { hash } from 'node:crypto';
import { parseBatch, verifyBatch } from './core/batch.ts';
import type { Primitives } from './core/primitives.ts';
import { Refusal } from './core/refusal.ts';
import type { VerifiedBatch } from './writer/accept-batch.ts';

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
  if (recordsRoot(records) !== payload.root) {
    throw new Refusal('batch-root', 'The records are not those that the batch was signed over.', {
      bridge,
      batch: payload.batch,
    });
  }
  const { epoch, root } = payload;
  return { site, bridge, epoch, root, jws, records, hashes: hashesOf(records) };
}

const scratch = Buffer.alloc(1 + MAX_RECORD_CHARS);
const pair = Buffer.alloc(65, 1);

/** RFC 6962 root over ASCII records, hex. Level by level in one buffer: no allocation a node. */
function recordsRoot(records: readonly string[]): string {
  let width = records.length;
  const level = Buffer.allocUnsafe(width * 32);
  for (const [i, record] of records.entries()) {
    if (record.length > MAX_RECORD_CHARS) {
      throw new Refusal('bad-reading', 'A record is too long.', { limit: MAX_RECORD_CHARS });
    }
    scratch[0] = 0;
    const length = scratch.write(record, 1, 'latin1');
    level.write(hash('sha256', scratch.subarray(0, length + 1), 'hex'), i * 32, 'hex');
  }
  while (width > 1) {
    const pairs = Math.floor(width / 2);
    for (let i = 0; i < pairs; i += 1) {
      level.copy(pair, 1, i * 64, i * 64 + 64);
      level.write(hash('sha256', pair, 'hex'), i * 32, 'hex');
    }
    // RFC 6962 2.1: an odd node at the right border moves up as it is.
    if (width % 2 === 1) level.copy(level, pairs * 32, (width - 1) * 32, width * 32);
    width = pairs + (width % 2);
  }
  return level.toString('hex', 0, 32);
}

function hashesOf(records: readonly string[]): string {
  let hashes = '';
  for (const record of records) hashes += hash('sha256', record, 'hex');
  return hashes;
}
