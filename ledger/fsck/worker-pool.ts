import type { Worker } from 'node:worker_threads';
import { startThread } from '../start-thread.ts';
import type { FsckThread, Job, JobResult } from './jobs.ts';

/** Jobs that a thread has at a time: the next one is there when it has done one. */
const QUEUED = 2;

/** Runs jobs on threads and gives their results in the order of the jobs. */
export async function* runJobs(
  setup: FsckThread,
  threads: number,
  jobs: readonly Job[],
): AsyncGenerator<JobResult> {
  const results = new Map<number, JobResult>();
  const workers: Worker[] = [];
  let handedOut = 0;
  let taken = 0;
  let failed: Error | undefined;
  let wake: () => void = () => undefined;
  const feed = (worker: Worker, order: number[]) => {
    // Results that wait for their turn are held in memory, so nobody runs far ahead.
    const mayRun = handedOut < jobs.length && handedOut - taken < threads * 8;
    if (!mayRun) return;
    order.push(handedOut);
    worker.postMessage(jobs[handedOut]);
    handedOut += 1;
  };
  const orders: number[][] = [];
  for (let i = 0; i < threads; i += 1) {
    const worker = startThread(new URL('../fsck-worker.ts', import.meta.url), {
      workerData: setup,
      resourceLimits: { maxYoungGenerationSizeMb: 128 },
    });
    const order: number[] = [];
    worker.on('message', (result: JobResult) => {
      results.set(order.shift() ?? -1, result);
      wake();
    });
    worker.on('error', (error: Error) => {
      failed = error;
      wake();
    });
    workers.push(worker);
    orders.push(order);
  }
  try {
    while (taken < jobs.length) {
      for (const [i, worker] of workers.entries()) {
        const order = orders[i] ?? [];
        while (order.length < QUEUED) {
          const before = order.length;
          feed(worker, order);
          if (order.length === before) break;
        }
      }
      const result = results.get(taken);
      if (result !== undefined) {
        results.delete(taken);
        taken += 1;
        yield result;
        continue;
      }
      if (failed !== undefined) throw failed;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
