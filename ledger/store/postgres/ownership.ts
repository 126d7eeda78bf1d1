import { Refusal } from '../../core/refusal.ts';
import { StoreFenced, StoreUnavailable } from '../store-errors.ts';
import { type PostgresBridge, SqlError } from './bridge.ts';
import type { Statement } from './bridge-messages.ts';
import { numberIn } from './columns.ts';
import { LOCKS } from './locks.ts';

/** Whether to wait for an owner that is there, or to end its session and take over. */
export type Taking = 'when-free' | 'by-force';

const KEY = `${LOCKS.owner}, 'owners'::regclass::oid::int`;
const LOCK_NOT_AVAILABLE = '55P03';
const OWNER = `SELECT epoch, writes FROM owners WHERE scope = '*'`;
const NEXT_OWNER = `INSERT INTO owners VALUES ('*', 1, 0, $1::bigint) ON CONFLICT (scope) DO UPDATE
  SET epoch = owners.epoch + 1, writes = 0, taken_ms = excluded.taken_ms RETURNING epoch`;
const NEXT_WRITE = `UPDATE owners SET writes = $2::bigint WHERE scope = '*' AND epoch = $1::bigint`;
const HOLDERS = `SELECT pg_terminate_backend(pid) FROM pg_locks
  WHERE locktype = 'advisory' AND granted AND classid = ${LOCKS.owner}
    AND objid = 'owners'::regclass::oid AND pid <> pg_backend_pid()
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/**
 * Who writes to a database. Two guards, since one is not enough:
 *
 * - an advisory lock of the owner's session keeps a second writer from starting beside the first;
 * - a fencing epoch, one higher with each owner, is checked by each transaction that writes: an owner
 *   that slept while another took over writes nothing, whatever it believes about its lock.
 *
 * Both are of the whole database. The row also counts the owner's transactions, by which it learns
 * after a lost connection whether its last one was committed.
 */
export class Ownership {
  readonly #bridge: PostgresBridge;
  readonly #epoch: number;
  #fenced = false;

  private constructor(bridge: PostgresBridge, epoch: number) {
    this.#bridge = bridge;
    this.#epoch = epoch;
  }

  /**
   * Becomes the owner of a database whose tables are there. Waits up to `waitMs` for the one before to
   * leave. Refuses `data-in-use`.
   */
  static take(bridge: PostgresBridge, taking: Taking, waitMs: number, nowMs: number): Ownership {
    if (taking === 'by-force') bridge.run('bare', [{ text: HOLDERS }]);
    if (!lock(bridge, waitMs)) {
      throw new Refusal(
        'data-in-use',
        'Another Billproof writes in this database; stop it first.',
        {},
      );
    }
    const [taken] = bridge.run('write', [{ text: NEXT_OWNER, values: [nowMs] }]);
    return new Ownership(bridge, numberIn(taken?.rows[0] ?? {}, 'epoch'));
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** What stands first in each transaction that writes: one row, or this is not the owner any more. */
  nextWrite(number: number): Statement {
    return { text: NEXT_WRITE, values: [this.#epoch, number], affects: 1 };
  }

  /**
   * On a new connection: still the owner, with the lock again. The number of its last transaction that
   * was committed. Throws `StoreFenced`, or `StoreUnavailable` when the lock cannot be had.
   */
  resume(waitMs: number): number {
    this.assertOwner();
    // Asked first, since the next owner keeps the lock for as long as it lives.
    if (this.#writesWhileOwner() === undefined) this.fence();
    const locked = lock(this.#bridge, waitMs);
    // The session before has ended, so nothing of it is committed after this look.
    const writes = this.#writesWhileOwner() ?? this.fence();
    if (locked) return writes;
    throw new StoreUnavailable('Another session holds the lock of this database.');
  }

  /** After a write that changed not as many rows as it had to: fenced, or a mistake of our own. */
  check(): void {
    if (this.#writesWhileOwner() === undefined) this.fence();
  }

  assertOwner(): void {
    if (this.#fenced) this.fence();
  }

  /** Says that another one is the owner now, from here on to every caller. */
  fence(): never {
    this.#fenced = true;
    throw new StoreFenced('Another Billproof has taken over this database; this one has to end.');
  }

  #writesWhileOwner(): number | undefined {
    const [result] = this.#bridge.run('bare', [{ text: OWNER }]);
    const row = result?.rows[0];
    if (row === undefined || numberIn(row, 'epoch') !== this.#epoch) return undefined;
    return numberIn(row, 'writes');
  }
}

/** Takes the session's lock, or says that another session has it and keeps it for so long. */
function lock(bridge: PostgresBridge, waitMs: number): boolean {
  try {
    bridge.run('write', [
      { text: `SELECT set_config('lock_timeout', $1, true)`, values: [`${waitMs}ms`] },
      { text: `SELECT pg_advisory_lock(${KEY})` },
    ]);
    return true;
  } catch (error) {
    if (error instanceof SqlError && error.code === LOCK_NOT_AVAILABLE) return false;
    throw error;
  }
}
