import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KEK_BYTES } from './account-keys.ts';
import { type LogSigner, logSigner } from './checkpointer.ts';
import { Refusal } from './core/refusal.ts';
import { writeDurably } from './write-durably.ts';

const SEED_BYTES = 32;

/** The signing key of a site's log, from `<keys>/log-<site>.key`; made at the first start. */
export function readOrMakeLogKey(keysDir: string, site: string, origin: string): LogSigner {
  const seed = readOrMakeSecret(join(keysDir, `log-${site}.key`), SEED_BYTES);
  return logSigner(origin, seed);
}

/** The key-encryption key, from `<keys>/kek.key`. */
export function readOrMakeKek(keysDir: string): Uint8Array {
  return readOrMakeSecret(join(keysDir, 'kek.key'), KEK_BYTES);
}

/** A secret of hex digits in a file of mode 0600. Refuses `key-file` when it is damaged. */
function readOrMakeSecret(path: string, bytes: number): Buffer {
  if (!existsSync(path)) {
    mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
    const secret = randomBytes(bytes);
    writeDurably(path, `${secret.toString('hex')}\n`, 0o600);
    return secret;
  }
  const text = readFileSync(path, 'utf8').trim();
  if (!/^[0-9a-f]+$/.test(text) || text.length !== bytes * 2) {
    throw new Refusal('key-file', `The key file ${path} does not hold ${bytes} bytes in hex.`, {
      path,
    });
  }
  return Buffer.from(text, 'hex');
}
