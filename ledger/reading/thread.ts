import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { StoreUnavailable } from '../store/store-errors.ts';
import { type Answer, wireError } from '../wire-error.ts';
import type { LogReading } from './log-reading.ts';
import { openLogReading, type ReadingSetup } from './open-log-reading.ts';
import { answerOf } from './questions.ts';
import type { ReadingRequest } from './thread-messages.ts';

/**
 * The thread that waits for a store in place of the one that asks. It opens the store when it is first
 * asked, and again as long as that fails.
 */
function run(setup: ReadingSetup): void {
  const port = parentPort;
  if (port === null) throw new Error('a reading runs as a worker thread');
  let reading: LogReading | undefined;
  const close = (id: number) => {
    reading?.close();
    port.postMessage({ id, ok: true, value: undefined } satisfies Answer);
    port.close();
  };
  const fail = (id: number, error: unknown) => {
    port.postMessage({ id, ok: false, error: wireError(error) } satisfies Answer);
  };
  /** Who asked while an outage was being found out waits no second time for the same. */
  const failWhoWait = (error: StoreUnavailable) => {
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
      const request: ReadingRequest = next.message;
      if (request.kind === 'close') close(request.id);
      else fail(request.id, error);
    }
  };
  port.on('message', (request: ReadingRequest) => {
    const { id } = request;
    if (request.kind === 'close') {
      close(id);
      return;
    }
    try {
      reading ??= openLogReading(setup);
      const value = answerOf(reading, request.question, request.asked);
      port.postMessage({ id, ok: true, value } satisfies Answer);
    } catch (error) {
      fail(id, error);
      if (error instanceof StoreUnavailable) failWhoWait(error);
    }
  });
}

run(workerData);
