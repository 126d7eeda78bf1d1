import type { Plugin } from 'esbuild';
import { en } from '../ledger/core/words/en.ts';
import { zhCn } from '../ledger/core/words/zh-cn.ts';
import { PAGE_WORDS } from './verify/words.ts';

/** Texts by code. */
export type Words = Readonly<Record<string, string>>;

/**
 * Puts the texts of verdict and page into the bundle as lists of lines, with each code once: their
 * objects name every code in both languages, and texts of one language pack best side by side. A
 * kilobyte of the page; the texts stay as they are.
 */
export const packWords: Plugin = {
  name: 'pack-words',
  setup(build) {
    build.onLoad({ filter: /[\\/]core[\\/]words[\\/]en\.ts$/ }, () => ({ contents: allWords() }));
    build.onLoad({ filter: /[\\/]core[\\/]words[\\/]zh-cn\.ts$/ }, () => ({
      contents: "export { zhCn } from './en.ts';",
    }));
    build.onLoad({ filter: /[\\/]web[\\/]verify[\\/]words\.ts$/ }, () => ({
      contents: "export { PAGE_WORDS } from '../../ledger/core/words/en.ts';",
    }));
  },
};

function allWords(): string {
  const [pageEn, pageZh] = [PAGE_WORDS.en, PAGE_WORDS['zh-CN']];
  return `${UNPACK}
    const codes = ${codesOf(en)}, pageCodes = ${codesOf(pageEn)};
    export const en = unpack(codes, ${linesOf(en, en)});
    const pageEn = unpack(pageCodes, ${linesOf(pageEn, pageEn)});
    export const zhCn = unpack(codes, ${linesOf(en, zhCn)});
    export const PAGE_WORDS = { en: pageEn, 'zh-CN': unpack(pageCodes, ${linesOf(pageEn, pageZh)}) };`;
}

/** In the page: codes and lines back into one object. */
const UNPACK = `const unpack = (codes, text) => {
  const lines = text.split('\\n');
  return Object.fromEntries(codes.split(' ').map((code, i) => [code, lines[i]]));
};`;

function codesOf(words: Words): string {
  return JSON.stringify(Object.keys(words).join(' '));
}

/** The texts of `words` in the order of the codes of `first`. */
export function linesOf(first: Words, words: Words): string {
  const lines = Object.keys(first).map((code) => words[code] ?? '');
  if (lines.some((line) => line === '' || line.includes('\n'))) {
    throw new Error('A text is missing, empty or has more than one line.');
  }
  return JSON.stringify(lines.join('\n'));
}
