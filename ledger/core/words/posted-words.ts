import type { StatementPosted } from '../event-data.ts';
import { type Lang, showNumber } from './format.ts';
import { say, wordsFor } from './render.ts';

/**
 * What a charge of format 2 is, and the formula with its numbers in the place of their names, as page and
 * command line show it. `line` is what the charge's event says: it may be anything.
 */
export function sayPosted(
  lang: Lang,
  { charge, name }: Pick<StatementPosted, 'charge' | 'name'>,
  line: unknown,
): { readonly title: string; readonly formula: string } {
  const told: Readonly<Record<string, unknown>> = Object(line);
  const parts = [charge, name, told['kind'], told['key']].filter(
    (part, i, all) => typeof part === 'string' && all.indexOf(part) === i,
  );
  const title = parts.map((part) => wordOf(lang, String(part))).join(' · ');
  const days = Array.isArray(told['days']) ? told['days'] : [];
  const blocks = days.reduce((sum: number, day) => sum + Number(Object(day).blocks), 0);
  const values = days.length === 0 ? told : { ...told, blocks };
  const upper = title.slice(0, 1).toUpperCase() + title.slice(1);
  return { title: upper, formula: filled(String(told['formula'] ?? ''), values) };
}

function filled(formula: string, values: Readonly<Record<string, unknown>>): string {
  return formula.replace(/[a-z]+/gi, (name) => {
    const value = name === 'x' ? '×' : values[name];
    return typeof value === 'object' || value === undefined ? name : showNumber(String(value));
  });
}

function wordOf(lang: Lang, id: string): string {
  return wordsFor(`word-${id}`) === undefined ? id : say(lang, `word-${id}`);
}
