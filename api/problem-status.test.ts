import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isListed, problemCodes, statusOf } from './problem-status.ts';
import { wordedCodes, wordsOf } from './problem-words.ts';

const root = join(import.meta.dirname, '..');
/**
 * What no request reaches: the command line, its checks of a store, a verdict's reading of a bundle, and
 * the check of a receipt and the anchorer, whose refusals end as failures and in states.
 */
const ELSEWHERE =
  /^(anchor|cli|demo|test|core\/verdict|core\/fabric|core\/ethereum|fsck)\/|^(problem-|fsck|export|backup|succession|core\/export)/;

test('every code that is thrown behind the API stands in the table', () => {
  const missing = thrownCodes().filter(({ code }) => !isListed(code));
  expect(missing.map(({ file, code }) => `${file}: list ${code} in api/problem-status.ts`)).toEqual(
    [],
  );
});

test('no code stands in the table that nobody throws', () => {
  const texts = sources().map(({ text }) => text);
  const spare = problemCodes().filter((code) => !texts.some((text) => text.includes(`'${code}'`)));
  expect(spare).toEqual([]);
});

test('the search finds the codes that are known to be thrown', () => {
  const codes = thrownCodes().map(({ code }) => code);
  expect(codes).toEqual(expect.arrayContaining(['bad-tariff', 'cursor-mismatch', 'bad-reading']));
});

test('an unknown code is a mistake of the caller', () => {
  expect(statusOf('brand-new-code')).toBe(400);
});

test('no code stands in the table twice', () => {
  const codes = problemCodes();
  expect(codes.length).toBe(new Set(codes).size);
});

test('every code that callers meet has a title and a Chinese sentence, and no others have', () => {
  expect([...wordedCodes()].sort()).toEqual([...problemCodes()].sort());
  for (const code of problemCodes()) {
    const { title, chinese } = wordsOf(code, {});
    expect(title).toMatch(/^[A-Z][\w -]+$/);
    expect(chinese).toMatch(/\p{Script=Han}.*。$/u);
  }
});

test('the parameters of a refusal are filled in', () => {
  expect(wordsOf('too-many-requests', { retryAfter: 3 }).chinese).toBe(
    '请求过于频繁，请在 3 秒后重试。',
  );
});

/** Codes as they stand in the sources; what only the command line or a verdict says is left out. */
function thrownCodes(): { file: string; code: string }[] {
  return sources().flatMap(({ file, text }) => {
    const codes = text.matchAll(/new (?:Refusal|InvalidRequest)\(\s*'([a-z0-9-]+)'/g);
    return [...codes].map(([, code = '']) => ({ file, code }));
  });
}

function sources(): { file: string; text: string }[] {
  const found: { file: string; text: string }[] = [];
  for (const folder of ['ledger', 'api', 'payments']) {
    for (const file of readdirSync(join(root, folder), { encoding: 'utf8', recursive: true })) {
      const isCode = file.endsWith('.ts') && !/\.(test|suite)\.ts$/.test(file);
      if (!isCode || ELSEWHERE.test(file)) continue;
      const text = readFileSync(join(root, folder, file), 'utf8');
      found.push({ file: `${folder}/${file}`, text });
    }
  }
  return found;
}
