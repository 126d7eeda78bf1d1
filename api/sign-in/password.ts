import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Refusal } from '../../ledger/core/refusal.ts';

const derive = promisify(argon2);

/** Work of one hash: OWASP's smallest for Argon2id, 19 MiB twice over. */
export interface Argon2Work {
  /** KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

export const WORK: Argon2Work = { memory: 19_456, passes: 2, parallelism: 1 };
const TAG_BYTES = 32;
const SALT_BYTES = 16;
const LEAST_CHARACTERS = 12;
const LEAST_DIFFERENT = 5;

/** Argon2id as a PHC string: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`. */
export async function hashPassword(password: string, work: Argon2Work = WORK): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const tag = await tagOf(password, salt, work);
  const { memory, passes, parallelism } = work;
  const costs = `m=${memory},t=${passes},p=${parallelism}`;
  return `$argon2id$v=19$${costs}$${unpadded(salt)}$${unpadded(tag)}`;
}

/** Whether it is the password, and whether the hash was made with another work than today's. */
export async function checkPassword(
  password: string,
  phc: string,
): Promise<{ readonly isRight: boolean; readonly isStale: boolean }> {
  const [, m, t, p, salt = '', kept = ''] =
    /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(phc) ??
    [];
  if (kept === '') {
    throw new Refusal('store-damaged', 'A kept password cannot be read; restore the access data.');
  }
  const work = { memory: Number(m), passes: Number(t), parallelism: Number(p) };
  const expected = Buffer.from(kept, 'base64');
  const tag = await tagOf(password, Buffer.from(salt, 'base64'), work, expected.length);
  const isStale =
    work.memory !== WORK.memory ||
    work.passes !== WORK.passes ||
    work.parallelism !== WORK.parallelism;
  return { isRight: timingSafeEqual(tag, expected), isStale };
}

/** Refuses `password-weak`. Length is what counts; what one hand could type in a row does not. */
export function demandStrength(password: string, name: string): void {
  const characters = [...password.normalize('NFKC')];
  const isWeak =
    characters.length < LEAST_CHARACTERS ||
    new Set(characters).size < LEAST_DIFFERENT ||
    password.toLowerCase().includes(name.toLowerCase());
  if (!isWeak) return;
  throw new Refusal(
    'password-weak',
    `Take at least ${LEAST_CHARACTERS} characters, ${LEAST_DIFFERENT} of them different, without your name.`,
    { least: LEAST_CHARACTERS },
  );
}

/** The same password typed on another keyboard may be other code points; NFKC makes them one. */
async function tagOf(
  password: string,
  salt: Uint8Array,
  { memory, passes, parallelism }: Argon2Work,
  tagLength = TAG_BYTES,
): Promise<Buffer> {
  const message = Buffer.from(password.normalize('NFKC'));
  const costs: Argon2Parameters = {
    ...{ message, nonce: salt, memory, passes, parallelism, tagLength },
  };
  return await derive('argon2id', costs);
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}
