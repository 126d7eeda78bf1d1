import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { Refusal } from '../ledger/core/refusal.ts';
import { afterBatch, NEW_CHAIN, type SealedBatch } from './batch-sealer.ts';
import {
  ackBody,
  advance,
  batchBody,
  type HeldBatch,
  type KnownEpoch,
  type OutboxState,
  parseBatchBody,
  recover,
  release,
  spanOf,
  stateBody,
} from './outbox-contents.ts';
import { encodeFrame, scanFrames } from './outbox-frames.ts';
import { MarkFile } from './outbox-mark.ts';

export interface OutboxOptions {
  readonly dir: string;
  readonly known: KnownEpoch;
  /** Makes the epoch durable before anything is written in it. */
  readonly claimEpoch: (epoch: number) => void;
  /** The file never grows beyond it: a full outbox stops the bridge, it overwrites nothing. */
  readonly maxBytes?: number;
  /** Acknowledged bytes that are worth writing the file anew. */
  readonly compactBytes?: number;
}

const DEFAULT_MAX_BYTES = 1_000_000_000;
const DEFAULT_COMPACT_BYTES = 4_000_000;

/**
 * The bridge's durable memory: one append-only file of frames, a state first, then batches and
 * acknowledgements. `append` returns once the batch is on disk; only then may it be sent. Opening
 * discards a torn tail; if anything that was ever durable is gone, it opens a new epoch instead of
 * using a sequence number twice.
 */
export class Outbox {
  readonly #dir: string;
  readonly #maxBytes: number;
  readonly #compactBytes: number;
  readonly #mark: MarkFile;
  readonly #held: HeldBatch[];
  /** Why the last state could not be trusted, for the log. */
  readonly lost: string | undefined;
  #state: OutboxState;
  #handle = -1;
  #size = 0;
  /** Bytes of acknowledged batches and of acknowledgements. */
  #deadBytes = 0;

  static open(options: OutboxOptions): Outbox {
    mkdirSync(options.dir, { recursive: true, mode: 0o700 });
    return new Outbox(options);
  }

