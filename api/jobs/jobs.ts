import { createHash } from 'node:crypto';
import type { AccessChange } from '../../ledger/access/access-store.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { formatTime } from '../../ledger/core/time.ts';
import type { Idempotency } from '../ledger-commands.ts';
import { demand, type Principal } from '../permissions.ts';
import { type Access, put } from '../sign-in/access.ts';
import { newestFirst } from '../sign-in/audit.ts';
import type { Kept } from '../sign-in/records.ts';
import { newId } from '../sign-in/secrets.ts';
import { JOB_KINDS } from './job-kinds.ts';
import {
  ASKED,
  ITEM,
  type ItemDoc,
  itemKey,
  JOB,
  type JobDoc,
  type JobDoes,
  jobKey,
  OPEN,
} from './records.ts';

const AT_ONCE = 200;

export interface NewJob {
  readonly site: string;
  readonly does: JobDoes;
  readonly period?: string;
  /** Absent: every account that there is. */
  readonly items?: readonly {
    readonly account: string;
    readonly input?: Record<string, unknown>;
  }[];
}

/** A job as its readers see it. */
export function jobView({ after: _, next: __, request: ___, ...doc }: JobDoc) {
  return { ...doc, waiting: doc.items - doc.done - doc.refused - doc.failed };
}

/**
 * Writes a job down, whole; who has been told of it can rely on it. The same key gives the same job. Refuses
 * `idempotency-mismatch`.
 */
export async function makeJob(
  access: Access,
  by: string,
  { site, does, period, items }: NewJob,
  { key, request }: Idempotency,
): Promise<{ readonly doc: JobDoc; readonly replayed: boolean }> {
  const asked = createHash('sha256').update(`${site}\n${by}\n${key}`).digest('hex');
  const now = access.nowMs();
  const job = `${newestFirst(now)}${newId()}`;
  return await access.change<{ doc: JobDoc; replayed: boolean }>(async () => {
    const known = await access.find(ASKED, asked);
    if (known !== undefined) {
      const { doc } = await mustHaveJob(access, site, known.doc.job);
      if (doc.request === request) return { changes: [], result: { doc, replayed: true } };
      throw new Refusal(
        'idempotency-mismatch',
        'This Idempotency-Key was used for another request. Use a new one.',
      );
    }
    const doc: JobDoc = {
      ...{ job, site, does, ...(period !== undefined && { period }) },
      ...{ state: items === undefined ? 'gathering' : 'running', next: 0 },
      ...{ items: items?.length ?? 0, done: 0, refused: 0, failed: 0 },
      ...{ request, createdAt: formatTime(now), by },
    };
    return {
      changes: [
        put(JOB, jobKey(site, job), undefined, doc),
        put(OPEN, jobKey(site, job), undefined, { job }),
        put(ASKED, asked, undefined, { job }),
        ...newItems(job, 0, items ?? []),
      ],
      result: { doc, replayed: false },
    };
  });
}

/** What writes items down, numbered from `first`. */
export function newItems(
  job: string,
  first: number,
  items: NonNullable<NewJob['items']>,
): AccessChange[] {
  return items.map(({ account, input = {} }, i) => {
    const doc: ItemDoc = { item: first + i, account, input, state: 'waiting' };
    return put(ITEM, itemKey(job, doc.item), undefined, doc);
  });
}

/**
 * Has what failed done again, and nothing else: what was refused would be refused again. Refuses `job-unknown`,
 * and `forbidden` to whoever may not do it one by one.
 */
export async function retryFailed(
  access: Access,
  principal: Principal,
  site: string,
  job: string,
): Promise<JobDoc> {
  demand(principal, JOB_KINDS[(await mustHaveJob(access, site, job)).doc.does].permission);
  for (;;) {
    const { doc, isLast } = await access.change(() => retrySome(access, site, job));
    if (isLast) return doc;
  }
}

async function retrySome(access: Access, site: string, job: string) {
  const kept = await mustHaveJob(access, site, job);
  const failed = await access.filtered(
    ITEM,
    { prefix: `${job}~`, after: undefined, limit: AT_ONCE },
    ({ state }) => state === 'failed',
  );
  const isLast = failed.length < AT_ONCE;
  if (failed.length === 0) return { changes: [], result: { doc: kept.doc, isLast } };
  const { finishedAt: _, ...rest } = kept.doc;
  const doc: JobDoc = {
    ...rest,
    ...{ failed: kept.doc.failed - failed.length, next: 0 },
    state: kept.doc.state === 'gathering' ? 'gathering' : 'running',
  };
  const open = await access.find(OPEN, kept.id);
  const changes = [
    put(JOB, kept.id, kept, doc),
    ...failed.map((one) => put(ITEM, one.id, one, waiting(one.doc))),
    ...(open === undefined ? [put(OPEN, kept.id, undefined, { job })] : []),
  ];
  return { changes, result: { doc, isLast } };
}

function waiting({ item, account, input }: ItemDoc): ItemDoc {
  return { item, account, input, state: 'waiting' };
}

export async function mustHaveJob(
  access: Access,
  site: string,
  job: string,
): Promise<Kept<JobDoc>> {
  const kept = await access.find(JOB, jobKey(site, job));
  if (kept !== undefined) return kept;
  throw new Refusal('job-unknown', 'There is no such job here. Look at the list again.');
}
