import type { IncomingMessage } from 'node:http';
import { Refusal } from '../ledger/core/refusal.ts';
import { tooLarge } from './json-body.ts';

/**
 * A body's bytes from the bare HTTP server, never more than `most` in memory. Refuses `body-too-large`,
 * `body-cut-short`.
 */
export async function rawBodyOf(incoming: IncomingMessage, most: number): Promise<Uint8Array> {
  if (Number(incoming.headers['content-length'] ?? 0) > most) throw tooLarge(most);
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > most) {
        incoming.pause();
        reject(tooLarge(most));
      } else {
        chunks.push(chunk);
      }
    });
    incoming.on('end', () => {
      const [first] = chunks;
      resolve(first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks));
    });
    incoming.on('error', reject);
    incoming.on('close', () => reject(cutShort()));
  });
}

function cutShort(): Refusal {
  return new Refusal('body-cut-short', 'The connection ended within the body. Send it again.');
}
