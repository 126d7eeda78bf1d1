import { isUtf8 } from 'node:buffer';
import { refuseDeepText } from '../ledger/core/canonical-json.ts';
import { Refusal } from '../ledger/core/refusal.ts';

/** Largest body of an ordinary request. */
export const BODY_BYTES = 256 * 1024;

/** A body's bytes, never more than `most` in memory. Refuses `body-too-large`. */
export async function readBody(request: Request, most: number = BODY_BYTES): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > most) throw tooLarge(most);
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.length;
    if (size > most) throw tooLarge(most);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * The value of a JSON body. No bytes at all count as `{}`: some requests have nothing to say.
 * Refusals: `unsupported-media-type`, `json-utf8`, `json-syntax`, `json-depth`.
 */
export function jsonOf(body: Uint8Array, contentType: string | null): unknown {
  if (body.length === 0) return {};
  const [mediaType = ''] = (contentType ?? '').toLowerCase().split(';');
  if (mediaType.trim() !== 'application/json') {
    throw new Refusal('unsupported-media-type', 'Send the body as Content-Type: application/json.');
  }
  const text = textOf(body);
  refuseDeepText(text, MOST_LEVELS);
  return parseJson(text);
}

/** Text of a body. Refuses `json-utf8`. */
export function textOf(body: Uint8Array): string {
  if (!isUtf8(body)) throw new Refusal('json-utf8', 'The body is not UTF-8 text. Encode it so.');
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}

/** Value of a JSON text. Refuses `json-syntax`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal('json-syntax', 'The body is not JSON. Check quotes, commas and brackets.');
  }
}

export function tooLarge(most: number): Refusal {
  return new Refusal(
    'body-too-large',
    `The body is larger than the ${most} bytes allowed here. Send it in parts.`,
    { most },
  );
}

const MOST_LEVELS = 32;