  private constructor(options: OutboxOptions) {
    this.#dir = options.dir;
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    this.#compactBytes = options.compactBytes ?? DEFAULT_COMPACT_BYTES;
    const { known, claimEpoch } = options;
    const isNew = !existsSync(this.#path()) && !known.begun;
    const { file, mark } = MarkFile.open(join(options.dir, 'outbox.mark'));
    this.#mark = file;
    const bytes = existsSync(this.#path()) ? readFileSync(this.#path()) : Buffer.alloc(0);
    const scan = scanFrames(bytes);
    const found = isNew
      ? { state: { epoch: known.epoch, chain: NEW_CHAIN, meters: new Map() }, held: [] }
      : recover(scan, mark, known);
    this.#state = found.state;
    this.#held = [...found.held];
    this.lost = 'lost' in found ? found.lost : undefined;
    if (!isNew && this.lost === undefined && !scan.damaged) {
      this.#resume(scan.end, bytes.length);
      return;
    }
    if (isNew || this.lost !== undefined) claimEpoch(this.#state.epoch);
    // The mark comes first: a state whose mark is missing is taken for a lost one.
    this.#mark.write({ epoch: this.#state.epoch, batches: this.#state.chain.nextBatch });
    if (scan.damaged || this.lost !== undefined) this.#keepEvidence();
    this.#rewrite(bytes);
  }

  get state(): OutboxState {
    return this.#state;
  }

  /** Batches that wait for an acknowledgement, oldest first. */
  get held(): readonly HeldBatch[] {
    return this.#held;
  }

  get sizeBytes(): number {
    return this.#size;
  }

  /**
   * Returns once the batch is on disk. Refuses `storage-full` with nothing written; the batch may be
   * appended again when there is room. Any other failure is fatal: open the outbox anew.
   */
  append(batch: SealedBatch): void {
    const frame = encodeFrame(batchBody(batch));
    if (this.#size + frame.length > this.#maxBytes && this.#deadBytes > 0) this.#compact();
    if (this.#size + frame.length > this.#maxBytes) throw storageFull(this.#maxBytes);
    const offset = this.#size;
    this.#write(frame);
    fdatasyncSync(this.#handle);
    const meters = new Map(this.#state.meters);
    for (const text of batch.records) advance(meters, text);
    this.#state = { ...this.#state, chain: afterBatch(batch), meters };
    this.#mark.write({ epoch: batch.epoch, batches: this.#state.chain.nextBatch });
    const { epoch, batch: number } = batch;
    const length = frame.length;
    this.#held.push({ epoch, batch: number, offset, length, span: spanOf(batch.records) });
  }

  /** The verbatim batch, read back from disk. */
  read(batch: HeldBatch): Pick<SealedBatch, 'jws' | 'records'> {
    const bytes = Buffer.alloc(batch.length);
    readSync(this.#handle, bytes, 0, batch.length, batch.offset);
    const [frame] = scanFrames(bytes).frames;
    if (frame === undefined || frame.length !== batch.length) {
      throw new Refusal(
        'outbox-damaged',
        `Batch ${batch.batch} can no longer be read. Restart the bridge to begin a new epoch.`,
        { batch: batch.batch },
      );
    }
    return parseBatchBody(frame.body);
  }

  /**
   * Lets go of the batches whose every record is named: `accepted` holds, by meter, the highest
   * sequence number up to which the ledger has all. Losing this note in a crash costs a resend.
   */
  acknowledge(epoch: number, accepted: ReadonlyMap<string, number>): void {
    const released = release(this.#held, epoch, accepted);
    if (released.length === 0) return;
    const frame = encodeFrame(ackBody(epoch, accepted));
    for (const batch of released) this.#deadBytes += batch.length;
    const isFull = this.#size + frame.length > this.#maxBytes;
    if (isFull || this.#deadBytes >= this.#compactBytes) {
      this.#compact();
      return;
    }
    try {
      this.#write(frame);
      this.#deadBytes += frame.length;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }

  close(): void {
    if (this.#handle >= 0) closeSync(this.#handle);
    this.#handle = -1;
    this.#mark.close();
  }

  #path(): string {
    return join(this.#dir, 'outbox.log');
  }

  /** A torn tail was never acknowledged as durable, so nobody has seen it. */
  #resume(end: number, length: number): void {
    this.#handle = openSync(this.#path(), 'r+');
    if (end < length) {
      ftruncateSync(this.#handle, end);
      fdatasyncSync(this.#handle);
    }
    this.#size = end;
    const live = this.#held.reduce((sum, batch) => sum + batch.length, 0);
    this.#deadBytes = Math.max(0, end - live);
  }

  #write(frame: Buffer): void {
    try {
      let done = 0;
      while (done < frame.length) {
        done += writeSync(this.#handle, frame, done, frame.length - done, this.#size + done);
      }
      this.#size += frame.length;
    } catch (error) {
      ftruncateSync(this.#handle, this.#size);
      if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') {
        throw storageFull(this.#size);
      }
      throw error;
    }
  }

  #compact(): void {
    const bytes = Buffer.alloc(this.#size);
    readSync(this.#handle, bytes, 0, bytes.length, 0);
    closeSync(this.#handle);
    this.#handle = -1;
    this.#rewrite(bytes);
  }

  /** Writes state and held batches to a new file and puts it in place of the old one. */
  #rewrite(old: Buffer): void {
    const frames = [encodeFrame(stateBody(this.#state, this.#held))];
    let offset = frames[0]?.length ?? 0;
    for (const [i, batch] of this.#held.entries()) {
      frames.push(old.subarray(batch.offset, batch.offset + batch.length));
      this.#held[i] = { ...batch, offset };
      offset += batch.length;
    }
    const path = `${this.#path()}.new`;
    const handle = openSync(path, 'w+', 0o600);
    writeFileSync(handle, Buffer.concat(frames));
    fsyncSync(handle);
    renameSync(path, this.#path());
    const dir = openSync(this.#dir, 'r');
    fsyncSync(dir);
    closeSync(dir);
    this.#handle = handle;
    this.#size = offset;
    this.#deadBytes = 0;
  }

  /** The damaged file is kept beside the new one, under the epoch that it ended. */
  #keepEvidence(): void {
    if (!existsSync(this.#path())) return;
    const bytes = readFileSync(this.#path());
    const copy = `${this.#path()}.damaged-before-${this.#state.epoch}`;
    writeFileSync(copy, bytes, { mode: 0o600, flush: true });
  }
}

function storageFull(bytes: number): Refusal {
  return new Refusal(
    'storage-full',
    'The outbox is full. Bring the connection back or give it more room; no reading is overwritten.',
    { bytes },
  );
}
