import { Refusal } from '../core/refusal.ts';
import { StoreFenced, StoreFull, StoreUnavailable } from '../store/store-errors.ts';
import { type Answer, wireError } from '../wire-error.ts';
import type { Keeper } from './keeper.ts';
import { RefusedAfterCommit } from './refused-after-commit.ts';
import { RefusedHalfway } from './refused-halfway.ts';
import type { Request } from './thread-messages.ts';

/** Readings taken into one group before it is committed, however many more are waiting. */
const MAX_GROUP_RECORDS = 8_000;

/** These commit by themselves; in a group with others a later failure would be told to those before. */
const ALONE: ReadonlySet<Request['kind']> = new Set([
  'settle',
  'checkpoint',
  'create-site',
  'take-sites',
  'release-sites',
  'rejoin',
  'close',
]);

/** Takes from what waits as much as one commit should hold, in order. */
export function takeGroup(waiting: Request[]): Request[] {
  let records = 0;
  let end = 0;
  while (end < waiting.length && records < MAX_GROUP_RECORDS) {
    const request = waiting[end];
    if (request !== undefined && ALONE.has(request.kind)) return waiting.splice(0, end || 1);
    records += request?.kind === 'batch' ? request.batch.records.length : 1;
    end += 1;
  }
  return waiting.splice(0, end);
}

/** Takes all, commits once; a failed commit is every writer's answer, and nothing has happened. */
export function answerGroup(service: Keeper, group: readonly Request[]): Answer[] {
  const answers: Answer[] = [];
  const staged: { request: Request; value: unknown }[] = [];
  for (const request of group) {
    const { id } = request;
    try {
      staged.push({ request, value: service.take(request) });
    } catch (error) {
      if (error instanceof RefusedAfterCommit) {
        staged.push({ request, value: error });
        continue;
      }
      const told = error instanceof RefusedHalfway ? error.refusal : error;
      answers.push({ id, ok: false, error: wireError(told) });
      if (isExpected(error)) continue;
      // It stopped half-way through a change: the whole group is taken back and may be sent again.
      service.forget();
      for (const { request: other } of staged.splice(0)) {
        answers.push({ id: other.id, ok: false, error: wireError(TAKEN_BACK) });
      }
    }
  }
  try {
    service.commit();
    for (const { request, value } of staged) answers.push(committed(request.id, value));
  } catch (error) {
    // Anything else is a mistake of our own, and what is in memory is in doubt: the thread ends.
    if (!isExpected(error)) throw error;
    for (const { request } of staged) answers.push(uncommitted(service, request, error));
  }
  return answers;
}

const TAKEN_BACK = new StoreUnavailable(
  'A mistake beside this request undid its group; send it again.',
);

function isExpected(error: unknown): boolean {
  return (
    error instanceof Refusal ||
    error instanceof StoreFull ||
    error instanceof StoreUnavailable ||
    error instanceof StoreFenced
  );
}

/** Who only looks is not told of what others could not write, and sees the ledger without it. */
function uncommitted(service: Keeper, request: Request, failure: unknown): Answer {
  const { id, kind } = request;
  if (kind !== 'query') return { id, ok: false, error: wireError(failure) };
  try {
    return { id, ok: true, value: service.take(request) };
  } catch (error) {
    if (!isExpected(error)) throw error;
    return { id, ok: false, error: wireError(error) };
  }
}

function committed(id: number, value: unknown): Answer {
  if (!(value instanceof RefusedAfterCommit)) return { id, ok: true, value };
  return { id, ok: false, error: wireError(value.refusal) };
}
