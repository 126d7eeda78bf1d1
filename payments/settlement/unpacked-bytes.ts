import { Readable, type Transform } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import { tooLarge, truncated, unknownFormat } from './settlement-refusals.ts';

/** More than ten million rows; a file that unpacks to more is an attack, not a day. */
export const MOST_CONTENT_BYTES = 8e9;
const CHUNK_BYTES = 65_536;

/** What a gzip file holds. Refuses `settlement-truncated` for one that is cut off or damaged. */
export function gunzipped(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  return through(bytes, createGunzip({ chunkSize: CHUNK_BYTES }), 'gzip');
}

/** What a zlib stream (RFC 1950) holds. */
export function inflated(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  return through(bytes, createInflate({ chunkSize: CHUNK_BYTES }), 'zlib');
}

/** Bytes of a base64 text, line ends inside allowed. Every character is looked at. */
export async function* fromBase64Text(
  bytes: AsyncIterable<Uint8Array>,
  format: string,
): AsyncGenerator<Buffer> {
  let rest = '';
  let ended = false;
  for await (const chunk of bytes) {
    const text =
      rest +
      Buffer.from(chunk)
        .toString('latin1')
        .replace(/[\r\n]/g, '');
    if (/[^A-Za-z0-9+/=]/.test(text)) throw unknownFormat(format, 'it is not written in base64');
    if (ended && text !== '') throw unknownFormat(format, 'its base64 goes on after its end');
    const whole = text.length - (text.length % 4);
    rest = text.slice(whole);
    const part = text.slice(0, whole);
    const padding = part.indexOf('=');
    ended = padding >= 0;
    if (ended && !/^={1,2}$/.test(part.slice(padding))) throw truncated('base64');
    if (ended && rest !== '') throw unknownFormat(format, 'its base64 goes on after its end');
    if (part !== '') yield Buffer.from(part, 'base64');
  }
  if (rest !== '') throw truncated('base64');
}

async function* through(
  bytes: AsyncIterable<Uint8Array>,
  unpack: Transform,
  what: string,
): AsyncGenerator<Buffer> {
  const source = Readable.from(copies(bytes), { objectMode: true });
  // An error of the source has to end the reading below, and the end of the reading the source.
  source.on('error', (error) => unpack.destroy(error));
  source.pipe(unpack);
  let size = 0;
  try {
    for await (const chunk of unpack) {
      const part: Buffer = chunk;
      size += part.length;
      if (size > MOST_CONTENT_BYTES) throw tooLarge('its content', MOST_CONTENT_BYTES);
      yield part;
    }
  } catch (error) {
    throw isZlibError(error) ? truncated(what) : error;
  } finally {
    source.destroy();
    unpack.destroy();
  }
}

/** zlib works in another thread, and the chunk's owner may fill it again meanwhile. */
async function* copies(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) yield Uint8Array.from(chunk);
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}
