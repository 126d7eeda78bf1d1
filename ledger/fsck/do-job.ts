import type { Database } from 'better-sqlite3';
import { SqliteReader } from '../store/sqlite/sqlite-reader.ts';
import type { SaltKey } from '../writer/fast-hash.ts';
import type { FsckThread, Job, JobResult } from './jobs.ts';
import { SegmentScan } from './scan-segments.ts';
import { scanTiles } from './scan-tiles.ts';

/** Does one job of `fsck` after the other on a connection that stays the caller's. */
export function jobDoer(db: Database, setup: Omit<FsckThread, 'path'>): (job: Job) => JobResult {
  const reader = new SqliteReader(db);
  const sites = new Map(setup.sites.map((site) => [site.site, site]));
  const salts = new Map(setup.sites.map(({ site }) => [site, new Map<string, SaltKey>()]));
  return (job) => {
    const secrets = sites.get(job.site);
    if (secrets === undefined) throw new Error('a job is of a known site');
    const kept = salts.get(job.site) ?? new Map<string, SaltKey>();
    return job.kind === 'tiles'
      ? scanTiles(db, reader, job, secrets)
      : new SegmentScan(reader, job, secrets, kept, setup.deep).run();
  };
}
