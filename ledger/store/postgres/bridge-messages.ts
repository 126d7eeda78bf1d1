import type { MessagePort } from 'node:worker_threads';

/** What a parameter of a statement may be. Bytes travel in binary form, arrays as `sql-arrays.ts`. */
export type SqlValue = string | number | null | Uint8Array;

export interface Statement {
  /** One text is prepared once a connection, so it holds no values. */
  readonly text: string;
  readonly values?: readonly SqlValue[];
  /** Rows that it has to affect, or the transaction is taken back. */
  readonly affects?: number;
}

export interface RunResult {
  readonly rows: readonly SqlRow[];
  /** Rows read or changed. */
  readonly count: number;
}

/** Columns by name: `bigint` as a safe integer, `bytea` as bytes that nobody else holds. */
export type SqlRow = Readonly<Record<string, unknown>>;

/**
 * `write` is one transaction, `snapshot` reads all of one moment, `bare` runs each for itself: what
 * may not stand in a transaction.
 */
export type Mode = 'write' | 'snapshot' | 'bare';

/** Which session of the server, so that its end can be waited for. */
export interface SessionId {
  readonly pid: number;
  readonly startedAt: string;
}

export type BridgeRequest =
  | {
      readonly kind: 'connect';
      /** A session that may still be working: it is ended first. */
      readonly previous: SessionId | undefined;
    }
  | { readonly kind: 'run'; readonly mode: Mode; readonly statements: readonly Statement[] }
  | { readonly kind: 'close' };

export interface BridgeFailure {
  /**
   * `lost`: the connection is gone, and what became of a transaction is not known. `refused`: the
   * server said no (or cannot be reached), nothing was written. `unaffected`: a statement did not
   * affect as many rows as it had to, nothing was written.
   */
  readonly kind: 'lost' | 'refused' | 'unaffected';
  /** SQLSTATE, or the code of a network error; empty when there is none. */
  readonly code: string;
  readonly message: string;
}

export type BridgeAnswer =
  | {
      readonly ok: true;
      /** After `connect`. */
      readonly session?: SessionId;
      /** After `run`, one for each statement. */
      readonly results?: readonly RunResult[];
    }
  | { readonly ok: false; readonly failure: BridgeFailure };

/** What the thread is started with. */
export interface BridgeSetup {
  readonly url: string;
  readonly deadlineMs: number;
  readonly port: MessagePort;
  /** 32-bit words: answers given so far; 1 once the thread has ended. */
  readonly signal: Int32Array;
}

export const ANSWERED = 0;
export const ENDED = 1;
