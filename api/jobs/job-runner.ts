import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { SUSPENSE_ACCOUNT } from '../../ledger/core/money-moves.ts';
import { DAY_MS, formatTime, HOUR_MS } from '../../ledger/core/time.ts';
import { inRounds } from '../in-rounds.ts';
import type { LedgerPort } from '../ledger-port.ts';
import { problemOf } from '../problem.ts';
import { type Access, put, remove } from '../sign-in/access.ts';
import { newestFirst } from '../sign-in/audit.ts';
import { JOB_KINDS } from './job-kinds.ts';
import { mustHaveJob, newItems } from './jobs.ts';
import { ITEM, type ItemDoc, itemKey, JOB, type JobDoc, jobKey, OPEN } from './records.ts';

export interface JobRunnerOptions {
  readonly access: Access;
  readonly ledger: Pick<LedgerPort, 'accounts' | 'execute' | 'feed'>;
  readonly log: Logger;
}

/** Items of one step: their commands reach the ledger together, and what became of them is one write. */
const STEP = 32;
const GATHERED = 500;
const MOST_OPEN = 1_000;
const KEPT_MS = 90 * DAY_MS;
const AT_ONCE = 200;

/**
 * Does what jobs say, for the sites that this process writes for, one job of a site after another. Each item has an
 * Idempotency-Key of its own, made of job and number: a process that dies between the command and what it writes
 * about it leaves an item that waits, and the next one gets the first answer.
 */
