import type { Lang } from '../../ledger/core/words/format.ts';

/** Where a command's words go: the verdict to `out`, everything about the way to it to `note`. */
export interface Terminal {
  readonly lang: Lang;
  /** A line on standard output. */
  out(line: string): void;
  /** A line on standard error. */
  note(line: string): void;
  /** Overwrites the progress line, on a screen only; an empty text removes it. */
  progress(text: string): void;
  good(text: string): string;
  bad(text: string): string;
  dim(text: string): string;
}

/** The part of the environment that decides how things look. */
export interface Looks {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly outIsScreen: boolean;
  readonly noteIsScreen: boolean;
}

export function openTerminal(
  out: { write(text: string): unknown },
  note: { write(text: string): unknown },
  { env, outIsScreen, noteIsScreen }: Looks,
): Terminal {
  // no-color.org: any value but the empty one switches colour off.
  const coloured = outIsScreen && !env.NO_COLOR && env.TERM !== 'dumb';
  const paint = (code: number) => (text: string) =>
    coloured ? `\u001b[${code}m${text}\u001b[0m` : text;
  return {
    lang: langOfLocale(env.LC_ALL || env.LC_MESSAGES || env.LANG || ''),
    out: (line) => void out.write(`${line}\n`),
    note: (line) => void note.write(`${line}\n`),
    progress(text) {
      if (noteIsScreen) note.write(`\r\u001b[K${text}`);
    },
    good: paint(32),
    bad: paint(31),
    dim: paint(2),
  };
}

/** The language of a POSIX locale such as `zh_CN.UTF-8`; English where we do not speak it. */
export function langOfLocale(locale: string): Lang {
  return /^zh\b|^zh_/i.test(locale) ? 'zh-CN' : 'en';
}

/** Columns that a text takes: a Chinese character or full-width sign takes two. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text)
    width += /[\u2e80-\u9fff\uac00-\ud7a3\uf900-\uffe6]/.test(character) ? 2 : 1;
  return width;
}

export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** Text of others, fit for a screen: control characters could rewrite what was said before. */
export function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd');
}
