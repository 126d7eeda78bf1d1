import { Refusal } from '../../ledger/core/refusal.ts';
import type { Lang } from '../../ledger/core/words/format.ts';
import type { Terminal } from './terminal.ts';

/** Exit codes of every command (docs/cli.md). */
export const DONE = 0;
export const FAILED = 1;
export const UNUSABLE = 2;
export const INTERNAL = 3;
export type ExitCode = 0 | 1 | 2 | 3;

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Invocation {
  /** What follows the command's name. */
  readonly args: readonly string[];
  readonly env: Environment;
  readonly terminal: Terminal;
}

export interface Command {
  /** Opens with three examples. */
  readonly help: string;
  run(invocation: Invocation): Promise<ExitCode>;
}

/** A mistake on the command line; `what` says what was wrong and what to write instead. */
export function usage(what: string): Refusal {
  return new Refusal('usage', what);
}

/** The value of `--lang`, or the terminal's own language. */
export function chosenLang(value: string | undefined, terminal: Terminal): Lang {
  if (value === undefined) return terminal.lang;
  if (value === 'en' || value === 'zh-CN') return value;
  throw usage(`--lang ${value} is not spoken here. Give en or zh-CN.`);
}

/** Exactly one positional argument. */
export function onlyOne(positionals: readonly string[], what: string): string {
  const [first, ...more] = positionals;
  if (first === undefined) throw usage(`Name ${what}.`);
  if (more.length > 0) throw usage(`One ${what.replace(/^an? /, '')} at a time: drop ${more[0]}.`);
  return first;
}

/** Refuses arguments where a command takes options only. */
export function noneOf(positionals: readonly string[]): void {
  if (positionals[0] !== undefined)
    throw usage(`"${positionals[0]}" has no meaning here. Drop it.`);
}
