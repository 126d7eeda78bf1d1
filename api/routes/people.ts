import { z } from 'zod';
import { demandAccount } from '../permissions.ts';
import { jsonRoute, type Route } from '../route.ts';
import { id, time } from '../shapes.ts';
import { inviteTenant, peopleOf, removePerson } from '../sign-in/invitations.ts';
import { tenantRole } from '../sign-in/records.ts';
import { mustHaveAccount } from './accounts.ts';
import { ACCOUNT, SITE } from './examples.ts';

export const invitationView = z.object({
  invitation: z.string().describe('Shown once; opens once'),
  until: time,
});

/** Who comes in to an account: without passwords, by links that go by mail and codes that are said aloud. */
export const peopleRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/accounts/{account}/invitations',
    tag: 'People',
    summary: 'Invite somebody to an account, by a link for 7 days or a code for 15 minutes',
    permission: 'tenant.invite',
    params: { account: id },
    body: { role: tenantRole, way: z.enum(['link', 'code']).default('link') },
    reply: invitationView.extend({ url: z.string().optional() }),
    status: 201,
    codes: ['account-unknown', 'not-your-account', 'people-full'],
    example: { params: { account: ACCOUNT }, body: { site: SITE, role: 'tenant-owner' } },
    handle: async ({ params, body, site, principal, access, ledger, publicUrl }) => {
      const { account } = params;
      demandAccount(principal, account);
      await mustHaveAccount(ledger, site, account);
      const { role, way } = body;
      const made = await inviteTenant(access, principal, { site, account, role, way });
      // After the #, so that no server and no log sees it.
      const url = `${publicUrl}/portal#invitation=${made.invitation}`;
      return { body: { ...made, ...(way === 'link' && { url }) } };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/accounts/{account}/people',
    tag: 'People',
    summary: 'List who comes in to an account',
    permission: 'account.read',
    params: { account: id },
    reply: z.object({
      data: z.array(z.object({ person: id, role: tenantRole, createdAt: time, by: z.string() })),
    }),
    codes: ['not-your-account'],
    example: { params: { account: ACCOUNT }, query: { site: SITE } },
    handle: async ({ params, site, principal, access }) => {
      demandAccount(principal, params.account);
      const people = await peopleOf(access, { site, account: params.account });
      return {
        body: {
          data: people.map(({ doc: { person, role, createdAt, by } }) => {
            return { person, role, createdAt, by };
          }),
        },
      };
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/accounts/{account}/people/{person}/remove',
    tag: 'People',
    summary: 'Take somebody’s access to an account away, at once',
    permission: 'tenant.remove',
    params: { account: id, person: id },
    reply: z.object({ person: id }),
    codes: ['not-your-account', 'person-unknown'],
    example: { params: { account: ACCOUNT, person: 't-0' }, body: { site: SITE } },
    handle: async ({ params, site, principal, access }) => {
      demandAccount(principal, params.account);
      await removePerson(access, principal, { site, ...params });
      return { body: { person: params.person } };
    },
  }),
];
