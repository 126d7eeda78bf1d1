import { createHash } from 'node:crypto';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';
import { minify } from 'terser';
import { builtPages } from './built-pages.ts';
import { dropMessages } from './drop-messages.ts';
import { inOrder, type Piece, piecesOf, scriptOf } from './order-statements.ts';
import { packWords } from './pack-words.ts';
import { SHORT_NAMES } from './short-names.ts';
import { sourceHash } from './source-hash.ts';

/** What is served and handed out: one file that needs no other, and the hosted copy's worker. */
export interface VerifyPage {
  readonly html: string;
  readonly serviceWorker: string;
}

/** Short names by those in the source, as terser hands them out. */
interface NameCache {
  vars?: { props?: Readonly<Record<string, string>> };
}

const here = import.meta.dirname;

/**
 * Builds the verification page. The same sources give the same bytes on every machine and in every
 * folder: bundler and minifier are pinned, and no path, time or environment enters the page.
 */
export async function buildVerifyPage(root: string = join(here, '..')): Promise<VerifyPage> {
  const order = readFileSync(join(root, 'web', 'function-order.txt'), 'utf8');
  return pageOf(root, inOrder(await buildScript(root), order.trim().split(/\s+/)));
}

/** The script in the order of its sources. */
export async function buildScript(root: string): Promise<readonly Piece[]> {
  const bundled = await bundle(
    { stdin: { contents: ENTRY, resolveDir: root, loader: 'ts' } },
    root,
    {
      define: { BILLPROOF_VERSION: JSON.stringify(versionOf(root)) },
      format: 'esm',
      minify: false,
      minifySyntax: true,
      plugins: [packWords, dropMessages],
    },
  );
  return shorten(bundled);
}

/** The page with this script. */
export async function pageOf(root: string, pieces: readonly Piece[]): Promise<VerifyPage> {
  const verify = join(root, 'web', 'verify');
  const read = (name: string) => readFileSync(join(verify, name), 'utf8').replaceAll('\r\n', '\n');
  const script = scriptOf(pieces);
  const style = await bundle({ entryPoints: [join(verify, 'page.css')] }, root, {});
  if (/<\/script|<!--/i.test(script)) throw new Error('The script would end its own element.');
  const policy = [
    "default-src 'none'",
    `script-src '${sourceHash(script)}'`,
    `style-src '${sourceHash(style)}'`,
    "worker-src 'self' blob:",
    // The bill is wherever the code on the paper says; nothing else is ever fetched.
    'connect-src http: https:',
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  // Functions, since a replacement text would give `$` in the script a meaning.
  const html = read('page.html')
    .replace('content="policy"', () => `content="${policy}"`)
    .replace('<!-- style -->', () => `<style>${style}</style>`)
    .replace('<!-- script -->', () => `<script>${script}</script>`);
  return {
    html,
    serviceWorker: read('service-worker.js'),
  };
}

/** Bytes that a browser gets over HTTPS. */
export function brotliSize({ html }: Pick<VerifyPage, 'html'>): number {
  return brotliCompressSync(html).length;
}

export function gzipSize({ html }: Pick<VerifyPage, 'html'>): number {
  return gzipSync(html, { level: 9 }).length;
}

/**
 * The program, with what is imported first standing first: texts and verdict in front of everything
 * that they are unlike pack best, by 0.2 kB. Importing a module does nothing, so any order is right.
 */
const ENTRY = ['ledger/core/words/en', 'ledger/core/verdict', 'web/verify/main']
  .map((file) => `import './${file}.ts';`)
  .join('\n');

async function bundle(entry: BuildOptions, root: string, options: object): Promise<string> {
  const built = await build({
    ...entry,
    absWorkingDir: root,
    bundle: true,
    minify: true,
    write: false,
    charset: 'utf8',
    legalComments: 'none',
    target: ['chrome100', 'firefox104', 'safari15.4'],
    tsconfigRaw: {},
    logLevel: 'error',
    ...options,
  });
  return (built.outputFiles[0]?.text ?? '').trim();
}

/**
 * Short names and no dead code: 3 kB less than the bundler's own. Only what the language promises is
 * relied on: nothing `unsafe`, and reading a property may have effects. What packs best is known from
 * trying: constants stay on the right of a comparison, and no function with a body is put in place.
 */
async function shorten(script: string): Promise<readonly Piece[]> {
  const names = SHORT_NAMES.join('|');
  const cache: NameCache = {};
  const { code = '' } = await minify(script, {
    ecma: 2020,
    nameCache: cache,
    toplevel: true,
    compress: {
      ...{ ecma: 2020, passes: 3, pure_getters: false, toplevel: true },
      ...{ inline: 1, lhs_constants: false },
    },
    mangle: { toplevel: true, properties: { regex: new RegExp(`^(?:${names})$`) } },
    format: { comments: false, ecma: 2020 },
  });
  // Something else knows the name: a text, or terser's list of what browsers have.
  const kept = new RegExp(`["'\`.](?:${names})\\b`).exec(code);
  if (kept !== null) throw new Error(`Not a name for code alone: ${kept[0].slice(1)}`);
  const { props = {} } = cache.vars ?? {};
  // The cache has a `$` before each name, so that none can be one of JavaScript's own.
  return piecesOf(code, new Map(Object.entries(props).map(([name, to]) => [name.slice(1), to])));
}

function versionOf(root: string): string {
  const parsed: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const known = typeof parsed === 'object' && parsed !== null && 'version' in parsed;
  return known ? String(parsed.version) : '';
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { out: { type: 'string' } } });
  const folder = await builtPages();
  const html = readFileSync(join(folder, 'verify.html'), 'utf8');
  if (values.out !== undefined) cpSync(folder, values.out, { recursive: true });
  const sha256 = createHash('sha256').update(html).digest('hex');
  const sizes = `brotli ${brotliSize({ html })} gzip ${gzipSize({ html })}`;
  console.log(`verify.html  sha256 ${sha256}  ${sizes} bytes`);
}

// Not awaited: what builds the pages asks for this module, which has to have come to its end by then.
if (import.meta.main) void main();
