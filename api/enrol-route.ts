import { z } from 'zod';
import { Refusal } from '../ledger/core/refusal.ts';

import { type ApiParts, admit } from './http-context.ts';
import { jsonOf, readBody } from './json-body.ts';
import { queryOf } from './json-endpoint.ts';
import { parserIn } from './parse-part.ts';
import type { PlainRoute } from './route.ts';
import { BRIDGE } from './routes/examples.ts';
import { id } from './shapes.ts';

const params = z.strictObject({ bridge: id });
const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const body = z.strictObject({
  token: z.string().max(256).describe('The one-time token of the bridge'),
  jwk: z.strictObject({
    crv: z.literal('P-256'),
    kty: z.literal('EC'),
    x: coordinate,
    y: coordinate,
  }),
  proof: z.string().max(4096).describe('Compact JWS (ES256) by the new key: it is there, and here'),
});

/** A bridge's own way in: the one-time token is the authentication, the proof shows the key. */
export function enrolRoute(parts: ApiParts): PlainRoute {
  return {
    kind: 'plain',
    method: 'POST',
    path: '/v1/bridges/{bridge}/enrol',
    tag: 'Bridges',
    summary: "Enrol a bridge's key by its one-time token",
    security: 'none',
    cors: false,
    params,
    query: z.strictObject({}),
    body,
    replies: [
      {
        status: 200,
        type: 'application/json',
        description: 'Enrolled',
        schema: z.looseObject({ epoch: z.int().min(0), fingerprint: z.string() }),
      },
    ],
    codes: ['bridge-unknown', 'enrolment-token', 'enrolment-proof'],
    example: {
      params: { bridge: BRIDGE },
      body: {
        token: 'HgQ5…',
        jwk: {
          crv: 'P-256',
          kty: 'EC',
          x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
          y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
        },
        proof: 'eyJhbGciOiJFUzI1NiJ9…',
      },
    },
    handle: async (c) => {
      await admit(c, parts);
      const parse = parserIn(c.get('language'));
      const { bridge } = parse(params, c.req.param(), 'params');
      parse(z.strictObject({}), queryOf(c), 'query');
      const bytes = await readBody(c.req.raw);
      const sent = parse(body, jsonOf(bytes, c.req.header('content-type') ?? null), 'body');
      const site = await parts.ledger.siteOfBridge(bridge);
      if (site === undefined) {
        throw new Refusal('bridge-unknown', 'There is no such bridge here. Check its id.');
      }
      const result = await parts.ledger.execute({ do: 'enrol-device', site, bridge, ...sent });
      return c.json(result, 200, { 'cache-control': 'no-store' });
    },
  };
}
