import { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, DatabaseError, type QueryResult } from 'pg';
import type {
  BridgeFailure,
  Mode,
  RunResult,
  SessionId,
  SqlValue,
  Statement,
} from './bridge-messages.ts';
import { parserOf } from './column-parsers.ts';

/** What this file itself finds, as opposed to what the driver throws. */
class Failure extends Error {
  readonly failure: BridgeFailure;

  constructor(failure: BridgeFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

const RETRY_MS = 50;
const SERVER_SHARE = 0.8;
const BEGIN: Readonly<Record<Mode, string | undefined>> = {
  write: 'BEGIN',
  snapshot: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
  bare: undefined,
};

/** One connection, in the thread of the bridge: what it runs, and when it is given up. */
export class Connection {
  readonly #url: string;
  readonly #deadlineMs: number;
  readonly #names = new Map<string, string>();
  #client: Client | undefined;
  /** Of `#client`: the driver would wait for what is on its way before it ends a connection. */
  #socket: Socket | undefined;

  constructor(url: string, deadlineMs: number) {
    this.#url = url;
    this.#deadlineMs = deadlineMs;
  }

  /** Connects and waits until a session of before has ended on the server. */
  async connect(previous: SessionId | undefined): Promise<SessionId> {
    this.#drop();
    const until = performance.now() + this.#deadlineMs;
    return this.#within(async () => {
      const client = await this.#connectUntil(until);
      this.#client = client;
      // The server gives up first: then the connection stays, and it is known that nothing was written.
      const serverMs = Math.ceil(this.#deadlineMs * SERVER_SHARE);
      await client.query(`SET synchronous_commit = on; SET timezone = 'UTC';
        SET statement_timeout = ${serverMs}; SET lock_timeout = ${serverMs};
        SET idle_in_transaction_session_timeout = ${2 * this.#deadlineMs}`);
      if (previous !== undefined) await endSession(client, previous);
      const { rows } = await client.query<SessionId>(
        `SELECT pid, backend_start::text AS "startedAt" FROM pg_stat_activity
         WHERE pid = pg_backend_pid()`,
      );
      const [session] = rows;
      if (session === undefined) throw lost('', 'The server does not know its own session.');
      return session;
    });
  }

  /** Runs statements in order, sent together; a transaction is whole or it is not. */
  async run(mode: Mode, statements: readonly Statement[]): Promise<RunResult[]> {
    const client = this.#client;
    if (client === undefined) throw lost('', 'The connection was lost.');
    return this.#within(async () => {
      const begin = BEGIN[mode];
      const sent = begin === undefined ? [] : [client.query(begin)];
      for (const statement of statements) sent.push(client.query(this.#prepared(statement)));
      const settled = await Promise.allSettled(sent);
      const failed = settled.find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') {
        if (begin !== undefined && !isLost(failed.reason)) await client.query('ROLLBACK');
        throw failed.reason;
      }
      const results = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      if (begin !== undefined) results.shift();
      const unaffected = statements.find(
        ({ affects }, i) => affects !== undefined && results[i]?.rowCount !== affects,
      );
      if (unaffected !== undefined) {
        await client.query('ROLLBACK');
        const message = `Not ${unaffected.affects} rows: ${unaffected.text}`;
        throw new Failure({ kind: 'unaffected', code: '', message });
      }
      if (begin !== undefined) await client.query('COMMIT');
      return results.map(({ rows, rowCount }) => ({ rows, count: rowCount ?? rows.length }));
    });
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.end();
  }

  /** A client that may be used; tries again while there is no server or it is starting. */
  async #connectUntil(until: number): Promise<Client> {
    for (;;) {
      const socket = new Socket();
      const client = this.#newClient(socket);
      try {
        this.#socket = socket;
        await client.connect();
        return client;
      } catch (error) {
        socket.destroy();
        const mayCome = isLost(error) && performance.now() + RETRY_MS < until;
        if (!mayCome) throw error;
        await pause(RETRY_MS);
      }
    }
  }

  #newClient(socket: Socket): Client {
    const client = new Client({
      connectionString: this.#url,
      connectionTimeoutMillis: this.#deadlineMs,
      application_name: 'billproof',
      keepAlive: true,
      pipeline: true,
      stream: () => socket,
      types: { getTypeParser: parserOf },
    });
    // A connection that ends while nothing is asked: the next request finds it gone.
    client.on('error', () => {
      if (this.#client === client) this.#client = undefined;
    });
    return client;
  }

  /** Names follow the text, so a connection prepares each text once. */
  #prepared({ text, values }: Statement) {
    let name = this.#names.get(text);
    if (name === undefined) {
      name = `s${this.#names.size}`;
      this.#names.set(text, name);
    }
    return { name, text, values: (values ?? []).map(parameterOf) };
  }

  /** Gives up the connection when the deadline passes or it is lost: no later request may meet it. */
  async #within<T>(work: () => Promise<T>): Promise<T> {
    const deadline = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      deadline.reject(lost('', `There was no answer within ${this.#deadlineMs} ms.`));
    }, this.#deadlineMs);
    try {
      return await Promise.race([work(), deadline.promise]);
    } catch (error) {
      // After a mistake of our own nobody knows what is still on its way.
      const isAnswer = error instanceof DatabaseError || error instanceof Failure;
      if (!isAnswer || isLost(error)) this.#drop();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #drop(): void {
    this.#client = undefined;
    this.#socket?.destroy();
    this.#socket = undefined;
  }
}

/** What went wrong, in words without a secret. */
export function failureOf(error: unknown): BridgeFailure {
  if (error instanceof Failure) return error.failure;
  const code = codeOf(error);
  // Other members of an error may hold the whole URL; its message does not.
  const message = error instanceof Error ? error.message : 'unknown';
  return { kind: isLost(error) ? 'lost' : 'refused', code, message };
}

/** The connection is gone, or never was; SQLSTATE classes 08 and 57P, and 53300 before it begins. */
function isLost(error: unknown): boolean {
  if (error instanceof Failure) return error.failure.kind === 'lost';
  if (error instanceof TypeError || error instanceof RangeError) return false;
  if (!(error instanceof DatabaseError)) return true;
  return /^(?:08|57P0[1-5]|53300)/.test(error.code ?? '');
}

function lost(code: string, message: string): Failure {
  return new Failure({ kind: 'lost', code, message });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Returns once the server has no such session; another one that has its number by now stays. */
async function endSession(client: Client, { pid, startedAt }: SessionId): Promise<void> {
  for (;;) {
    const { rows }: QueryResult = await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE pid = $1 AND backend_start = $2::timestamptz`,
      [pid, startedAt],
    );
    if (rows.length === 0) return;
    await pause(RETRY_MS / 5);
  }
}

function parameterOf(value: SqlValue): SqlValue {
  if (!(value instanceof Uint8Array)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
