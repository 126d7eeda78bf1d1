import { crc32 } from 'node:zlib';

/**
 * One frame: `BPO1`, u32be length of the body, u32be CRC-32 over length and body, body (JSON text).
 * The marker lets a scan find the next whole frame behind damage.
 */
const MARKER = Buffer.from('BPO1', 'ascii');
const HEADER = 12;

export interface Frame {
  readonly offset: number;
  /** Header included. */
  readonly length: number;
  readonly body: string;
}

export interface Scan {
  /** Every whole frame, in file order. */
  readonly frames: readonly Frame[];
  /** Where the last whole frame ends. */
  readonly end: number;
  /** Whether bytes between or before whole frames belong to none: not a torn tail, but damage. */
  readonly damaged: boolean;
}

export function encodeFrame(body: string): Buffer {
  const bytes = Buffer.from(body, 'utf8');
  const frame = Buffer.alloc(HEADER + bytes.length);
  MARKER.copy(frame, 0);
  frame.writeUInt32BE(bytes.length, 4);
  bytes.copy(frame, HEADER);
  frame.writeUInt32BE(checksum(frame), 8);
  return frame;
}

/** All whole frames of a file. A frame is whole or it does not exist: the CRC covers its length too. */
export function scanFrames(file: Buffer): Scan {
  const frames: Frame[] = [];
  let end = 0;
  let damaged = false;
  for (let at = file.indexOf(MARKER); at >= 0; ) {
    const frame = frameAt(file, at);
    if (frame === undefined) {
      at = file.indexOf(MARKER, at + 1);
      continue;
    }
    if (at !== end) damaged = true;
    frames.push(frame);
    end = at + frame.length;
    at = file.indexOf(MARKER, end);
  }
  return { frames, end, damaged };
}

function frameAt(file: Buffer, offset: number): Frame | undefined {
  if (file.length - offset < HEADER) return undefined;
  const length = HEADER + file.readUInt32BE(offset + 4);
  if (file.length - offset < length) return undefined;
  const frame = file.subarray(offset, offset + length);
  if (checksum(frame) !== frame.readUInt32BE(8)) return undefined;
  return { offset, length, body: frame.toString('utf8', HEADER) };
}

function checksum(frame: Buffer): number {
  return crc32(frame.subarray(HEADER), crc32(frame.subarray(4, 8)));
}
