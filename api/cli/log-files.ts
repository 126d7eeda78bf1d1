import { Refusal } from '../../ledger/core/refusal.ts';
import type { ReadLogFile } from '../../ledger/fsck-log.ts';

const TIMEOUT_MS = 30_000;
/** Larger than any checkpoint or tile. */
const MAX_BYTES = 64 * 1024;

/** Reads the files of a log over HTTP; a 404 is a file that is not there. Refuses `log-unreachable`. */
export function logFiles(url: string): ReadLogFile {
  const prefix = url.replace(/\/+$/, '');
  return async (path) => {
    const address = `${prefix}/${path}`;
    let why: string;
    try {
      const response = await fetch(address, {
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.status === 404) return undefined;
      const body = response.ok ? await response.arrayBuffer() : new ArrayBuffer(0);
      const bytes = new Uint8Array(body);
      if (response.ok && bytes.length <= MAX_BYTES) return bytes;
      why = response.ok ? `${bytes.length} bytes` : `status ${response.status}`;
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
    throw new Refusal('log-unreachable', `${address} cannot be read: ${why}.`, { url: address });
  };
}
