import type { Database } from 'better-sqlite3';
import { hex } from '../core/bytes.ts';
import { parseCheckpoint, verifyCheckpoint } from '../core/checkpoint.ts';
import { Refusal } from '../core/refusal.ts';
import { parseVerifierKey } from '../core/signed-note.ts';
import { TILE_WIDTH } from '../core/tiles.ts';
import { nativePrimitives } from '../native-primitives.ts';
import type { StoreReader } from '../store/port.ts';
import type { Job, SiteSecrets, TilesResult, Trouble } from './jobs.ts';
import { hashPairs, leafHashes, subtrees } from './tree-hash.ts';

type TilesJob = Extract<Job, { kind: 'tiles' }>;
interface CheckpointNote {
  readonly size: number;
  readonly note: string;
}

const primitives = nativePrimitives();

/** Hashes the tiles `[from, to)` of level 0 and checks the signed checkpoints that end in them. */
export function scanTiles(
  db: Database,
  reader: StoreReader,
  job: TilesJob,
  secrets: SiteSecrets,
): TilesResult {
  const troubles: Trouble[] = [];
  const first = job.from * TILE_WIDTH;
  const end = Math.min(job.to * TILE_WIDTH, job.size);
  const notes = db
    .prepare<unknown[], CheckpointNote>(
      `SELECT size, note FROM checkpoints
       WHERE site = ? AND size >= ? AND size < ? ORDER BY size`,
    )
    .all(job.site, first, end === job.size ? job.size + 1 : end);
  const signed = notes.flatMap((row) => readSigned(row, secrets, troubles));
  const nodes: Buffer[] = [];
  const checkpoints: { size: number; root: string; border: readonly Uint8Array[] }[] = [];
  let border: readonly Uint8Array[] = [];
  let next = 0;
  for (let at = first; at <= end; at += TILE_WIDTH) {
    const width = Math.min(TILE_WIDTH, end - at);
    const leaves = leafHashes(readCommitments(reader, job.site, at, at + width, troubles));
    for (; next < signed.length && (signed[next]?.size ?? 0) < at + TILE_WIDTH; next += 1) {
      const { size, root } = signed[next] ?? { size: 0, root: '' };
      checkpoints.push({ size, root, border: subtrees(leaves.subarray(0, (size - at) * 32)) });
    }
    if (width < TILE_WIDTH) {
      border = subtrees(leaves);
      break;
    }
    for (let left = TILE_WIDTH; left > 1; left /= 2) hashPairs(leaves, left);
    nodes.push(leaves.subarray(0, 32));
  }
  return {
    kind: 'tiles',
    nodes: Uint8Array.from(Buffer.concat(nodes)),
    checkpoints,
    border,
    troubles,
  };
}

function readCommitments(
  reader: StoreReader,
  site: string,
  from: number,
  to: number,
  troubles: Trouble[],
): Uint8Array {
  try {
    return reader.commitments(site, from, to);
  } catch (error) {
    const detail = error instanceof Refusal ? error.message : 'The commitments cannot be read.';
    troubles.push({ code: 'segment-damaged', leaf: from, detail });
    return new Uint8Array((to - from) * 32);
  }
}

function readSigned({ size, note }: CheckpointNote, secrets: SiteSecrets, troubles: Trouble[]) {
  const wrong = (detail: string) => {
    troubles.push({ code: 'checkpoint-invalid', detail: `Checkpoint ${size}: ${detail}` });
    return [];
  };
  try {
    const checkpoint = parseCheckpoint(note);
    const verified = verifyCheckpoint(checkpoint, parseVerifierKey(secrets.vkey), primitives);
    if (!verified.ok) return wrong(verified.detail);
    if (checkpoint.size !== size) return wrong(`its note says ${checkpoint.size}.`);
    return [{ size, root: hex(checkpoint.root) }];
  } catch (error) {
    if (error instanceof Refusal) return wrong(error.message);
    throw error;
  }
}
