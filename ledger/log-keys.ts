import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KEK_BYTES, type KeyWrap } from './account-keys.ts';
import { equalBytes, hex } from './core/bytes.ts';
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
 * The secret of a log's key from its file, for a place of its own. Refuses `key-file` where there is none.
 */
export function readLogSeed(keysDir: string, site: string, origin: string): Uint8Array {
  return readSecret(logKeyPath(keysDir, site, origin), SEED_BYTES);
}

/** As `wrappedLogKey` keeps it. */
export function wrapLogSeed(origin: string, wrap: KeyWrap, seed: Uint8Array): Uint8Array {
  return wrap.wrap(origin, LOG, 0, seed);
}

/**
 * Puts the key of a log that was kept wrapped into a file, where `readOrMakeLogKey` finds it; its path.
 * Refuses `kek-wrong`, and `log-key-differs` where the file has another key.
 */
export function saveLogKey(
  keysDir: string,
  { site, origin }: { readonly site: string; readonly origin: string },
  wrap: KeyWrap,
  wrapped: Uint8Array,
): string {
  const seed = wrap.unwrap(origin, LOG, 0, wrapped);
  const path = ownKeyPath(keysDir, site, origin);
  if (!existsSync(path)) writeSecret(path, seed);
  if (equalBytes(readSecret(path, SEED_BYTES), seed)) return path;
  throw new Refusal('log-key-differs', `${path} has another key than the log ${origin}.`, {
    path,
  });
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

/** The same where data are that were written with it. Refuses `key-file` when it is not there. */
export function readKek(keysDir: string): Uint8Array {
  return readSecret(join(keysDir, 'kek.key'), KEK_BYTES);
}

/** A secret of hex digits in a file of mode 0600. Refuses `key-file` when it is damaged. */
function readOrMakeSecret(path: string, bytes: number): Buffer {
  if (!existsSync(path)) writeSecret(path, randomBytes(bytes));
  return readSecret(path, bytes);
}

function writeSecret(path: string, secret: Uint8Array): void {
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  writeDurably(path, `${hex(secret)}\n`, 0o600);
}

function readSecret(path: string, bytes: number): Buffer {
  if (!existsSync(path)) {
    throw new Refusal('key-file', `There is no ${path}; name the folder of the keys.`, { path });
  }
  const text = readFileSync(path, 'utf8').trim();
  if (!/^[0-9a-f]+$/.test(text) || text.length !== bytes * 2) {
    throw new Refusal('key-file', `The key file ${path} does not hold ${bytes} bytes in hex.`, {
      path,
    });
  }
  return Buffer.from(text, 'hex');
}
