import { Client } from 'pg';
import { positionOf, ReplicaAge } from './log-position.ts';
import type { Membership } from './membership.ts';

/** A standby of the database that is read for what anybody may read. */
export interface ReplicaOptions {
  /** `postgres://` URL; it holds a password and is never told. */
  readonly url: string;
  /** What it answers is never older. */
  readonly mostMs: number;
}

const TIMEOUT_MS = 2_000;

/**
 * Watches how far a replica is behind. At each look at the primary it asks the replica, too; one that is
 * too old, or does not answer, is not read until it has caught up.
 */
export class ReplicaWatch {
  readonly #options: ReplicaOptions;
  readonly #age = new ReplicaAge();
  #client: Promise<Client> | undefined;
  #asking: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: ReplicaOptions, membership: Membership) {
    this.#options = options;
    membership.onLook(() => {
      const { position, atMs } = membership.place;
      this.#age.primaryAt(position, atMs);
      this.#asking ??= this.#ask().finally(() => {
        this.#asking = undefined;
      });
    });
  }

  /** Whether what it answers now is young enough. */
  get isFresh(): boolean {
    return this.#age.ageMs(performance.now()) <= this.#options.mostMs;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#asking;
    await this.#drop();
  }

  async #ask(): Promise<void> {
    try {
      this.#client ??= this.#connect();
      const client = await this.#client;
      const { rows } = await client.query<{ lsn: string | null }>(
        'SELECT pg_last_wal_replay_lsn()::text AS lsn',
      );
      const lsn = rows[0]?.lsn;
      // A server that was promoted is no replica any more: what it has may be another history.
      if (lsn === null || lsn === undefined) this.#age.forget();
      else this.#age.replicaAt(positionOf(lsn));
    } catch {
      this.#age.forget();
      await this.#drop();
    }
  }

  async #connect(): Promise<Client> {
    const client = new Client({
      connectionString: this.#options.url,
      application_name: 'billproof-replica-watch',
      ...{ connectionTimeoutMillis: TIMEOUT_MS, query_timeout: TIMEOUT_MS, keepAlive: true },
    });
    client.on('error', () => void this.#drop());
    await client.connect();
    return client;
  }

  async #drop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (client === undefined) return;
    await client.then((it) => it.end()).catch(() => undefined);
    if (this.#isClosed) this.#age.forget();
  }
}
