import { z } from 'zod';
import { Refusal } from '../ledger/core/refusal.ts';
import { parseTilePath } from '../ledger/core/tiles.ts';
import { type ApiContext, type ApiParts, callerOf, takeToken } from './http-context.ts';
import { unknownSite } from './json-endpoint.ts';
import type { PlainRoute } from './route.ts';
import { SITE } from './routes/examples.ts';
import { siteId } from './shapes.ts';

const OF_LOG = {
  kind: 'plain',
  method: 'GET',
  tag: 'Log',
  security: 'none',
  cors: true,
  query: z.strictObject({}),
} as const;
const TEXT = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache' };
// Never compressed, though C2SP tlog-tiles advises it for entries: hashes do not shrink, and an
// entries tile of 8,704 bytes would be sent as 8,655.
const TILE = {
  'content-type': 'application/octet-stream',
  'cache-control': 'public, max-age=31536000, immutable',
};
const ofSite = z.strictObject({ site: siteId });

/** The public log of each site (C2SP tlog-tiles): for anyone, from any origin, without a token. */
export function logRoutes(parts: ApiParts): readonly PlainRoute[] {
  return [
    {
      ...OF_LOG,
      path: '/log/{site}/checkpoint',
      summary: 'The latest checkpoint, signed by the log (C2SP tlog-checkpoint)',
      params: ofSite,
      replies: [{ status: 200, type: 'text/plain', description: 'A signed note' }],
      codes: ['site-unknown', 'no-checkpoint'],
      example: { params: { site: SITE } },
      handle: async (c) => {
        const site = await siteOf(c, parts);
        const note = await parts.ledger.checkpoint(site);
        if (note !== undefined) return measured(Buffer.from(note), TEXT);
        throw new Refusal(
          'no-checkpoint',
          'This log has signed no checkpoint yet. Ask again soon.',
        );
      },
    },
    {
      ...OF_LOG,
      path: '/log/{site}/checkpoint.witnessed',
      summary: 'The latest checkpoint that the quorum of witnesses cosigned',
      params: ofSite,
      replies: [
        { status: 200, type: 'text/plain', description: 'A signed note with cosignatures' },
      ],
      codes: ['site-unknown', 'not-witnessed'],
      handle: async (c) => {
        const site = await siteOf(c, parts);
        const note = await parts.ledger.witnessedCheckpoint(site);
        if (note !== undefined) return measured(Buffer.from(note), TEXT);
        throw new Refusal('not-witnessed', 'No quorum of witnesses has cosigned this log yet.');
      },
    },
    {
      ...OF_LOG,
      path: '/log/{site}/tile/{path}',
      pattern: '/log/:site/tile/:path{.+}',
      summary: 'A tile of hashes (`<L>/<N>[.p/<W>]`) or of entries (`entries/<N>[.p/<W>]`)',
      params: z.strictObject({
        site: siteId,
        path: z.string().describe('`0/x001/234.p/17`, say; its slashes stay slashes'),
      }),
      replies: [{ status: 200, type: 'application/octet-stream', description: 'The tile' }],
      codes: ['site-unknown', 'no-such-tile'],
      example: { params: { site: SITE, path: '0/000.p/1' } },
      handle: async (c) => {
        const site = await siteOf(c, parts);
        const bytes = await tileAt(c, parts, site);
        if (bytes === undefined) throw noSuchTile();
        return measured(bytes, TILE);
      },
    },
  ];
}

/**
 * From the path as the router reads it: escapes of plain characters are undone, for they are the same
 * address (RFC 3986, section 6.2.2.2); an escaped slash is none, and names no tile.
 */
async function tileAt(c: ApiContext, parts: ApiParts, site: string) {
  const path = c.req.path.slice(`/log/${site}/`.length);
  const tile = tileOf(path);
  return tile.kind === 'entries'
    ? await parts.ledger.entriesTile(site, tile.index, tile.width)
    : await parts.ledger.hashTile(site, tile.level, tile.index, tile.width);
}

function tileOf(path: string) {
  try {
    return parseTilePath(path);
  } catch (error) {
    // To a client that probes for tiles, a path that no tile can have is a tile that is not there.
    if (error instanceof Refusal) throw noSuchTile();
    throw error;
  }
}

/** Says how long it is, so that a HEAD tells it too. */
function measured(bytes: Uint8Array, headers: Readonly<Record<string, string>>): Response {
  const length = String(bytes.length);
  return new Response(new Uint8Array(bytes), { headers: { ...headers, 'content-length': length } });
}

async function siteOf(c: ApiContext, parts: ApiParts): Promise<string> {
  const { buckets, ledger } = parts;
  takeToken(buckets.log, callerOf(c, parts));
  const site = c.req.param('site') ?? '';
  if ((await ledger.findSite(site)) === undefined) throw unknownSite(site.slice(0, 64));
  return site;
}

function noSuchTile(): Refusal {
  return new Refusal('no-such-tile', 'The log has no such tile. Read its checkpoint for its size.');
}
