import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * A script for `page.addScriptTag`, bundled as the verification page is, so that a browser runs the very
 * code that Node ran. `contents` imports relative to `folder` and hangs what it offers on `globalThis`.
 */
export async function bundleScript(
  contents: string,
  folder: URL,
  { minify = false } = {},
): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(folder), loader: 'ts' },
    ...{ bundle: true, write: false, format: 'iife', target: 'es2022', minify },
  });
  return outputFiles[0]?.text ?? '';
}
