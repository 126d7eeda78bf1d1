import type { Lang } from '../../ledger/core/words/format.ts';
import { say, wordsFor } from '../../ledger/core/words/render.ts';
import { PAGE_WORDS, type PageWord } from './words.ts';

export type Fill = Readonly<Record<string, string | number>>;

/** The page's own text in the language, its placeholders filled. */
export function word(lang: Lang, key: PageWord, fill: Fill = {}): string {
  return PAGE_WORDS[lang][key].replace(/\{(\w+)\}/g, (_, name: string) => String(fill[name] ?? ''));
}

/** The first language that the reader prefers and the page speaks. */
export function preferredLanguage(stored: string | null, wanted: readonly string[]): Lang {
  if (stored === 'en' || stored === 'zh-CN') return stored;
  const known = wanted.find((tag) => /^(en|zh)\b/i.test(tag));
  return known !== undefined && /^zh/i.test(known) ? 'zh-CN' : 'en';
}

export function otherLanguage(lang: Lang): Lang {
  return lang === 'en' ? 'zh-CN' : 'en';
}

/** A wallet, period of the day or unit by its usual name; one that is not known, as it is written. */
export function termOf(lang: Lang, id: string): string {
  const own = TERMS[id]?.[lang === 'en' ? 0 : 1];
  if (own !== undefined) return own;
  const code = `word-${id}`;
  const known = wordsFor(code) !== undefined ? say(lang, code) : id;
  return known.slice(0, 1).toUpperCase() + known.slice(1);
}

const TERMS: Readonly<Record<string, readonly [string, string]>> = {
  hvac: ['Air conditioning', '空调'],
  ac: ['Air conditioning', '空调'],
  heat: ['Heat', '供热'],
  'property-fee': ['Property fee', '物业费'],
  parking: ['Parking', '停车'],
  kWh: ['kWh', 'kWh'],
  m3: ['m³', 'm³'],
};
