import { z } from 'zod';
import { type ApiParts, callerOf, takeToken } from './http-context.ts';
import type { PlainRoute } from './route.ts';
import { ENDPOINT_ID, SITE } from './routes/examples.ts';
import { siteId } from './shapes.ts';
import { endpointView, mustHaveEndpoint } from './webhooks/endpoints.ts';
import { endpointId } from './webhooks/records.ts';

/** The keys that sign what an endpoint is sent, for whoever receives it and has no token. */
export function webhookKeyRoute(parts: ApiParts): PlainRoute {
  return {
    kind: 'plain',
    method: 'GET',
    path: '/v1/webhook-keys/{site}/{endpoint}',
    tag: 'Webhooks',
    summary: 'Public keys that messages to an endpoint are signed with',
    security: 'none',
    cors: true,
    params: z.strictObject({ site: siteId, endpoint: endpointId }),
    query: z.strictObject({}),
    replies: [
      {
        status: 200,
        type: 'application/json',
        description: 'The newest first; one that was replaced signs for a day more',
        schema: z.object({
          keys: z.array(
            z.object({
              publicKey: z.string(),
              jwk: z.looseObject({ kty: z.string() }),
              until: z.string().optional(),
            }),
          ),
        }),
      },
    ],
    codes: ['hook-unknown', 'too-many-requests'],
    example: { params: { site: SITE, endpoint: ENDPOINT_ID } },
    handle: async (c) => {
      takeToken(parts.buckets.api, callerOf(c, parts));
      const at = { site: c.req.param('site') ?? '', endpoint: c.req.param('endpoint') ?? '' };
      const { doc } = await mustHaveEndpoint(parts.access, at);
      const { keys } = endpointView(doc, parts.nowMs());
      return c.json({ keys }, 200, { 'cache-control': 'public, max-age=60' });
    },
  };
}
