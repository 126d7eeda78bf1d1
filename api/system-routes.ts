import { z } from 'zod';
import type { ApiParts } from './http-context.ts';
import { openApiDocument } from './openapi.ts';
import { promptHealth } from './prompt-health.ts';
import type { PlainRoute, Route } from './route.ts';

const NOTHING = z.strictObject({});
const OF_SYSTEM = {
  kind: 'plain',
  method: 'GET',
  tag: 'System',
  security: 'none',
  cors: false,
  params: NOTHING,
  query: NOTHING,
  codes: [],
  example: {},
} as const;
const JSON_TYPE = 'application/json';
const UNCACHED = { 'content-type': JSON_TYPE, 'cache-control': 'no-store' };

/** Oldest news that may wait for a signed checkpoint before the service says that it is not ready. */
const MOST_CHECKPOINT_AGE_MS = 60_000;

/** What operators and their tools ask. None of it waits for a chain. */
export function systemRoutes(parts: ApiParts, isStopping: () => boolean): readonly PlainRoute[] {
  return [
    {
      ...OF_SYSTEM,
      path: '/healthz',
      summary: 'Liveness: the process answers',
      replies: [{ status: 200, type: JSON_TYPE, description: 'Alive' }],
      handle: () => new Response('{"status":"alive"}', { headers: UNCACHED }),
    },
    {
      ...OF_SYSTEM,
      path: '/readyz',
      summary:
        'Readiness: store, writer, age of the news that no checkpoint holds; witnesses and anchors are told only',
      replies: [
        { status: 200, type: JSON_TYPE, description: 'Ready' },
        { status: 503, type: JSON_TYPE, description: 'Not ready, and what is not' },
      ],
      handle: async () => {
        const health = await promptHealth(parts.ledger);
        const isReady =
          health.store === 'ok' &&
          health.writer === 'ok' &&
          health.checkpointAgeMs <= MOST_CHECKPOINT_AGE_MS &&
          !isStopping();
        const status = isReady ? 'ready' : 'not-ready';
        // Told, not judged: bills are kept and signed without witnesses and chains as well.
        const witnesses = await parts.ledger.witnesses();
        const witnessed = witnesses.length === 0 ? {} : { witnesses };
        const anchors = await parts.ledger.anchors();
        const anchored = anchors.length === 0 ? {} : { anchors };
        const body = JSON.stringify({ status, ...health, ...witnessed, ...anchored });
        return new Response(body, { status: isReady ? 200 : 503, headers: UNCACHED });
      },
    },
    {
      ...OF_SYSTEM,
      path: '/metrics',
      summary: 'Prometheus metrics',
      replies: [{ status: 200, type: 'text/plain', description: 'Prometheus text' }],
      handle: async () => {
        const headers = { 'content-type': parts.metrics.contentType, 'cache-control': 'no-store' };
        return new Response(await parts.metrics.text(), { headers });
      },
    },
  ];
}

/** The document over `routes`, this route among them. */
export function documentRoute(routes: () => readonly Route[], publicUrl: () => string): PlainRoute {
  let text: string | undefined;
  return {
    ...OF_SYSTEM,
    path: '/openapi.json',
    summary: 'This document (OpenAPI 3.1)',
    cors: true,
    replies: [{ status: 200, type: JSON_TYPE, description: 'The document' }],
    handle: () => {
      text ??= JSON.stringify(openApiDocument(routes(), publicUrl()));
      return new Response(text, { headers: { 'content-type': JSON_TYPE } });
    },
  };
}
