import type { Lang } from '../../ledger/core/words/format.ts';
import { LOG_WORDS, type LogWord } from './words.ts';

/** The page's text in the language, its placeholders filled. */
export function word(
  lang: Lang,
  key: LogWord,
  fill: Readonly<Record<string, string | number>> = {},
): string {
  return LOG_WORDS[lang][key].replace(/\{(\w+)\}/g, (_, name: string) => String(fill[name] ?? ''));
}

/** Why something fails, in words and by the code that people can name to whoever helps them. */
export function troubleName(lang: Lang, code: string): string {
  const key = `code-${code}`;
  const words = word(lang, isWord(key) ? key : 'code-other');
  return word(lang, 'coded', { words, code });
}

export function countName(lang: Lang, count: number): string {
  return new Intl.NumberFormat(lang).format(count);
}

/** A span of time in the largest unit of which there are two, a second at least: `2 seconds`, `5 分钟`. */
export function spanName(lang: Lang, ms: number): string {
  const [unit, size] = UNITS.find(([, size]) => ms >= 2 * size) ?? SECOND;
  const unitDisplay = lang === 'en' ? 'long' : 'short';
  const format = new Intl.NumberFormat(lang, { style: 'unit', unit, unitDisplay });
  return spaced(format.format(Math.max(1, Math.floor(ms / size))));
}

/** An instant on the clock of the site, whatever zone the device is in. */
export function timeName(lang: Lang, at: string, zone: string): string {
  const style = { dateStyle: 'medium', timeStyle: 'medium' } as const;
  const locale = lang === 'en' ? 'en-GB' : lang;
  try {
    return spaced(
      new Intl.DateTimeFormat(locale, { ...style, timeZone: zone }).format(new Date(at)),
    );
  } catch {
    // A zone that this browser does not know, or a text that is no time.
    return at;
  }
}

const SECOND = ['second', 1_000] as const;
const UNITS = [['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000], SECOND] as const;

/** A space between figures and Chinese, as everywhere on our pages. */
function spaced(text: string): string {
  return text.replace(/(\d)([\u4e00-\u9fff])/g, '$1 $2').replace(/([\u4e00-\u9fff])(\d)/g, '$1 $2');
}

function isWord(key: string): key is LogWord {
  return key in LOG_WORDS.en;
}
