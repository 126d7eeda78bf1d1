import { z } from 'zod';
import { Refusal } from '../../ledger/core/refusal.ts';
import { zoneOf } from '../../ledger/core/zone.ts';
import { cursorKey, pageOf } from '../cursor.ts';
import { unknownSite } from '../json-endpoint.ts';
import { demandSite, siteFor, sitesOf } from '../permissions.ts';
import { jsonRoute, type Route } from '../route.ts';
import { currency, micros, pageShape, paging, siteId } from '../shapes.ts';
import { SITE } from './examples.ts';

const siteView = z.looseObject({
  site: siteId,
  origin: z.string().describe("Name of the site's log: URL of its prefix without the scheme"),
  currency,
  zone: z.string().describe('IANA time zone'),
  vkey: z.string().describe("Verifier key of the site's log (C2SP signed-note)"),
});

export const siteRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/sites',
    tag: 'Sites',
    summary: 'Create a site: a property with a log of its own',
    permission: 'site.create',
    scope: 'server',
    body: {
      site: siteId,
      currency,
      zone: z.string().regex(/^[A-Za-z0-9_+/-]{1,64}$/),
      origin: z
        .string()
        .regex(/^[a-z0-9.:-]{1,128}(\/[A-Za-z0-9._~-]{1,64}){0,8}$/)
        .optional()
        .describe("Default: this host's `/log/<site>`"),
    },
    reply: siteView,
    status: 201,
    codes: ['site-exists', 'origin-taken', 'unknown-zone', 'forbidden-site'],
    example: { body: { site: SITE, currency: 'CNY', zone: 'Asia/Shanghai' } },
    handle: async ({ body, ledger, publicUrl, principal }) => {
      const { site, currency, zone } = body;
      // A token of one site reaches no other, least of all a new one.
      siteFor(principal, [site]);
      if ((await ledger.findSite(site)) !== undefined) {
        throw new Refusal('site-exists', `There is a site ${site} already. Choose another id.`, {
          site,
        });
      }
      // A site's zone decides its months: one that nobody knows would fail with the first reading.
      zoneOf(zone);
      const origin = body.origin ?? `${publicUrl.replace(/^https?:\/\//, '')}/log/${site}`;
      const others = await ledger.sites();
      if (others.some((other) => other.origin === origin)) throw originTaken(origin);
      await ledger.createSite({ site, origin, currency, zone });
      return { body: await ledger.findSite(site) };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/sites',
    tag: 'Sites',
    summary: 'List the sites that the token may see',
    permission: 'site.read',
    scope: 'server',
    query: paging,
    reply: pageShape(siteView),
    codes: ['bad-cursor', 'cursor-mismatch'],
    example: {},
    handle: async ({ query, principal, ledger }) => {
      const own = sitesOf(principal);
      const filter = `sites ${own?.join(' ') ?? '*'}`;
      const after = cursorKey(query.cursor, filter) ?? '';
      const sites = [...(await ledger.sites())]
        .filter(({ site }) => own?.includes(site) ?? true)
        .sort((a, b) => (a.site < b.site ? -1 : 1))
        .filter(({ site }) => site > after);
      return { body: pageOf(sites, query.limit, filter, ({ site }) => site) };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/sites/{site}',
    tag: 'Sites',
    summary: 'Read a site',
    permission: 'site.read',
    scope: 'server',
    params: { site: siteId },
    reply: siteView,
    codes: ['site-unknown', 'forbidden-site'],
    example: { params: { site: SITE } },
    handle: async ({ params, principal, ledger }) => {
      const { site } = params;
      demandSite(principal, site);
      const found = await ledger.findSite(site);
      if (found === undefined) throw unknownSite(site);
      return { body: found };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/books',
    tag: 'Sites',
    summary: 'Read the balances of the books (double entry: each currency sums to zero)',
    permission: 'book.read',
    reply: z.object({
      data: z.array(z.object({ book: z.string(), currency, balance: micros })),
    }),
    codes: [],
    example: { query: { site: SITE } },
    handle: async ({ site, ledger }) => ({ body: { data: await ledger.balances(site) } }),
  }),
];

/** Two logs under one name could contradict each other before the same witness. */
function originTaken(origin: string): Refusal {
  return new Refusal(
    'origin-taken',
    `There is a log named ${origin} already. Choose another origin.`,
    {
      origin,
    },
  );
}
