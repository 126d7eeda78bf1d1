import { z } from 'zod';
import { Refusal } from '../../ledger/core/refusal.ts';

import { cursorKey, pageOf } from '../cursor.ts';
import { jsonRoute, type Route } from '../route.ts';
import { id, pageShape, paging, time } from '../shapes.ts';
import { BRIDGE, METER, SITE } from './examples.ts';
import { replyOf } from './outcome.ts';

const bridgeView = z.looseObject({ bridge: id });

export const bridgeRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/bridges',
    tag: 'Bridges',
    summary: 'Register a bridge; answers the one-time token that enrols its key',
    permission: 'bridge.create',
    once: true,
    body: { bridge: id },
    reply: z.looseObject({ token: z.string() }),
    status: 201,
    codes: ['bridge-exists'],
    example: { body: { site: SITE, bridge: BRIDGE } },
    handle: async ({ body, site, idempotency, ledger }) => {
      const { bridge } = body;
      // A batch names its bridge only, so a name is taken on all sites of a server.
      const taken = await ledger.siteOfBridge(bridge);
      if (taken !== undefined && taken !== site) throw bridgeExists(bridge);
      return replyOf(await ledger.execute({ do: 'create-bridge', site, idempotency, bridge }));
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/bridges',
    tag: 'Bridges',
    summary: 'List the bridges of a site',
    permission: 'bridge.read',
    reply: z.object({ data: z.array(bridgeView) }),
    codes: [],
    example: { query: { site: SITE } },
    handle: async ({ site, ledger }) => ({ body: { data: await ledger.bridges(site) } }),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/readings/held',
    tag: 'Readings',
    summary: 'List the readings that are held for review',
    permission: 'held-reading.read',
    query: paging,
    reply: pageShape(z.looseObject({ meter: id })),
    codes: ['bad-cursor', 'cursor-mismatch'],
    example: { query: { site: SITE } },
    handle: async ({ query, site, ledger }) => {
      const filter = `held ${site}`;
      const after = cursorKey(query.cursor, filter);
      const held = await ledger.heldReadings(site, { after, limit: query.limit + 1 });
      return { body: pageOf(held, query.limit, filter, ({ meter }) => meter) };
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/readings/held/{meter}/release',
    tag: 'Readings',
    summary: "Release a meter's held reading, so that it is billed",
    permission: 'held-reading.release',
    once: true,
    params: { meter: id },
    reply: z.looseObject({}),
    codes: ['meter-unknown', 'nothing-held'],
    example: { params: { meter: METER }, body: { site: SITE } },
    handle: async ({ params, site, idempotency, ledger }) => {
      const { meter } = params;
      return replyOf(await ledger.execute({ do: 'release-reading', site, idempotency, meter }));
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/evidence',
    tag: 'Readings',
    summary: 'List what was kept as evidence: conflicting records, both sides verbatim',
    permission: 'evidence.read',
    query: paging,
    reply: pageShape(
      z.looseObject({ id: z.string(), kind: z.string(), at: time, doc: z.unknown() }),
    ),
    codes: ['bad-cursor', 'cursor-mismatch'],
    example: { query: { site: SITE } },
    handle: async ({ query, site, ledger }) => {
      const filter = `evidence ${site}`;
      const after = cursorKey(query.cursor, filter);
      const found = await ledger.evidence(site, { after, limit: query.limit + 1 });
      return { body: pageOf(found, query.limit, filter, ({ id }) => id) };
    },
  }),
];

function bridgeExists(bridge: string): Refusal {
  return new Refusal(
    'bridge-exists',
    `There is a bridge ${bridge} on this server already. Choose another id.`,
    { bridge },
  );
}
