import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import type { FsckThread, Job, JobResult } from './fsck/jobs.ts';
import { SegmentScan } from './fsck/scan-segments.ts';
import { scanTiles } from './fsck/scan-tiles.ts';
import { SqliteReader } from './store/sqlite/sqlite-reader.ts';
import type { SaltKey } from './writer/fast-hash.ts';

/** A thread of `fsck`: reads the store by a connection of its own and answers job after job. */
function run(setup: FsckThread): void {
  const port = parentPort;
  if (port === null) throw new Error('fsck-worker runs as a worker thread');
  const db = new Database(setup.path, { readonly: true, fileMustExist: true });
  const reader = new SqliteReader(db);
  const sites = new Map(setup.sites.map((site) => [site.site, site]));
  const salts = new Map(setup.sites.map(({ site }) => [site, new Map<string, SaltKey>()]));
  port.on('message', (job: Job) => {
    const secrets = sites.get(job.site);
    if (secrets === undefined) throw new Error('a job is of a known site');
    const kept = salts.get(job.site) ?? new Map<string, SaltKey>();
    const result: JobResult =
      job.kind === 'tiles'
        ? scanTiles(db, reader, job, secrets)
        : new SegmentScan(reader, job, secrets, kept, setup.deep).run();
    port.postMessage(result);
  });
}

run(workerData);
