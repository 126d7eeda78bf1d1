import { z } from 'zod';
import { changeLease, mustHaveLease, planLease } from '../registry/leases.ts';
import { area, date, LEASE } from '../registry/records.ts';
import { idFor } from '../registry/registry.ts';
import { jsonRoute, type Route } from '../route.ts';
import { id, pageShape, paging, positiveMicros, time } from '../shapes.ts';
import { SITE } from './examples.ts';
import { pageOfKind } from './rooms.ts';

const terms = {
  ...{ from: date, to: date.optional(), area: area.optional() },
  deposit: positiveMicros.optional().describe('What the lease says; the money is elsewhere'),
};
const state = z.enum(['planned', 'open', 'ended', 'closed', 'cancelled']);
export const leaseView = z.object({
  ...{ lease: id, tenant: id, account: id, rooms: z.array(id), ...terms, state },
  ...{ openedAt: time.optional(), endedAt: time.optional(), closedAt: time.optional() },
  moves: z.array(z.object({ at: time, from: z.array(id) })),
  ...{ createdAt: time, by: z.string(), changedAt: time.optional() },
});
export const LEASE_ID = 'L-2026-17';

/** Who rents what, from when to when, and which account pays for what the rooms use. */
export const leaseRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/leases',
    tag: 'Leases',
    summary: 'Plan a lease of rooms to a tenant',
    permission: 'lease.change',
    once: true,
    body: {
      lease: id.optional().describe('Default: made up'),
      tenant: id,
      rooms: z.array(id).min(1).max(200),
      account: id.optional().describe('Pays for what the rooms use. Default: a new one'),
      ...terms,
    },
    reply: leaseView,
    status: 201,
    codes: [
      ...['lease-exists', 'lease-dates', 'tenant-unknown', 'person-erased', 'room-unknown'],
      ...['lease-too-large', 'room-taken', 'account-of-other'],
    ],
    example: {
      body: {
        ...{ site: SITE, lease: LEASE_ID, tenant: 'T-1', rooms: ['A-412'], account: 'A-T1' },
        ...{ from: '2026-08-20', to: '2028-08-19', area: '87.00', deposit: '12000.000000' },
      },
    },
    handle: async ({ body, site, principal, idempotency, registry }) => {
      const { lease = idFor('L', idempotency), ...rest } = body;
      const { account = idFor('a', idempotency), ...fields } = rest;
      const planned = { lease, account, ...fields };
      return { body: await planLease(registry, site, principal.id, planned) };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/leases',
    tag: 'Leases',
    summary: 'List leases, by tenant, account, room and state',
    permission: 'lease.read',
    query: {
      ...paging,
      ...{ tenant: id.optional(), account: id.optional(), room: id.optional() },
      state: state.optional(),
    },
    reply: pageShape(leaseView),
    codes: ['bad-cursor', 'cursor-mismatch'],
    example: { query: { site: SITE, tenant: 'T-1' } },
    handle: async ({ query, site, registry }) => {
      const { tenant, account, room, state } = query;
      // What fewest leases have comes first: the store looks for that.
      const marks = Object.entries({ account, room, tenant, state }).flatMap(([mark, value]) => {
        return value === undefined ? [] : [[mark, value] as const];
      });
      return { body: await pageOfKind(registry, site, LEASE, marks, query) };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/leases/{lease}',
    tag: 'Leases',
    summary: 'Read a lease',
    permission: 'lease.read',
    params: { lease: id },
    reply: leaseView,
    codes: ['lease-unknown'],
    example: { params: { lease: LEASE_ID }, query: { site: SITE } },
    handle: async ({ params, site, registry }) => ({
      body: (await mustHaveLease(registry, site, params.lease)).doc,
    }),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/leases/{lease}',
    tag: 'Leases',
    summary: 'Change days, area or deposit of a lease: what is not given stays',
    permission: 'lease.change',
    params: { lease: id },
    body: { ...terms, from: date.optional() },
    reply: leaseView,
    codes: ['lease-unknown', 'lease-over', 'lease-dates', 'room-taken'],
    example: { params: { lease: LEASE_ID }, body: { site: SITE, to: '2029-08-19' } },
    handle: async ({ params, body, site, registry }) => ({
      body: await changeLease(registry, site, params.lease, body),
    }),
  }),
];
