import { type Catalogue, type Code, en } from './en.ts';
import { type Lang, localTime, showMoney, showNumber, yearOf } from './format.ts';
import { namesIn, type Part, parseTemplate } from './template.ts';
import { zhCn } from './zh-cn.ts';

export type Params = Readonly<Record<string, string | number>>;

export const catalogues: Readonly<Record<Lang, Catalogue>> = { en, 'zh-CN': zhCn };

/**
 * The sentence of a code. `params` hold raw values (decimal texts, UTC times, ids); the template says
 * how each is shown, times on the wall of `zone`. A code without words is named, never thrown: what
 * a newer ledger found must still be shown.
 */
export function say(lang: Lang, code: string, params: Params = {}, zone?: string): string {
  const known = wordsFor(code);
  if (known === undefined) return say(lang, 'unknown-code', { code });
  return fill(catalogues[lang][known], lang, params, zone);
}

/** The template with its places filled. */
export function fill(template: string, lang: Lang, params: Params, zone?: string): string {
  return renderAll(parseTemplate(template), { lang, params, zone });
}

/** What a finding does not say itself, and its sentence wants. */
export interface About {
  readonly zone?: string | undefined;
  readonly currency?: string | undefined;
  /** When this verifier last saw the log, for the sentence about a forked one. */
  readonly seenAt?: string | undefined;
}

/** The sentence of a verdict's finding: what page and command line show alike. */
export function sayFinding(
  lang: Lang,
  finding: { readonly code: string; readonly params: Params },
  { zone, currency, seenAt }: About,
): string {
  const { code, params } = finding;
  return say(
    lang,
    code,
    {
      ...(currency === undefined ? {} : { currency }),
      ...(seenAt === undefined || code !== 'history-forked' ? {} : { at: seenAt }),
      ...params,
    },
    zone,
  );
}

/** The code's own entry or, for one way among many of being unreadable, its family's: `json-*`. */
export function wordsFor(code: string): Code | undefined {
  const family = `${code.split('-')[0]}-*`;
  if (isCode(code)) return code;
  if (isCode(family)) return family;
  if (family === 'note-*') return 'checkpoint-*';
  return MISWRITTEN.has(code) ? 'bad-*' : undefined;
}

/** Refusals of parts that only a faulty or hostile program writes, beside those named `bad-…`. */
const MISWRITTEN: ReadonlySet<string> = new Set([
  'entry-too-long',
  'event-day-twice',
  'event-day-unplanned',
  'interval-crosses-window',
  'interval-too-long',
  'lone-surrogate',
  'tariff-not-in-force',
  'tariff-not-metered',
  'tariff-version-exists',
  'tariff-version-order',
  'term-negative',
  'terms-version',
  'time-out-of-range',
  'too-many-decimals',
  'unknown-zone',
  'verifier-key-id',
]);

function isCode(code: string): code is Code {
  return Object.hasOwn(en, code);
}

interface Context {
  readonly lang: Lang;
  readonly params: Params;
  readonly zone: string | undefined;
}

type Kind = (value: string, context: Context) => string;

/** How a value is shown, by the word after the colon in a template. */
const KINDS: Readonly<Record<string, Kind>> = {
  count: (value) => showNumber(value),
  number: (value) => showNumber(value),
  money: (value) => showMoney(value),
  unit: (value, { lang }) => entry(lang, `name-${value}`) ?? value,
  word: (value, { lang }) => entry(lang, `word-${value}`) ?? value,
  step: (value, { lang }) => entry(lang, `layer-${value}-name`) ?? value,
  date: (value, context) => timeOf(value, context)?.date ?? value,
  time: (value, context) => {
    const time = timeOf(value, context);
    return time === undefined ? value : `${time.date} ${time.clock}`;
  },
  excess: (value, { lang, params }) => {
    const amount = value.replace(/^-/, '');
    const code = /[1-9]/.test(amount) ? (amount === value ? 'over' : 'under') : 'none';
    return say(lang, `excess-${code}`, { ...params, amount });
  },
};

function renderAll(parts: readonly Part[], context: Context): string {
  return parts.map((part) => render(part, context)).join('');
}

function render(part: Part, context: Context): string {
  if (part.is === 'text') return part.text;
  if (part.is === 'optional') {
    const complete = namesIn(part.parts).every((name) => Object.hasOwn(context.params, name));
    return complete ? renderAll(part.parts, context) : '';
  }
  const value = paramOf(context.params, part.name);
  if (part.is === 'choice') return value === '1' ? part.one : part.many;
  if (part.other !== undefined) return span(value, paramOf(context.params, part.other), context);
  return KINDS[part.kind]?.(value, context) ?? value;
}

/** `4812-4815`, `13 Aug 02:00-02:45`, `13 Aug 23:00 - 14 Aug 01:00`; a single value stands alone. */
function span(from: string, to: string, context: Context): string {
  const [start, end] = [timeOf(from, context), timeOf(to, context)];
  if (start === undefined || end === undefined) return from === to ? from : `${from}-${to}`;
  const first = `${start.date} ${start.clock}`;
  if (from === to) return first;
  return start.date === end.date ? `${first}-${end.clock}` : `${first} - ${end.date} ${end.clock}`;
}

function timeOf(value: string, { lang, params, zone }: Context) {
  // "3 Aug" is enough as long as all dates of a sentence lie in one year.
  const years = new Set(Object.values(params).map((param) => yearOf(String(param))));
  years.delete(undefined);
  return localTime(value, lang, zone, years.size > 1);
}

function paramOf(params: Params, name: string): string {
  const value = Object.hasOwn(params, name) ? params[name] : undefined;
  return value === undefined ? '?' : String(value);
}

function entry(lang: Lang, code: string): string | undefined {
  return isCode(code) ? catalogues[lang][code] : undefined;
}
