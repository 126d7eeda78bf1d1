import { z } from 'zod';
import { BATCH_BYTES, BATCH_RECORDS, BATCH_ROUTE, type BatchEndpoint } from './batch-endpoint.ts';
import { bundleByCodeRoute, bundleRoute } from './bundle-route.ts';
import { enrolRoute } from './enrol-route.ts';
import { type ApiParts, callerOf } from './http-context.ts';
import { readBody } from './json-body.ts';
import { logStatusRoute } from './log-status.ts';
import { pageRoutes } from './page-routes.ts';
import { logRoutes } from './public-log.ts';
import type { PlainRoute, Route } from './route.ts';
import { accountRoutes } from './routes/accounts.ts';
import { keyRoutes } from './routes/api-keys.ts';
import { approvalRoutes } from './routes/approvals.ts';
import { bridgeRoutes } from './routes/bridges.ts';
import { chargeRoutes } from './routes/charges.ts';
import { eInvoiceRoutes } from './routes/e-invoices.ts';
import { BRIDGE } from './routes/examples.ts';
import { importRoutes } from './routes/imports.ts';
import { jobRoutes } from './routes/jobs.ts';
import { journalFileRoute } from './routes/journal-files.ts';
import { leaseLifeRoutes } from './routes/lease-life.ts';
import { leaseRoutes } from './routes/leases.ts';
import { meterRoutes } from './routes/meters.ts';
import { moneyRoutes } from './routes/money.ts';
import { orderRoutes } from './routes/orders.ts';
import { passThroughRoutes } from './routes/pass-through.ts';
import { peopleRoutes } from './routes/people.ts';
import { reconciliationFileRoutes } from './routes/reconciliation-files.ts';
import { reconciliationRoutes } from './routes/reconciliations.ts';
import { refundRoutes } from './routes/refunds.ts';
import { reportRoutes } from './routes/reports.ts';
import { roomRoutes } from './routes/rooms.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { shiftRoutes } from './routes/shifts.ts';
import { siteRoutes } from './routes/sites.ts';
import { staffRoutes } from './routes/staff.ts';
import { statementRoutes } from './routes/statements.ts';
import { tariffPreviewRoutes } from './routes/tariff-preview.ts';
import { tariffRoutes } from './routes/tariffs.ts';
import { tenantRoutes } from './routes/tenants.ts';
import { termsRoutes } from './routes/terms.ts';
import { walletRoutes } from './routes/wallets.ts';
import { webhookEndpointRoutes } from './routes/webhook-endpoints.ts';
import { id } from './shapes.ts';
import { openRoutes } from './sign-in/open-routes.ts';
import { statementPdfRoute } from './statement-pdf-route.ts';
import { documentRoute, systemRoutes } from './system-routes.ts';
import type { WebhookEndpoint } from './webhook-endpoint.ts';
import { webhookKeyRoute } from './webhook-key-route.ts';
import { webhookRoute } from './webhook-route.ts';

/** Every route there is: the router serves these, the API document describes these. */
export function apiRoutes(
  parts: ApiParts,
  endpoints: { readonly batches: BatchEndpoint; readonly webhooks: WebhookEndpoint },
  isStopping: () => boolean,
): readonly Route[] {
  const routes: Route[] = [
    ...openRoutes(parts),
    ...sessionRoutes,
    ...staffRoutes,
    ...keyRoutes,
    ...siteRoutes,
    ...tariffRoutes,
    ...tariffPreviewRoutes,
    ...accountRoutes,
    ...peopleRoutes,
    ...roomRoutes,
    ...tenantRoutes,
    ...leaseRoutes,
    ...termsRoutes,
    ...leaseLifeRoutes,
    ...importRoutes(parts),
    ...bridgeRoutes,
    enrolRoute(parts),
    batchRoute(parts, endpoints.batches),
    ...meterRoutes,
    ...moneyRoutes,
    ...shiftRoutes,
    ...chargeRoutes,
    ...orderRoutes,
    ...refundRoutes,
    ...approvalRoutes,
    ...reconciliationRoutes,
    ...reconciliationFileRoutes(parts),
    ...reportRoutes,
    journalFileRoute(parts),
    ...walletRoutes,
    ...passThroughRoutes,
    ...webhookEndpointRoutes,
    webhookKeyRoute(parts),
    webhookRoute(parts, endpoints.webhooks),
    ...statementRoutes,
    ...jobRoutes,
    bundleRoute(parts),
    statementPdfRoute(parts),
    ...eInvoiceRoutes(parts),
    bundleByCodeRoute(parts),
    ...logRoutes(parts),
    logStatusRoute(parts),
    ...systemRoutes(parts, isStopping),
    documentRoute(() => routes, parts.publicUrl),
    ...pageRoutes(parts.webFolder),
  ];
  return routes;
}

/** The ingest path for whoever comes by Hono; `server.ts` takes the shorter way. */
function batchRoute(parts: ApiParts, batches: BatchEndpoint): PlainRoute {
  const byMeter = z.record(id, z.int().min(0));
  return {
    kind: 'plain',
    method: 'POST',
    path: BATCH_ROUTE,
    tag: 'Bridges',
    summary: 'Deliver a batch of readings; its signature is the authentication',
    security: 'none',
    cors: false,
    params: z.strictObject({ bridge: id }),
    query: z.strictObject({}),
    body: z.strictObject({
      jws: z.string().max(4096).describe('Compact JWS (ES256) over the batch payload'),
      records: z.array(z.string()).min(1).max(BATCH_RECORDS).describe('Verbatim record texts'),
    }),
    replies: [
      {
        status: 200,
        type: 'application/json',
        description: 'What is durable now, how many records were known before, what is missing',
        schema: z.object({ accepted: byMeter, known: z.int().min(0), wanted: byMeter }),
      },
    ],
    codes: [
      ...['bad-request', 'json-syntax', 'json-utf8', 'body-too-large', 'batch-too-large'],
      ...['bad-batch', 'bad-reading', 'bridge-unknown', 'device-key-unknown', 'batch-signature'],
      ...['batch-root', 'batch-count', 'reading-chain-broken', 'equivocation'],
    ],
    example: {
      params: { bridge: BRIDGE },
      body: { jws: 'eyJhbGciOiJFUzI1NiIs…', records: ['{"at":"2026-09-01T00:00:00.000Z",…'] },
    },
    handle: async (c) => {
      const answer = await batches.answer({
        bridge: c.req.param('bridge') ?? '',
        caller: callerOf(c, parts),
        requestId: c.get('requestId'),
        acceptLanguage: c.req.header('accept-language'),
        body: () => readBody(c.req.raw, BATCH_BYTES),
      });
      return new Response(answer.body, { status: answer.status, headers: answer.headers });
    },
  };
}
