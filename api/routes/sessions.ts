import { z } from 'zod';
import { Refusal } from '../../ledger/core/refusal.ts';
import { formatTime } from '../../ledger/core/time.ts';
import { jsonRoute, type Route } from '../route.ts';
import { siteId, time } from '../shapes.ts';
import { endSession, sessionsOf } from '../sign-in/sessions.ts';
import { SESSION_ID } from './examples.ts';

const session = z.string().regex(/^[A-Za-z0-9._-]{1,64}~[0-9a-z]{12}$/);
const ended = z.object({ session: z.string() });

export const sessionRoutes: readonly Route[] = [
  jsonRoute({
    method: 'GET',
    path: '/v1/me',
    tag: 'Sign-in',
    summary: 'Read whom the token speaks for, and where',
    permission: 'session.read',
    scope: 'server',
    reply: z.object({
      person: z.string(),
      role: z.string(),
      site: siteId.optional(),
      sites: z.array(siteId).optional().describe('With neither: every site'),
      account: z.string().optional(),
      session: z.string().optional(),
    }),
    codes: [],
    example: {},
    handle: async ({ principal }) => {
      const { id: person, isProgram: _, ...rest } = principal;
      return { body: { person, ...rest } };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/sessions',
    tag: 'Sign-in',
    summary: 'List your own sessions',
    permission: 'session.read',
    scope: 'server',
    reply: z.object({
      data: z.array(
        z.object({
          session: z.string(),
          startedAt: time,
          usedAt: time.describe('When a token was asked for last'),
          until: time.describe('When it ends unless it is used'),
          isThis: z.boolean(),
        }),
      ),
    }),
    codes: [],
    example: {},
    handle: async ({ principal, access }) => ({
      body: {
        data: (await sessionsOf(access, principal.id)).map(({ doc }) => ({
          session: doc.session,
          startedAt: formatTime(doc.startedMs),
          usedAt: formatTime(doc.usedMs),
          until: formatTime(doc.untilMs),
          isThis: doc.session === principal.session,
        })),
      },
    }),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/sessions/{session}/revoke',
    tag: 'Sign-in',
    summary: 'End a session at once: your own, or with the right to it another’s',
    permission: 'session.end',
    scope: 'server',
    params: { session },
    reply: ended,
    codes: ['session-unknown', 'role-too-high', 'forbidden-site'],
    example: { params: { session: SESSION_ID } },
    handle: async ({ params, principal, access }) => {
      await endSession(access, principal, params.session);
      return { body: { session: params.session } };
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/sign-out',
    tag: 'Sign-in',
    summary: 'End the session of this token',
    permission: 'session.end',
    scope: 'server',
    reply: ended,
    codes: ['session-unknown'],
    example: {},
    handle: async ({ principal, access }) => {
      if (principal.session === undefined) {
        throw new Refusal('session-unknown', 'This token is of no session; it ends by itself.');
      }
      await endSession(access, principal, principal.session);
      return { body: { session: principal.session } };
    },
  }),
];
