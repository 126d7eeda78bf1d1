import { z } from 'zod';
import { Refusal } from '../../ledger/core/refusal.ts';
import { cursorKey, pageOf } from '../cursor.ts';
import { connection } from '../registry/records.ts';
import { jsonRoute, type Route } from '../route.ts';
import { id, pageShape, paging } from '../shapes.ts';
import { ACCOUNT, BRIDGE, METER, SITE, TARIFF } from './examples.ts';
import { replyOf } from './outcome.ts';

const binding = { account: id, ...connection };
const meterView = z.looseObject({ meter: id });

export const meterRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/bindings',
    tag: 'Meters',
    summary: "Install a meter: bind a bridge's register to an account, a wallet and a tariff",
    permission: 'binding.change',
    once: true,
    body: binding,
    reply: z.looseObject({ meter: id }),
    status: 201,
    codes: ['meter-bound', 'tariff-unit', 'account-unknown', 'bridge-unknown', 'tariff-unknown'],
    example: {
      body: {
        ...{ site: SITE, account: ACCOUNT, meter: METER, serial: '20260412', bridge: BRIDGE },
        ...{ register: '1-0:1.8.0', unit: 'kWh', wallet: 'electricity', ct: '1', pt: '1' },
        ...{ tariff: TARIFF.id, maxPerHour: '50.000000' },
      },
    },
    handle: async ({ body, site, idempotency, ledger }) =>
      replyOf(await ledger.execute({ do: 'install-meter', ...body, site, idempotency })),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/bindings/{meter}/remove',
    tag: 'Meters',
    summary: 'Remove a meter from its account; its record stays',
    permission: 'binding.change',
    once: true,
    params: { meter: id },
    body: { account: id },
    reply: z.looseObject({}),
    codes: ['meter-unknown'],
    example: { params: { meter: METER }, body: { site: SITE, account: ACCOUNT } },
    handle: async ({ params, body, site, idempotency, ledger }) => {
      const { account } = body;
      const { meter } = params;
      return replyOf(
        await ledger.execute({ do: 'remove-meter', site, idempotency, account, meter }),
      );
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/meters',
    tag: 'Meters',
    summary: 'List the meters of a site',
    permission: 'meter.read',
    query: paging,
    reply: pageShape(meterView),
    codes: ['bad-cursor', 'cursor-mismatch'],
    example: { query: { site: SITE } },
    handle: async ({ query, site, ledger }) => {
      const filter = `meters ${site}`;
      const after = cursorKey(query.cursor, filter);
      const meters = await ledger.meters(site, { after, limit: query.limit + 1 });
      return { body: pageOf(meters, query.limit, filter, ({ meter }) => meter) };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/meters/{meter}',
    tag: 'Meters',
    summary: 'Read a meter: binding, last reading, what is missing',
    permission: 'meter.read',
    params: { meter: id },
    reply: meterView,
    codes: ['meter-unknown'],
    example: { params: { meter: METER }, query: { site: SITE } },
    handle: async ({ params, site, ledger }) => {
      const { meter } = params;
      const found = await ledger.meter(site, meter);
      if (found === undefined) {
        throw new Refusal('meter-unknown', `There is no meter ${meter} here. Check its id.`, {
          meter,
        });
      }
      return { body: found };
    },
  }),
];
