import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { jobDoer } from './fsck/do-job.ts';
import type { FsckThread, Job } from './fsck/jobs.ts';

/** A thread of `fsck`: reads the store by a connection of its own and answers job after job. */
function run(setup: FsckThread): void {
  const port = parentPort;
  if (port === null) throw new Error('fsck-worker runs as a worker thread');
  const doJob = jobDoer(new Database(setup.path, { readonly: true, fileMustExist: true }), setup);
  port.on('message', (job: Job) => port.postMessage(doJob(job)));
}

run(workerData);
