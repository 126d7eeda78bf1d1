import { z } from 'zod';
import { cursorKey, pageOf } from '../cursor.ts';
import { sitesOf } from '../permissions.ts';
import { jsonRoute, type Route } from '../route.ts';
import { id, pageShape, paging, siteId, time } from '../shapes.ts';
import { makeKey, revokeKey } from '../sign-in/api-keys.ts';
import { auditPage } from '../sign-in/audit.ts';
import { auditDoc, KEY, siteList, staffRole } from '../sign-in/records.ts';

const label = z.string().min(1).max(64).describe('What it is for, such as "accounting export"');
const keyId = z.string().regex(/^[0-9a-f]{16}$/);

export const keyRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/api-keys',
    tag: 'API keys',
    summary: 'Make a key for a program; it is shown once and lives until it is revoked',
    permission: 'key.change',
    scope: 'server',
    body: { label, role: staffRole, sites: siteList.optional() },
    reply: z.object({ id: keyId, key: z.string().describe('Bearer token: bp_…') }),
    status: 201,
    codes: ['role-too-high', 'forbidden-site'],
    example: { body: { label: 'accounting export', role: 'auditor', sites: ['harbour'] } },
    handle: async ({ body, principal, access }) => ({
      body: await makeKey(access, principal, body),
    }),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/api-keys',
    tag: 'API keys',
    summary: 'List the keys, of your sites where you are bound to some',
    permission: 'key.read',
    scope: 'server',
    query: paging,
    reply: pageShape(
      z.object({
        id: keyId,
        label,
        role: staffRole,
        sites: z.array(siteId).optional(),
        createdAt: time,
        by: z.string(),
        revokedAt: time.optional(),
      }),
    ),
    codes: ['bad-cursor', 'cursor-mismatch'],
    example: {},
    handle: async ({ query, principal, access }) => {
      const own = sitesOf(principal);
      const filter = `keys ${own?.join(' ') ?? '*'}`;
      const after = cursorKey(query.cursor, filter);
      const kept = await access.page(KEY, { ...(after && { after }), limit: MOST_KEYS });
      const rows = kept
        .map(({ doc: { key, secret: _, ...doc } }) => ({ id: key, ...doc }))
        .filter(({ sites }) => own === undefined || sites?.some((site) => own.includes(site)));
      return { body: pageOf(rows, query.limit, filter, ({ id }) => id) };
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/api-keys/{id}/revoke',
    tag: 'API keys',
    summary: 'Revoke a key, at once and for ever',
    permission: 'key.change',
    scope: 'server',
    params: { id: keyId },
    reply: z.object({ id: keyId }),
    codes: ['key-unknown', 'role-too-high', 'forbidden-site'],
    example: { params: { id: '0000000000000000' } },
    handle: async ({ params, principal, access }) => {
      await revokeKey(access, principal, params.id);
      return { body: params };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/audit',
    tag: 'Audit',
    summary: 'List who came in, who was refused and what rights were changed; the newest first',
    permission: 'audit.read',
    scope: 'server',
    query: paging,
    reply: pageShape(auditDoc.extend({ account: id.optional() })),
    codes: ['bad-cursor', 'cursor-mismatch'],
    example: {},
    handle: async ({ query, principal, access }) => {
      const filter = `audit ${sitesOf(principal)?.join(' ') ?? '*'}`;
      const after = cursorKey(query.cursor, filter);
      const rows = await auditPage(access, principal, { after, limit: query.limit + 1 });
      const { data, ...rest } = pageOf(rows, query.limit, filter, (row) => row.id);
      return { body: { data: data.map(({ doc }) => doc), ...rest } };
    },
  }),
];

/** More than any house has; the list is read whole, since it is filtered by sites. */
const MOST_KEYS = 10_000;
