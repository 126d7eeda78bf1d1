import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verifyBundle } from '../ledger/core/verdict.ts';
import { catalogues } from '../ledger/core/words/render.ts';
import { namesIn, parseTemplate } from '../ledger/core/words/template.ts';
import { SHORT_NAMES } from './short-names.ts';

const root = join(import.meta.dirname, '..');

test('no short name stands for a member of a format, of a vector or of a verdict', () => {
  const bill = readFileSync(join(root, 'docs', 'example.billproof'), 'utf8');
  const vectors = join(root, 'test', 'vectors');
  const texts = [
    bill,
    JSON.stringify(verifyBundle(bill, {})),
    readFileSync(join(root, 'docs', 'formats.md'), 'utf8'),
    ...filesIn(vectors).map((path) => readFileSync(path, 'utf8')),
  ];
  const members = new Set(
    texts.flatMap((text) => [...text.matchAll(/"(\w+)\\?"\s*:/g)].map(([, name]) => name)),
  );
  expect(members).toContain('overall');
  expect(members).toContain('failedPolls');
  expect(SHORT_NAMES.filter((name) => members.has(name))).toEqual([]);
});

test('no short name stands for a value that a sentence shows', () => {
  const texts = Object.values(catalogues).flatMap((catalogue) => Object.values(catalogue));
  const shown = new Set(texts.flatMap((text) => namesIn(parseTemplate(text))));
  expect(shown).toContain('endorsers');
  expect(SHORT_NAMES.filter((name) => shown.has(name))).toEqual([]);
});

test('no short name stands for what the language or the browser has', () => {
  const scope = join(root, 'node_modules', '@typescript');
  const declarations = filesIn(scope).filter((path) => /[\\/]lib\.\w[\w.]*\.d\.ts$/.test(path));
  const text = declarations.map((path) => readFileSync(path, 'utf8')).join('\n');
  const known = new Set(
    [...text.matchAll(/^\s*(?:readonly )?(\w+)\??[:(<]/gm)].map(([, name]) => name),
  );
  expect(known).toContain('currentScript');
  expect(SHORT_NAMES.filter((name) => known.has(name))).toEqual([]);
});

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}
