import type { Worker } from 'node:worker_threads';
import { Refusal } from '../core/refusal.ts';
import { startThread } from '../start-thread.ts';
import { StoreUnavailable } from '../store/store-errors.ts';
import { type Answer, fromWire } from '../wire-error.ts';
import type { Body, Request, WriterSetup } from './thread-messages.ts';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Most requests that wait for the writer; beyond it the ledger says so instead of growing. */
const MAX_WAITING = 20_000;

/**
 * The ledger's end of the writer's thread. Requests of one turn of the event loop travel in one
 * message; each is answered after the commit that holds it. If the thread dies, everything that waits
 * is refused as unknown: it may be sent again, since nothing is ever doubled.
 */
export class WriterThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #outgoing: Request[] = [];
  #nextId = 1;
  #dead: Error | undefined;
  /** Kept once the thread has ended, and with it every file that it had open. */
  readonly #ended: Promise<void>;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (answers: Answer[]) => {
      for (const answer of answers) this.#settle(answer);
    });
    worker.on('error', (error: Error) => this.#die(error));
    this.#ended = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#die(new StoreUnavailable('The writer has stopped.'));
        resolve();
      });
    });
  }

  /** Starts the thread and waits until it has read its store; what refuses to start is thrown. */
  static async start(setup: WriterSetup): Promise<{ thread: WriterThread; ready: unknown }> {
    const worker = startThread(new URL('./thread.ts', import.meta.url), { workerData: setup });
    const thread = new WriterThread(worker);
    try {
      const ready = await new Promise((resolve, reject) => {
        thread.#waiting.set(0, { resolve, reject });
      });
      return { thread, ready };
    } catch (error) {
      // The next start may come at once, so nothing of this one may be left.
      await thread.#ended;
      throw error;
    }
  }

  /** False once the thread has ended, however it did. */
  get isAlive(): boolean {
    return this.#dead === undefined;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  ask(body: Body): Promise<unknown> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    if (this.#waiting.size >= MAX_WAITING) {
      const busy = new Refusal(
        'writer-busy',
        'The ledger is at its limit; send again in a second.',
      );
      return Promise.reject(busy);
    }
    const id = this.#nextId;
    this.#nextId += 1;
    if (this.#outgoing.length === 0) setImmediate(() => this.#send());
    this.#outgoing.push({ ...body, id } as Request);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
  }

  async close(): Promise<void> {
    if (this.#dead !== undefined) return;
    await this.ask({ kind: 'close' });
    await this.#ended;
  }

  #send(): void {
    const requests = this.#outgoing;
    this.#outgoing = [];
    this.#worker.postMessage(requests);
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.ok) waiting?.resolve(answer.value);
    else waiting?.reject(fromWire(answer.error));
  }

  #die(error: Error): void {
    this.#dead ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#dead);
    this.#waiting.clear();
  }
}
