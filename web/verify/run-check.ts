import type { Progress } from '../../ledger/core/verdict.ts';
import { type Checked, type CheckRequest, checkBill } from './check-bill.ts';

type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'done'; readonly checked: Checked }
  | { readonly kind: 'fault'; readonly message: string };

/** Runs inside the worker: one request, its progress, one answer. */
export function serveChecks(): void {
  const report = (message: Report) => self.postMessage(message);
  self.addEventListener('message', (event: MessageEvent<CheckRequest>) => {
    checkBill(event.data, (progress) => report({ kind: 'progress', progress })).then(
      (checked) => report({ kind: 'done', checked }),
      (error: unknown) => report({ kind: 'fault', message: String(error) }),
    );
  });
  report({ kind: 'ready' });
}

/** Checks files one after the other. */
export interface Checker {
  check(request: CheckRequest, onProgress: (progress: Progress) => void): Promise<Checked>;
  end(): void;
}

/**
 * Checks off the page's thread: in a worker made from the page's own script, which needs no request;
 * where a browser allows no such worker, in slices between which the page can breathe. A second file in
 * the same worker takes half as long, since the browser has compiled the check by then.
 */
export async function startChecker(script: string): Promise<Checker> {
  const worker = await startWorker(script);
  return {
    check: (request, onProgress) =>
      worker ? askWorker(worker, request, onProgress) : checkBill(request, onProgress, nextTask),
    end: () => worker?.terminate(),
  };
}

function askWorker(
  worker: Worker,
  request: CheckRequest,
  onProgress: (progress: Progress) => void,
): Promise<Checked> {
  return new Promise((resolve, reject) => {
    worker.onmessage = (event: MessageEvent<Report>) => {
      const report = event.data;
      if (report.kind === 'progress') onProgress(report.progress);
      if (report.kind === 'done') resolve(report.checked);
      if (report.kind === 'fault') reject(new Error(report.message));
    };
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(request);
  });
}

/** A worker that has said it is ready; `undefined` where the browser or its policy has none. */
function startWorker(script: string): Promise<Worker | undefined> {
  return new Promise((resolve) => {
    try {
      const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
      const worker = new Worker(url);
      const settle = (result: Worker | undefined) => {
        URL.revokeObjectURL(url);
        resolve(result);
      };
      worker.onmessage = () => settle(worker);
      worker.onerror = () => settle(undefined);
    } catch {
      resolve(undefined);
    }
  });
}

/** A message to oneself runs before timers are clamped to 4 ms, and lets input and paint come first. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(undefined);
  });
}
