import { MessageChannel, receiveMessageOnPort, type Worker } from 'node:worker_threads';
import { assert } from '../../core/assert.ts';
import { startThread } from '../../start-thread.ts';
import {
  ANSWERED,
  type BridgeAnswer,
  type BridgeFailure,
  type BridgeRequest,
  type BridgeSetup,
  ENDED,
  type Mode,
  type RunResult,
  type SessionId,
  type Statement,
} from './bridge-messages.ts';

/** What the server or the way to it answered instead of rows; `code` is the SQLSTATE where it has one. */
export class SqlError extends Error {
  readonly code: string;
  readonly kind: BridgeFailure['kind'];

  constructor({ kind, code, message }: BridgeFailure) {
    super(message);
    this.kind = kind;
    this.code = code;
  }
}

/** Beyond the thread's own deadline: it answers by then, or is stuck. */
const GRACE_MS = 1_000;
const CLOSE_MS = 2_000;
const BRIDGE_THREAD = new URL('./bridge-thread.ts', import.meta.url);

/**
 * A connection to PostgreSQL for a caller that may not wait for promises: a thread holds it, the caller
 * posts a request and sleeps until the answer is there.
 *
 * - One request at a time; the caller's thread does nothing else meanwhile, timers included.
 * - Every wait ends: the thread gives up at its deadline and drops the connection; a thread that says
 *   nothing for a second longer, or has died, is given up itself, and the next `connect` starts another.
 * - It never connects by itself: after `lost` the caller decides, since only it knows what to ask.
 * - Before a new connection answers anything, the session of the one before has ended on the server,
 *   so that nothing of it can still be committed behind the caller's back.
 * - No message holds the password.
 */
export class PostgresBridge {
  readonly #url: string;
  readonly #deadlineMs: number;
  readonly #program: URL;
  #thread: BridgeThread | undefined;
  #session: SessionId | undefined;
  #connected = false;

  /** A `postgres://` URL, and how long one request may take, in milliseconds. Opens nothing yet. */
  constructor(url: string, deadlineMs: number, program = BRIDGE_THREAD) {
    this.#url = url;
    this.#deadlineMs = deadlineMs;
    this.#program = program;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Connects, trying again until the deadline while the server starts. Throws `SqlError`. */
  connect(): void {
    this.#thread ??= new BridgeThread(this.#program, this.#url, this.#deadlineMs);
    const { session } = this.#ask({ kind: 'connect', previous: this.#session });
    this.#session = session ?? this.#session;
    this.#connected = true;
  }

  /** Runs statements in order; what each gave. Throws `SqlError`. */
  run(mode: Mode, statements: readonly Statement[]): readonly RunResult[] {
    if (!this.#connected) {
      throw new SqlError({ kind: 'lost', code: '', message: 'There is no connection.' });
    }
    return this.#ask({ kind: 'run', mode, statements }).results ?? [];
  }

  /** Ends the connection and the thread; may be called again. */
  close(): void {
    if (this.#thread === undefined) return;
    this.#connected = false;
    this.#thread.ask({ kind: 'close' }, CLOSE_MS);
    this.#thread.abandon();
    this.#thread = undefined;
  }

  #ask(request: BridgeRequest): BridgeAnswer & { readonly ok: true } {
    const thread = this.#thread;
    assert(thread !== undefined, 'a bridge is asked after it was connected');
    const answer = thread.ask(request, this.#deadlineMs + GRACE_MS);
    if (answer?.ok === true) return answer;
    if (answer === undefined) {
      thread.abandon();
      this.#thread = undefined;
    }
    const failure: BridgeFailure = answer?.failure ?? {
      kind: 'lost',
      ...{ code: '', message: 'The thread of the connection has ended or does not answer.' },
    };
    if (failure.kind === 'lost') this.#connected = false;
    throw new SqlError(failure);
  }
}

/** The thread with the connection, seen from the thread that waits for it. */
class BridgeThread {
  readonly #worker: Worker;
  readonly #port;
  readonly #signal = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));

  constructor(program: URL, url: string, deadlineMs: number) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const setup: BridgeSetup = { url, deadlineMs, port: port2, signal: this.#signal };
    this.#worker = startThread(program, {
      workerData: setup,
      transferList: [port2],
    });
    // How it ended is told by the signal, also to a caller that sleeps.
    this.#worker.on('error', () => undefined);
    this.#worker.unref();
  }

  /** The answer, or undefined when there is none in time: then the thread is of no use any more. */
  ask(request: BridgeRequest, waitMs: number): BridgeAnswer | undefined {
    const until = performance.now() + waitMs;
    const answered = Atomics.load(this.#signal, ANSWERED);
    this.#port.postMessage(request, buffersOf(request));
    while (Atomics.load(this.#signal, ANSWERED) === answered) {
      const remaining = until - performance.now();
      if (remaining <= 0 || Atomics.load(this.#signal, ENDED) === 1) return undefined;
      Atomics.wait(this.#signal, ANSWERED, answered, remaining);
    }
    return receiveMessageOnPort(this.#port)?.message;
  }

  abandon(): void {
    this.#port.close();
    void this.#worker.terminate();
  }
}

/** Buffers that only a request holds go to the thread as they are; others are copied. */
function buffersOf(request: BridgeRequest): ArrayBuffer[] {
  if (request.kind !== 'run') return [];
  return request.statements.flatMap(({ values = [] }) =>
    values.flatMap((value) =>
      value instanceof OwnBytes && value.buffer instanceof ArrayBuffer ? [value.buffer] : [],
    ),
  );
}

/** Bytes made for one request: it takes them along, and the maker must not look at them again. */
export class OwnBytes extends Uint8Array {}