export class JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #busy = new Map<string, Promise<void>>();
  readonly #ending = new AbortController();
  #swept = Number.NEGATIVE_INFINITY;

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  /** Works from now on. What it answers ends that, after the step under way. */
  watch(everyMs: number): () => Promise<void> {
    const begin = () => this.#begin().catch((error: unknown) => this.#tell(error));
    const end = inRounds(everyMs, begin, this.#ending);
    return async () => {
      await end();
      await Promise.all(this.#busy.values());
    };
  }

  /** Everything that is open, to its end. */
  async round(): Promise<void> {
    await this.#begin();
    await Promise.all(this.#busy.values());
  }

  async #begin(): Promise<void> {
    const { access, ledger } = this.#options;
    const own = ledger.feed.ownSites().map(({ site }) => site);
    if (own.length === 0) return;
    const now = access.nowMs();
    if (now - this.#swept >= HOUR_MS) {
      this.#swept = now;
      for (const site of own) await this.#forget(site);
    }
    const open = await access.page(OPEN, { limit: MOST_OPEN });
    for (const site of own) {
      if (this.#busy.has(site)) continue;
      // The newest stand first; who came first is served first.
      const jobs = open.filter(({ id, doc }) => id === jobKey(site, doc.job)).reverse();
      if (jobs.length === 0) continue;
      const work = (async () => {
        for (const { doc } of jobs) await this.#run(site, doc.job);
      })();
      const done = work.catch((error: unknown) => this.#tell(error));
      this.#busy.set(
        site,
        done.finally(() => this.#busy.delete(site)),
      );
    }
  }

  async #run(site: string, job: string): Promise<void> {
    const { access } = this.#options;
    while (!this.#ending.signal.aborted) {
      const { doc } = await mustHaveJob(access, site, job);
      if (doc.state === 'done') return;
      await (doc.state === 'gathering' ? this.#gather(doc) : this.#step(doc));
    }
  }

  /** An item for each of the next accounts, but none for the house's own. */
  async #gather({ site, job, after }: JobDoc): Promise<void> {
    const { access, ledger } = this.#options;
    const page = { limit: GATHERED, ...(after === undefined ? {} : { after }) };
    const accounts = (await ledger.accounts(site, page)).map(({ account }) => account);
    const tenants = accounts.filter((account) => account !== SUSPENSE_ACCOUNT);
    await access.change(async () => {
      const kept = await mustHaveJob(access, site, job);
      // Another process was faster.
      if (kept.doc.after !== after) return { changes: [], result: undefined };
      const { after: _, ...rest } = kept.doc;
      const last = accounts.at(-1);
      const isLast = last === undefined || accounts.length < GATHERED;
      const doc: JobDoc = {
        ...{ ...rest, items: rest.items + tenants.length },
        ...(isLast ? { state: 'running' } : { after: last }),
      };
      const items = tenants.map((account) => ({ account }));
      const changes = [put(JOB, kept.id, kept, doc), ...newItems(job, rest.items, items)];
      return { changes, result: undefined };
    });
  }

  async #step(job: JobDoc): Promise<void> {
    const { access } = this.#options;
    const from = job.next === 0 ? {} : { after: itemKey(job.job, job.next - 1) };
    const page = await access.page(ITEM, { prefix: `${job.job}~`, ...from, limit: STEP });
    const waiting = page.filter(({ doc }) => doc.state === 'waiting');
    const outcomes = await Promise.all(waiting.map(({ doc }) => this.#do(job, doc)));
    await access.change(async () => {
      const kept = await mustHaveJob(access, job.site, job.job);
      const counts = { done: 0, refused: 0, failed: 0 };
      const changes = [];
      for (const outcome of outcomes) {
        const item = await access.find(ITEM, itemKey(job.job, outcome.item));
        if (item?.doc.state !== 'waiting' || outcome.state === 'waiting') continue;
        counts[outcome.state] += 1;
        changes.push(put(ITEM, item.id, item, outcome));
      }
      const { done, refused, failed } = kept.doc;
      const doc: JobDoc = {
        ...kept.doc,
        ...{ done: done + counts.done, refused: refused + counts.refused },
        ...{ failed: failed + counts.failed },
        // Who asks to try again begins from the first.
        ...(kept.doc.next === job.next && { next: job.next + page.length }),
      };
      const isLast = page.length < STEP && kept.doc.next === job.next;
      const finished = { state: 'done', finishedAt: formatTime(access.nowMs()) } as const;
      changes.push(put(JOB, kept.id, kept, isLast ? { ...doc, ...finished } : doc));
      const open = isLast && (await access.find(OPEN, kept.id));
      if (open) changes.push(remove(OPEN, open));
      return { changes, result: undefined };
    });
  }

  /** What is no fault of the item may go well another time. */
  async #do(job: JobDoc, item: ItemDoc): Promise<ItemDoc> {
    const { command, resultOf } = JOB_KINDS[job.does];
    const key = `job ${job.job} ${item.item}`;
    const request = createHash('sha256').update(`${key}\n${item.account}`).digest('hex');
    try {
      const told = await this.#options.ledger.execute(command(job, item, { key, request }));
      return { ...item, state: 'done', result: resultOf(told) };
    } catch (error) {
      const { code, detail, status } = problemOf(error, 'en', '');
      if (status === 500) this.#tell(error);
      return { ...item, state: status >= 500 ? 'failed' : 'refused', code, detail };
    }
  }

  /** Jobs of a season ago, with their items; what they did is in the ledger. */
  async #forget(site: string): Promise<void> {
    const { access } = this.#options;
    const after = `${site}~${newestFirst(access.nowMs() - KEPT_MS)}`;
    for (const { doc } of await access.page(JOB, { prefix: `${site}~`, after, limit: AT_ONCE })) {
      if (doc.state !== 'done') continue;
      for (let isMore = true; isMore; ) {
        isMore = await access.change(async () => {
          const items = await access.page(ITEM, { prefix: `${doc.job}~`, limit: AT_ONCE });
          const kept = items.length < AT_ONCE && (await access.find(JOB, jobKey(site, doc.job)));
          const changes = items.map((one) => remove(ITEM, one));
          if (kept) changes.push(remove(JOB, kept));
          return { changes, result: items.length === AT_ONCE };
        });
      }
    }
  }

  #tell(error: unknown): void {
    if (this.#ending.signal.aborted) return;
    this.#options.log.error({ err: error }, 'a job could not go on');
  }
}
