import { join } from 'node:path';
import { assert } from '../ledger/core/assert.ts';
import { Refusal } from '../ledger/core/refusal.ts';
import { afterBatch, NEW_CHAIN, type SealedBatch } from './batch-sealer.ts';
import { type Files, isFull, type OpenFile, realFiles, replaceFile } from './files.ts';
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
  readonly files?: Files;
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
  readonly #files: Files;
  readonly #dir: string;
  readonly #maxBytes: number;
  readonly #compactBytes: number;
  readonly #mark: MarkFile;
  readonly #held: HeldBatch[];
  /** Why the last state could not be trusted, for the log. */
  readonly lost: string | undefined;
  #state: OutboxState;
  #file: OpenFile | undefined;
  #size = 0;
  /** Bytes of acknowledged batches and of acknowledgements. */
  #deadBytes = 0;

  static open(options: OutboxOptions): Outbox {
    const { files = realFiles } = options;
    files.makeFolder(options.dir);
    return new Outbox(options, files);
  }

  private constructor(options: OutboxOptions, files: Files) {
    this.#files = files;
    this.#dir = options.dir;
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    this.#compactBytes = options.compactBytes ?? DEFAULT_COMPACT_BYTES;
    const { known, claimEpoch } = options;
    const isNew = !files.exists(this.#path()) && !known.begun;
    const { file, mark } = MarkFile.open(join(options.dir, 'outbox.mark'), files);
    this.#mark = file;
    const bytes = files.exists(this.#path()) ? files.read(this.#path()) : Buffer.alloc(0);
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
    this.#open().sync();
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
    this.#open().readAt(bytes, batch.offset);
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
    const hasNoRoom = this.#size + frame.length > this.#maxBytes;
    if (hasNoRoom || this.#deadBytes >= this.#compactBytes) {
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
    this.#file?.close();
    this.#file = undefined;
    this.#mark.close();
  }

  #open(): OpenFile {
    assert(this.#file !== undefined, 'the outbox is open');
    return this.#file;
  }

  #path(): string {
    return join(this.#dir, 'outbox.log');
  }

  /** A torn tail was never acknowledged as durable, so nobody has seen it. */
  #resume(end: number, length: number): void {
    const file = this.#files.open(this.#path(), 'r+');
    this.#file = file;
    if (end < length) {
      file.truncate(end);
      file.sync();
    }
    this.#size = end;
    const live = this.#held.reduce((sum, batch) => sum + batch.length, 0);
    this.#deadBytes = Math.max(0, end - live);
  }

  #write(frame: Buffer): void {
    try {
      this.#open().writeAt(frame, this.#size);
      this.#size += frame.length;
    } catch (error) {
      this.#open().truncate(this.#size);
      if (isFull(error)) throw storageFull(this.#size);
      throw error;
    }
  }

  /** A disk without room for both files keeps the old one: what was let go is sent once more. */
  #compact(): void {
    const bytes = Buffer.alloc(this.#size);
    this.#open().readAt(bytes, 0);
    try {
      this.#rewrite(bytes);
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }

  /** Writes state and held batches to a new file and puts it in place of the old one. */
  #rewrite(old: Buffer): void {
    const frames = [encodeFrame(stateBody(this.#state, this.#held))];
    let offset = frames[0]?.length ?? 0;
    const moved = this.#held.map((batch) => {
      frames.push(old.subarray(batch.offset, batch.offset + batch.length));
      const here = { ...batch, offset };
      offset += batch.length;
      return here;
    });
    const file = replaceFile(this.#files, this.#dir, this.#path(), Buffer.concat(frames));
    this.#file?.close();
    this.#file = file;
    this.#held.splice(0, moved.length, ...moved);
    this.#size = offset;
    this.#deadBytes = 0;
  }

  /** The damaged file is kept beside the new one, under the epoch that it ended. */
  #keepEvidence(): void {
    if (!this.#files.exists(this.#path())) return;
    const copy = `${this.#path()}.damaged-before-${this.#state.epoch}`;
    const file = this.#files.open(copy, 'w+');
    file.writeAt(this.#files.read(this.#path()), 0);
    file.sync();
    file.close();
  }
}

function storageFull(bytes: number): Refusal {
  return new Refusal(
    'storage-full',
    'The outbox is full. Bring the connection back or give it more room; no reading is overwritten.',
    { bytes },
  );
}
