import { expect, test } from 'vitest';
import { PdfFonts } from './pdf-fonts.ts';

const fonts = PdfFonts.open(undefined);

test('a text in Chinese and English takes one font', () => {
  const text = '账单 Bill 2026-09：1,286.40 元（含税） — Zoë “Öl” · × –';
  expect(fonts.runs(text).map(({ font, text: part }) => [font.name, part])).toEqual([
    ['noto-chinese-simplified', text],
  ]);
});

test('a rare character comes from the font that has it', () => {
  const runs = fonts.runs('x ≥ 3 館');
  expect(runs.map(({ text }) => text).join('')).toBe('x ≥ 3 館');
  expect(new Set(runs.map(({ font }) => font.name)).size).toBeGreaterThan(1);
});

test('what no font has is refused by name', () => {
  expect(() => fonts.runs('ok \u{e000}')).toThrowError(
    expect.objectContaining({ code: 'glyph-missing', params: { character: 'U+E000' } }),
  );
});
