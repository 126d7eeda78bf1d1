import { z } from 'zod';
import { pageOf } from '../cursor.ts';
import { TENANT } from '../registry/records.ts';
import { idFor } from '../registry/registry.ts';
import {
  addTenant,
  changeTenant,
  eraseTenant,
  mustHaveTenant,
  personal,
  tenantViews,
} from '../registry/tenants.ts';
import { jsonRoute, type Route } from '../route.ts';
import { id, pageShape, paging, time } from '../shapes.ts';
import { SITE } from './examples.ts';
import { keptPage } from './rooms.ts';

const kind = z.enum(['company', 'person']);
const state = z.enum(['active', 'erased']);
const { name, contacts, ...optional } = personal;
const view = z.object({
  ...{ tenant: id, kind, state, name: name.optional() },
  ...{ ...optional, contacts: z.array(z.unknown()).optional() },
  ...{ createdAt: time, by: z.string(), changedAt: time.optional() },
});

/**
 * Who rents: companies and people. What says who they are is kept under a key of each, and erased with it;
 * leases and the ledger know only the id.
 */
export const tenantRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/tenants',
    tag: 'Tenants',
    summary: 'Register a tenant: a company or a person, with contacts',
    permission: 'tenant.change',
    once: true,
    body: { tenant: id.optional().describe('Default: made up'), kind, ...personal },
    reply: view,
    status: 201,
    codes: ['tenant-exists', 'person-erased'],
    example: {
      body: {
        ...{ site: SITE, tenant: 'T-1', kind: 'company', name: 'Lotus Trading Ltd.' },
        contacts: [{ name: 'Li Wei', role: 'accounts', phone: '+86 21 5555 0101' }],
      },
    },
    handle: async ({ body, site, principal, idempotency, registry }) => {
      const { tenant = idFor('T', idempotency), ...fields } = body;
      return { body: await addTenant(registry, site, principal.id, { tenant, ...fields }) };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/tenants',
    tag: 'Tenants',
    summary: 'List tenants, companies or people, those erased or not',
    permission: 'tenant.read',
    query: { ...paging, kind: kind.optional(), state: state.optional() },
    reply: pageShape(view),
    codes: ['bad-cursor', 'cursor-mismatch'],
    example: { query: { site: SITE, kind: 'company' } },
    handle: async ({ query, site, registry }) => {
      const { kind, state } = query;
      const marks = Object.entries({ kind, state }).flatMap(([mark, value]) => {
        return value === undefined ? [] : [[mark, value] as const];
      });
      const { filter, found } = await keptPage(registry, site, TENANT, marks, query);
      const page = pageOf(found, query.limit, filter, ({ id: last }) => last);
      return { body: { ...page, data: await tenantViews(registry, site, page.data) } };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/tenants/{tenant}',
    tag: 'Tenants',
    summary: 'Read a tenant with name and contacts, unless they were erased',
    permission: 'tenant.read',
    params: { tenant: id },
    reply: view,
    codes: ['tenant-unknown'],
    example: { params: { tenant: 'T-1' }, query: { site: SITE } },
    handle: async ({ params, site, registry }) => {
      const kept = await mustHaveTenant(registry, site, params.tenant);
      const [body] = await tenantViews(registry, site, [kept]);
      return { body };
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/tenants/{tenant}',
    tag: 'Tenants',
    summary: 'Write anew what is known of a tenant, all of it',
    permission: 'tenant.change',
    params: { tenant: id },
    body: personal,
    reply: view,
    codes: ['tenant-unknown', 'person-erased'],
    example: {
      params: { tenant: 'T-1' },
      body: { site: SITE, name: 'Lotus Trading Ltd.', address: 'Room 412, Tower A' },
    },
    handle: async ({ params, body, site, registry }) => ({
      body: await changeTenant(registry, site, params.tenant, body),
    }),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/tenants/{tenant}/erase',
    tag: 'Tenants',
    summary: 'Erase who a tenant is, for good; leases and the ledger keep the id',
    permission: 'tenant.erase',
    params: { tenant: id },
    reply: view,
    codes: ['tenant-unknown', 'tenant-has-lease'],
    example: { params: { tenant: 'T-9' }, body: { site: SITE } },
    handle: async ({ params, site, registry }) => ({
      body: await eraseTenant(registry, site, params.tenant),
    }),
  }),
];
