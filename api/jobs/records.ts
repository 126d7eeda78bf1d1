import { z } from 'zod';
import { id, period, siteId, time } from '../shapes.ts';
import type { Kind } from '../sign-in/records.ts';

/** The time backwards, so that lists begin with the newest, and a few random symbols. */
export const jobId = z.string().regex(/^[0-9]{13}[0-9a-z]{12}$/);
export const jobDoes = z.enum(['issue-statements', 'charge-fees', 'ask-adjustments']);
export type JobDoes = z.output<typeof jobDoes>;
export const jobState = z
  .enum(['gathering', 'running', 'done'])
  .describe('gathering: its items are being written down');
export const itemState = z
  .enum(['waiting', 'done', 'refused', 'failed'])
  .describe('refused: it will not be done as it is; failed: trying again may help');
const count = z.int().min(0);

const jobDoc = z.strictObject({
  job: jobId,
  site: siteId,
  does: jobDoes,
  period: period.optional(),
  state: jobState,
  /** While it is gathering: the last account that has an item. */
  after: z.string().optional(),
  /** The first item that may wait. */
  next: count,
  ...{ items: count, done: count, refused: count, failed: count },
  request: z.string(),
  createdAt: time,
  finishedAt: time.optional(),
  by: z.string(),
});
export type JobDoc = z.output<typeof jobDoc>;

const itemDoc = z.strictObject({
  item: count,
  account: id,
  /** What its command takes beside the account. */
  input: z.record(z.string(), z.unknown()),
  state: itemState,
  code: z.string().optional(),
  detail: z.string().optional(),
  /** Ids of what was made. */
  result: z.record(z.string(), z.string()).optional(),
});
export type ItemDoc = z.output<typeof itemDoc>;

/** Under `site~job`. */
export const JOB: Kind<JobDoc> = { name: 'job', shape: jobDoc };
/** Under `job~item`. */
export const ITEM: Kind<ItemDoc> = { name: 'job-item', shape: itemDoc };
/** Those that are not done: under `site~job`. */
export const OPEN: Kind<{ job: string }> = {
  name: 'job-open',
  shape: z.strictObject({ job: jobId }),
};
/** The job of a request, under the hash of who asked and its Idempotency-Key. */
export const ASKED: Kind<{ job: string }> = {
  name: 'job-asked',
  shape: z.strictObject({ job: jobId }),
};

export function jobKey(site: string, job: string): string {
  return `${site}~${job}`;
}

export function itemKey(job: string, item: number): string {
  return `${job}~${String(item).padStart(7, '0')}`;
}
