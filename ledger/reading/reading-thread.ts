import type { Worker } from 'node:worker_threads';
import { startThread } from '../start-thread.ts';
import { StoreUnavailable } from '../store/store-errors.ts';
import { type Answer, fromWire } from '../wire-error.ts';
import type { ReadingSetup } from './open-log-reading.ts';
import type { Answered, Asked, Question, ReadingDoor } from './questions.ts';
import type { ReadingRequest } from './thread-messages.ts';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Most questions that wait for the store; beyond it the ledger says so instead of growing. */
const MAX_WAITING = 10_000;
const READING_THREAD = new URL('./thread.ts', import.meta.url);

/**
 * A reading in a thread of its own: for a store that is a question away, or away. Questions are answered
 * in the order in which they were asked. An outage is `StoreUnavailable` to all who wait then, and over
 * for the next one who asks when the server is back. So is the death of the thread: the next question
 * starts another.
 */
export class ReadingThread implements ReadingDoor {
  readonly #setup: ReadingSetup;
  readonly #program: URL;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #worker: Worker | undefined;
  #closing: Promise<void> | undefined;

  /** Starts nothing before it is asked. */
  constructor(setup: ReadingSetup, program = READING_THREAD) {
    this.#setup = setup;
    this.#program = program;
  }

  ask<Q extends Question>(question: Q, ...asked: Asked[Q]): Promise<Answered[Q]> {
    if (this.#closing) return Promise.reject(new Error('The reading is closed.'));
    if (this.#waiting.size >= MAX_WAITING) {
      return Promise.reject(new StoreUnavailable('Too many wait for the database; ask again.'));
    }
    this.#worker ??= this.#start();
    return this.#send(this.#worker, { kind: 'ask', question, asked }) as Promise<Answered[Q]>;
  }

  close(): Promise<void> {
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  async #stop(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise((resolve) => {
      worker.once('exit', resolve);
    });
    // A thread that dies instead has let go of the store as well.
    await this.#send(worker, { kind: 'close' }).catch(() => undefined);
    await ended;
  }

  #start(): Worker {
    const worker = startThread(this.#program, { workerData: this.#setup });
    worker.on('message', (answer: Answer) => this.#settle(answer));
    worker.on('error', (cause: Error) => this.#end(worker, cause));
    worker.on('exit', () => this.#end(worker, undefined));
    return worker;
  }

  #send(worker: Worker, body: Body): Promise<unknown> {
    const id = this.#nextId;
    this.#nextId += 1;
    const request: ReadingRequest = { ...body, id };
    worker.postMessage(request);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.ok) waiting?.resolve(answer.value);
    else waiting?.reject(fromWire(answer.error));
  }

  /** All who wait asked this thread: another one is started only after it was seen to end. */
  #end(worker: Worker, cause: Error | undefined): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const error = new StoreUnavailable('The thread that reads has stopped; ask again.', { cause });
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

type Body = ReadingRequest extends infer R
  ? R extends ReadingRequest
    ? Omit<R, 'id'>
    : never
  : never;
