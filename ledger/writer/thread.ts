import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type Answer, wireError } from '../wire-error.ts';
import { answerGroup, takeGroup } from './group-answers.ts';
import type { Keeper } from './keeper.ts';
import { openKeeper } from './open-keeper.ts';
import type { Request, WriterSetup } from './thread-messages.ts';

/**
 * The writer's thread: takes what has come in, commits it as one group, then answers. While a commit
 * waits for the disk the next group gathers, so load makes groups larger and not slower.
 */
async function run(setup: WriterSetup): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('the writer runs as a worker thread');
  const service = await startService(setup, port);
  if (service === undefined) return;
  const waiting: Request[] = [];
  let scheduled = false;
  const work = () => {
    scheduled = false;
    const group = takeGroup(waiting);
    port.postMessage(answerGroup(service, group));
    if (waiting.length > 0) schedule();
    if (group.some(({ kind }) => kind === 'close')) port.close();
  };
  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(work);
  };
  port.on('message', (requests: Request[]) => {
    for (const request of requests) waiting.push(request);
    schedule();
  });
  service.onIdle();
  port.postMessage([{ id: 0, ok: true, value: service.ready() }] satisfies Answer[]);
}

/** What refuses to start (another writer, an old backup) is told as the answer to request 0. */
async function startService(setup: WriterSetup, port: MessagePort): Promise<Keeper | undefined> {
  try {
    return await openKeeper(setup);
  } catch (error) {
    port.postMessage([{ id: 0, ok: false, error: wireError(error) }] satisfies Answer[]);
    port.close();
    return undefined;
  }
}

await run(workerData);
