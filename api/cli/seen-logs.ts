import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Refusal } from '../../ledger/core/refusal.ts';
import {
  HASH,
  integer,
  list,
  object,
  oneOf,
  type Read,
  TIME,
  text,
} from '../../ledger/core/shape.ts';
import type { Verdict } from '../../ledger/core/verdict.ts';
import type { Environment } from './command.ts';

const word = text(/^[\x21-\x7e]{1,512}$/);
const readMemory = object({
  format: oneOf('billproof-seen/1'),
  logs: list(
    object({ origin: word, vkey: word, size: integer(), root: text(HASH), at: text(TIME) }),
  ),
});

/** A log as this machine saw it last, and when. */
export type SeenLog = Read<typeof readMemory>['logs'][number];

/** Where checkpoints are remembered unless told otherwise (XDG base directories). */
export function memoryFile(env: Environment): string {
  const base = env.XDG_STATE_HOME || env.LOCALAPPDATA || join(homedir(), '.local', 'state');
  return join(base, 'billproof', 'seen.json');
}

/**
 * The logs that the file remembers; none when there is no file yet. A file that cannot be understood
 * is refused (`memory-unreadable`), not forgotten: it is what a forked log is caught by.
 */
export function recall(file: string): readonly SeenLog[] {
  let found: string;
  try {
    found = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw unreadable(file);
  }
  try {
    return readMemory(JSON.parse(found), '').logs;
  } catch {
    throw unreadable(file);
  }
}

/**
 * What to remember after a verdict, or undefined for no change. A remembered tree is replaced only by
 * one that was proven to continue it: otherwise a forked log would wipe out the evidence against it.
 */
export function toRemember(
  verdict: Verdict,
  before: SeenLog | undefined,
  at: string,
): SeenLog | undefined {
  const { checkpoint, layers } = verdict;
  if (checkpoint === undefined) return undefined;
  if (before === undefined) return { ...checkpoint, at };
  const history = layers.find(({ n }) => n === 10);
  if (history?.status !== 'verified' || checkpoint.size < before.size) return undefined;
  return { ...checkpoint, at };
}

/** Writes one log's entry; the file is replaced as a whole or not at all. */
export function remember(file: string, seen: SeenLog): void {
  const others = recall(file).filter(({ origin }) => origin !== seen.origin);
  const logs = [...others, seen].sort((a, b) => (a.origin < b.origin ? -1 : 1));
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}.new`;
  const memory = `${JSON.stringify({ format: 'billproof-seen/1', logs }, null, 2)}\n`;
  writeFileSync(draft, memory, { mode: 0o600, flush: true });
  renameSync(draft, file);
}

function unreadable(file: string): Refusal {
  return new Refusal(
    'memory-unreadable',
    `What earlier checks saw cannot be read from ${file}. Restore it, move it away, or --no-state.`,
    { file },
  );
}
