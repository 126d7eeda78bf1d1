import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { sourceHash } from './source-hash.ts';

/** Builds the log page: one file, like the verification page, and the same bytes on every machine. */
export async function buildLogPage(
  root: string = join(import.meta.dirname, '..'),
): Promise<string> {
  const folder = join(root, 'web', 'log');
  const script = await bundle(join(folder, 'main.ts'), root);
  const style = await bundle(join(folder, 'page.css'), root);
  if (/<\/script|<!--/i.test(script)) throw new Error('The script would end its own element.');
  const policy = [
    "default-src 'none'",
    `script-src '${sourceHash(script)}'`,
    `style-src '${sourceHash(style)}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  // Functions, since a replacement text would give `$` in the script a meaning.
  return readFileSync(join(folder, 'page.html'), 'utf8')
    .replaceAll('\r\n', '\n')
    .replace('content="policy"', () => `content="${policy}"`)
    .replace('<!-- style -->', () => `<style>${style}</style>`)
    .replace('<!-- script -->', () => `<script>${script}</script>`);
}

async function bundle(entry: string, root: string): Promise<string> {
  const built = await build({
    entryPoints: [entry],
    ...{ absWorkingDir: root, bundle: true, minify: true, write: false, format: 'iife' },
    ...{ charset: 'utf8', legalComments: 'none', logLevel: 'error', tsconfigRaw: {} },
    target: ['chrome100', 'firefox104', 'safari15.4'],
  });
  return (built.outputFiles[0]?.text ?? '').trim();
}
