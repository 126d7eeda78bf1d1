import { Refusal, type RefusalParams } from '../ledger/core/refusal.ts';
import { StoreFull, StoreUnavailable } from '../ledger/store/store-errors.ts';
import { ProviderUnavailable } from '../payments/provider.ts';
import type { Language } from './language.ts';
import { statusOf } from './problem-status.ts';
import { wordsOf } from './problem-words.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** One mistake in a request: `pointer` is a JSON pointer into the body, `?name` or `{name}`. */
export interface Mistake {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

/** A refusal that names every mistake at once. */
export class InvalidRequest extends Refusal {
  readonly errors: readonly Mistake[];

  constructor(code: string, message: string, errors: readonly Mistake[]) {
    super(code, message, { errors: errors.length });
    this.name = 'InvalidRequest';
    this.errors = errors;
  }
}

/** RFC 9457 problem document with our stable `code`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly requestId: string;
  readonly params?: RefusalParams;
  readonly errors?: readonly Mistake[];
}

/**
 * What a caller is told of anything thrown. Only refusals speak: of our own mistakes the caller gets
 * the request's id, under which the log has the rest.
 */
export function problemOf(error: unknown, language: Language, requestId: string): Problem {
  const refusal = refusalOf(error);
  const { code, message, params } = refusal;
  const words = wordsOf(code, params);
  return {
    type: `urn:billproof:problem:${code}`,
    title: language === 'en' ? words.title : words.chinese,
    status: statusOf(code),
    detail: language === 'en' ? message : words.chinese,
    code,
    requestId,
    ...(Object.keys(params).length > 0 && { params }),
    ...errorsOf(refusal),
  };
}

/** Headers that belong to a problem beside its body. */
export function problemHeaders(problem: Problem, language: Language): Record<string, string> {
  const retryAfter = problem.params?.['retryAfter'] ?? (problem.status === 503 ? 1 : undefined);
  return {
    'content-type': PROBLEM_TYPE,
    'content-language': language,
    'cache-control': 'no-store',
    vary: 'Accept-Language',
    ...(problem.status === 401 && { 'www-authenticate': 'Bearer realm="billproof"' }),
    ...(problem.params?.['allow'] !== undefined && { allow: String(problem.params['allow']) }),
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
  };
}

const INTERNAL = new Refusal(
  'internal',
  'This failed through no fault of yours. Try again; if it stays, report the requestId.',
);

/** A store that takes nothing is worth telling, and that trying again is safe. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof ProviderUnavailable) {
    return new Refusal(error.code, 'The payment provider does not answer. Ask again in a minute.');
  }
  if (error instanceof StoreFull) {
    return new Refusal(error.code, `${error.message} Nothing was written.`);
  }
  if (error instanceof StoreUnavailable) {
    // A database that was lost in the middle may have done it.
    return new Refusal(error.code, `${error.message} The same request again does nothing twice.`);
  }
  return INTERNAL;
}

/** Parsers of the core name one place; it is told the same way as a list of them. */
function errorsOf(refusal: Refusal): { errors?: readonly Mistake[] } {
  if (refusal instanceof InvalidRequest) return { errors: refusal.errors };
  const pointer = refusal.params['pointer'];
  if (typeof pointer !== 'string') return {};
  return { errors: [{ pointer, code: refusal.code, detail: refusal.message }] };
}
