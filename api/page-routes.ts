import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { z } from 'zod';
import { Refusal } from '../ledger/core/refusal.ts';
import { accepts } from './content-coding.ts';
import type { ApiContext } from './http-context.ts';
import type { PlainRoute } from './route.ts';

const NOTHING = z.strictObject({});
const OF_PAGES = {
  kind: 'plain',
  method: 'GET',
  tag: 'Pages',
  security: 'none',
  cors: false,
  params: NOTHING,
  query: NOTHING,
  codes: [],
} as const;
const HTML = 'text/html; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';

/** Static pages, all from our own files: no other origin is asked for anything. */
export function pageRoutes(webFolder: string): readonly PlainRoute[] {
  const verify = new StaticFile(() => join(webFolder, 'verify.html'), HTML);
  const log = new StaticFile(() => join(webFolder, 'log.html'), HTML);
  const worker = new StaticFile(() => join(webFolder, 'verify-sw.js'), SCRIPT);
  const scalar = new StaticFile(scalarPath, SCRIPT);
  return [
    {
      ...OF_PAGES,
      path: '/verify',
      summary: 'The verification page: one static file that judges a bill in the browser',
      query: z.looseObject({}),
      replies: [{ status: 200, type: 'text/html', description: 'The page' }],
      codes: ['page-not-built'],
      handle: async (c) => {
        // The page's own policy names its script and style by hash; a frame is what only this can forbid.
        const answer = await verify.answer(c, { 'content-security-policy': FRAMELESS });
        return answer ?? pageNotBuilt();
      },
    },
    {
      ...OF_PAGES,
      path: '/verify-sw.js',
      summary: "The verification page's service worker: keeps the page for when one is offline",
      replies: [{ status: 200, type: 'text/javascript', description: 'The script' }],
      codes: ['no-such-page'],
      handle: async (c) => (await worker.answer(c, {})) ?? noSuchPage(),
    },
    {
      ...OF_PAGES,
      path: '/log',
      summary: 'The log page: how each log is, for anybody',
      query: z.looseObject({}),
      replies: [{ status: 200, type: 'text/html', description: 'The page' }],
      codes: ['page-not-built'],
      handle: async (c) => {
        return (await log.answer(c, { 'content-security-policy': FRAMELESS })) ?? pageNotBuilt();
      },
    },
    {
      ...OF_PAGES,
      path: '/docs',
      summary: 'A page over this document',
      replies: [{ status: 200, type: 'text/html', description: 'The page' }],
      handle: () => page(DOCS_PAGE, HTML),
    },
    {
      ...OF_PAGES,
      path: '/docs/start.js',
      summary: 'Starts the page over this document',
      replies: [{ status: 200, type: 'text/javascript', description: 'The script' }],
      handle: () => page(DOCS_START, SCRIPT),
    },
    {
      ...OF_PAGES,
      path: '/docs/reference.js',
      summary: 'The program of the page over this document',
      replies: [{ status: 200, type: 'text/javascript', description: 'The script' }],
      codes: ['no-such-page'],
      handle: async (c) => (await scalar.answer(c, {})) ?? noSuchPage(),
    },
  ];
}

const FRAMELESS = "frame-ancestors 'none'";
const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  FRAMELESS,
].join('; ');

const DOCS_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Billproof API</title>
</head>
<body>
<noscript>This page needs JavaScript; the document is <a href="/openapi.json">here</a>.</noscript>
<div id="reference"></div>
<script src="/docs/reference.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

// Everything that would ask another origin is off; the policy forbids what a later version might add.
const DOCS_START = `Scalar.createApiReference('#reference', {
  url: '/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: 'never',
});
`;

interface Kept {
  readonly plain: Uint8Array;
  readonly gzipped: Uint8Array;
  readonly brotli: Uint8Array;
  readonly etag: string;
  readonly state: string;
}

/** The smaller first; browsers ask for it over HTTPS only, and on the machine itself. */
const CODINGS = ['br', 'gzip'] as const;

/** A file kept in memory, packed once, and read again only when it has changed. */
class StaticFile {
  readonly #path: () => string;
  readonly #type: string;
  #kept: Kept | undefined;

  constructor(path: () => string, type: string) {
    this.#path = path;
    this.#type = type;
  }

  /** Undefined where there is no such file. */
  async answer(c: ApiContext, more: Record<string, string>): Promise<Response | undefined> {
    const kept = await this.#fresh();
    if (kept === undefined) return undefined;
    const { plain, gzipped, brotli, etag } = kept;
    const headers = {
      'content-type': this.#type,
      'content-security-policy': DOCS_POLICY,
      'cache-control': 'no-cache',
      vary: 'Accept-Encoding',
      etag,
      ...more,
    };
    if (c.req.header('if-none-match') === etag) return new Response(null, { status: 304, headers });
    const wanted = c.req.header('accept-encoding');
    const coding = CODINGS.find((name) => accepts(name, wanted));
    if (coding === undefined) return new Response(new Uint8Array(plain), { headers });
    const coded = { ...headers, 'content-encoding': coding };
    return new Response(new Uint8Array(coding === 'br' ? brotli : gzipped), { headers: coded });
  }

  async #fresh(): Promise<Kept | undefined> {
    try {
      const path = this.#path();
      const { mtimeMs, size } = await stat(path);
      const state = `${mtimeMs} ${size}`;
      if (this.#kept?.state !== state) {
        const plain = await readFile(path);
        const digest = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
        const [gzipped, brotli] = await Promise.all([
          promisify(gzip)(plain, { level: constants.Z_BEST_COMPRESSION }),
          promisify(brotliCompress)(plain),
        ]);
        this.#kept = { plain, gzipped, brotli, etag: `W/"${digest}"`, state };
      }
      return this.#kept;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }
}

/** The package exports its entry only; the program for browsers lies beside it. */
function scalarPath(): string {
  const entry = createRequire(import.meta.url).resolve('@scalar/api-reference');
  return join(dirname(entry), 'browser', 'standalone.js');
}

function page(text: string, type: string): Response {
  return new Response(text, {
    headers: {
      'content-type': type,
      'content-security-policy': DOCS_POLICY,
      'cache-control': 'no-cache',
    },
  });
}

function isMissing(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error)) return false;
  return error.code === 'ENOENT' || error.code === 'MODULE_NOT_FOUND';
}

function pageNotBuilt(): never {
  throw new Refusal('page-not-built', 'This page is not built yet. Run: node web/build.ts');
}

function noSuchPage(): never {
  throw new Refusal('no-such-page', 'There is nothing here. /openapi.json names what there is.');
}
