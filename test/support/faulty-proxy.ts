import type { Worker } from 'node:worker_threads';
import { startThread } from '../../ledger/start-thread.ts';

/** What the proxy does to the next transaction that is to be committed; then it is honest again. */
export const FAULTS = {
  none: 0,
  /** The connection is gone before the server has seen COMMIT. */
  cutBeforeCommit: 1,
  /** The server has committed, and its answer is lost; its session does not know that nobody is there. */
  loseAnswer: 2,
  /** The connection is gone while the server is at it. */
  cutInCommit: 3,
  /** Nothing comes through any more, and nobody is told. */
  hang: 4,
} as const;

const FAULT = 0;
const OPEN = 1;

/**
 * Stands between a store and its server, in a thread of its own, since a store's caller sleeps while it
 * waits.
 */
export class FaultyProxy {
  readonly url: string;
  readonly #worker: Worker;
  readonly #control: Int32Array;

  private constructor(url: string, worker: Worker, control: Int32Array) {
    this.url = url;
    this.#worker = worker;
    this.#control = control;
  }

  /** In front of the server that a URL names. */
  static async start(url: string): Promise<FaultyProxy> {
    const control = new Int32Array(new SharedArrayBuffer(8));
    Atomics.store(control, OPEN, 1);
    const worker = startThread(new URL('./faulty-proxy-thread.ts', import.meta.url), {
      workerData: { control, port: Number(new URL(url).port) },
    });
    const port = await new Promise<number>((resolve) => worker.once('message', resolve));
    const through = new URL(url);
    through.port = `${port}`;
    return new FaultyProxy(through.href, worker, control);
  }

  next(fault: (typeof FAULTS)[keyof typeof FAULTS]): void {
    Atomics.store(this.#control, FAULT, fault);
  }

  /** Whether the fault that was asked for has happened. */
  get done(): boolean {
    return Atomics.load(this.#control, FAULT) === FAULTS.none;
  }

  /** Takes new connections, or ends each at once. */
  open(isOpen: boolean): void {
    Atomics.store(this.#control, OPEN, isOpen ? 1 : 0);
  }

  /** From the next fault on nobody is let in, until `open`. */
  closeAfterFault(): void {
    Atomics.store(this.#control, OPEN, 2);
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
