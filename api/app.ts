import { Hono } from 'hono';
import { Refusal } from '../ledger/core/refusal.ts';
import { BATCH_ROUTE, BatchEndpoint, logProblem } from './batch-endpoint.ts';
import { type ApiContext, type ApiEnv, type ApiParts, requestIdOf } from './http-context.ts';
import { jsonEndpoint } from './json-endpoint.ts';
import { languageOf } from './language.ts';
import { type Problem, problemHeaders, problemOf } from './problem.ts';
import type { Route } from './route.ts';
import { apiRoutes } from './routes.ts';
import { CORS_HEADERS, PREFLIGHT_HEADERS, SECURITY_HEADERS } from './security-headers.ts';
import { WebhookEndpoint } from './webhook-endpoint.ts';

export interface Api {
  readonly app: Hono<ApiEnv>;
  /** What the app serves and the API document describes. */
  readonly routes: readonly Route[];
  readonly batches: BatchEndpoint;
  readonly webhooks: WebhookEndpoint;
}

type Handler = (c: ApiContext) => Response | Promise<Response>;

/** The whole HTTP side over one ledger. Nothing listens yet. */
export function createApi(parts: ApiParts, isStopping: () => boolean = () => false): Api {
  const batches = new BatchEndpoint(parts);
  const webhooks = new WebhookEndpoint(parts);
  const routes = apiRoutes(parts, { batches, webhooks }, isStopping);
  const app = new Hono<ApiEnv>();
  for (const route of routes) {
    const run: Handler = route.kind === 'json' ? jsonEndpoint(route, parts) : route.handle;
    app.on(route.method, patternOf(route), async (c: ApiContext) => {
      return await answerOf(c, parts, route, async () => await run(c));
    });
    if (route.kind === 'plain' && route.cors) {
      app.on('OPTIONS', patternOf(route), () => {
        return new Response(null, { status: 204, headers: PREFLIGHT_HEADERS });
      });
    }
  }
  app.notFound(async (c) => {
    return await answerOf(c, parts, undefined, () => Promise.reject(noRoute(c, app)));
  });
  return { app, routes, batches, webhooks };
}

/** Runs a handler; whatever it throws becomes a problem; every answer is counted, logged, guarded. */
async function answerOf(
  c: ApiContext,
  parts: ApiParts,
  route: Route | undefined,
  run: () => Promise<Response>,
): Promise<Response> {
  const startedAt = performance.now();
  const requestId = requestIdOf(c.req.header('x-request-id'));
  const language = languageOf(c.req.header('accept-language'));
  c.set('requestId', requestId);
  c.set('language', language);
  let answer: Response;
  let code: string | undefined;
  try {
    answer = await run();
  } catch (error) {
    const problem = problemOf(error, language, requestId);
    code = problem.code;
    logProblem(parts.log, problem, error);
    answer = problemAnswer(problem, problemHeaders(problem, language));
  }
  const isOpen = route?.kind === 'plain' && route.cors;
  for (const [name, value] of Object.entries({
    ...SECURITY_HEADERS,
    ...(isOpen && CORS_HEADERS),
    'x-request-id': requestId,
  })) {
    if (!answer.headers.has(name)) answer.headers.set(name, value);
  }
  const pattern = route?.path ?? 'none';
  // The batch route counts itself: it is also served without Hono.
  if (pattern !== BATCH_ROUTE) {
    const ms = performance.now() - startedAt;
    parts.metrics.answered(pattern, answer.status, ms / 1000);
    logAnswer(parts, { requestId, route: pattern, method: c.req.method, code }, c, answer, ms);
  }
  return answer;
}

/** Patterns, never addresses: an address holds accounts, a query may hold anything. */
function logAnswer(
  { log }: ApiParts,
  about: Record<string, string | undefined>,
  c: ApiContext,
  { status }: Response,
  ms: number,
): void {
  const role = c.get('role');
  log.info({ ...about, ...(role && { role }), status, ms: Math.round(ms * 10) / 10 }, 'answered');
}

function problemAnswer(problem: Problem, headers: Record<string, string>): Response {
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}

function noRoute(c: ApiContext, app: Hono<ApiEnv>): Refusal {
  const methods = ['GET', 'POST'].filter(
    (method) => app.router.match(method, c.req.path)[0].length,
  );
  if (methods.length === 0) {
    return new Refusal('no-such-page', 'There is nothing here. /openapi.json names what there is.');
  }
  const allow = methods.join(', ').replace('GET', 'GET, HEAD');
  return new Refusal(
    'method-not-allowed',
    `This address does not answer ${c.req.method.slice(0, 16)}, only ${allow}.`,
    { allow },
  );
}

/** As Hono writes patterns: `/v1/accounts/:account`. */
function patternOf(route: Route): string {
  if (route.kind === 'plain' && route.pattern !== undefined) return route.pattern;
  return route.path.replaceAll(/\{(\w+)\}/g, ':$1');
}
