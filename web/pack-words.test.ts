import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { catalogues } from '../ledger/core/words/render.ts';
import { linesOf, packWords } from './pack-words.ts';
import { PAGE_WORDS } from './verify/words.ts';

test('every text comes back from the bundle as it was written', async () => {
  const contents = `
    import { catalogues } from './ledger/core/words/render.ts';
    import { PAGE_WORDS } from './web/verify/words.ts';
    export { catalogues, PAGE_WORDS };`;
  const built = await build({
    stdin: { contents, resolveDir: `${import.meta.dirname}/..`, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    tsconfigRaw: {},
    plugins: [packWords],
  });
  const text = built.outputFiles[0]?.text ?? '';
  const packed: unknown = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  expect({ ...Object(packed) }).toEqual({ catalogues, PAGE_WORDS });
});

test.each([
  [{ a: 'x', b: 'y' }, { a: 'x' }],
  [{ a: 'x' }, { a: 'one\ntwo' }],
])('texts that would shift the lines after them are refused: %o, %o', (first, words) => {
  expect(() => linesOf(first, words)).toThrow(
    'A text is missing, empty or has more than one line.',
  );
});
