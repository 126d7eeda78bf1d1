import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KEK_BYTES, type KeyWrap } from './account-keys.ts';
import { Refusal } from './core/refusal.ts';
import { ED25519_COSIGNATURE, ED25519_NOTE } from './core/signed-note.ts';
import { type NoteSigner, noteSigner } from './note-signer.ts';
import { writeDurably } from './write-durably.ts';

const SEED_BYTES = 32;
/** Stands for an account's name, and can be none. */
const LOG = 'log key';

/** The signing key of a site's log, from its file; made at the first start. */
export function readOrMakeLogKey(keysDir: string, site: string, origin: string): NoteSigner {
  const seed = readOrMakeSecret(logKeyPath(keysDir, site, origin), SEED_BYTES);
  return noteSigner(origin, ED25519_NOTE, seed);
}

/**
 * The signing key of a log from where all processes of a ledger find it: `kept` keeps what `make` gives,
 * wrapped, unless there is one, and answers what is kept. Refuses `kek-wrong`.
 */
export function wrappedLogKey(
  origin: string,
  wrap: KeyWrap,
  kept: (make: () => Uint8Array) => Uint8Array,
): NoteSigner {
  const wrapped = kept(() => wrap.wrap(origin, LOG, 0, randomBytes(SEED_BYTES)));
  return noteSigner(origin, ED25519_NOTE, wrap.unwrap(origin, LOG, 0, wrapped));
}

/**
 * A key for the log that takes the place of a site's log, in a file of its own that goes with its name:
 * which key signs depends on nothing but what the log is called. The old key stays what it is.
 */
export function makeLogKey(keysDir: string, site: string, origin: string): NoteSigner {
  const seed = readOrMakeSecret(ownKeyPath(keysDir, site, origin), SEED_BYTES);
  return noteSigner(origin, ED25519_NOTE, seed);
}

/** Names what is of one log of a site and not of another; no site's id has a dot. */
export function logFileName(site: string, origin: string): string {
  return `${site}.${createHash('sha256').update(origin).digest('hex').slice(0, 16)}`;
}

/** `<keys>/log-<site>.key`; of a log that took the place of another one `<keys>/log-<site>.<16 hex>.key`. */
export function logKeyPath(keysDir: string, site: string, origin: string): string {
  const own = ownKeyPath(keysDir, site, origin);
  return existsSync(own) ? own : join(keysDir, `log-${site}.key`);
}

function ownKeyPath(keysDir: string, site: string, origin: string): string {
  return join(keysDir, `log-${logFileName(site, origin)}.key`);
}

/** The signing key of a witness, from a file of its own; made at the first start. */
export function readOrMakeWitnessKey(path: string, name: string): NoteSigner {
  return noteSigner(name, ED25519_COSIGNATURE, readOrMakeSecret(path, SEED_BYTES));
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
