import type { Seen } from '../../ledger/core/verdict.ts';

/** A log as this device saw it, and when (RFC 3339 UTC). */
export interface Remembered extends Seen {
  readonly date: string;
}

const SEEN = 'billproof.seen';
const TRUST = 'billproof.trust';
const LANGUAGE = 'billproof.language';

/**
 * What the page keeps between visits, in this browser only: the last checkpoint of each log, trust
 * files, and the language. A browser may refuse storage (private windows, files); then nothing is kept.
 */
export function recall(): Remembered[] {
  return keptList(SEEN).filter(isRemembered);
}

/** Keeps the checkpoint unless a larger one of the same log is kept already. */
export function remember(seen: Seen, date: string): void {
  const others = recall().filter(({ origin }) => origin !== seen.origin);
  const known = recall().find(({ origin }) => origin === seen.origin);
  if (known !== undefined && known.size >= seen.size && known.vkey === seen.vkey) return;
  keep(SEEN, JSON.stringify([...others, { ...seen, date }]));
}

export function forget(origin: string): void {
  keep(SEEN, JSON.stringify(recall().filter((seen) => seen.origin !== origin)));
}

/** The trust files that this device was given. */
export function recallTrust(): string[] {
  return keptList(TRUST).filter((text) => typeof text === 'string');
}

export function rememberTrust(texts: readonly string[]): void {
  keep(TRUST, JSON.stringify(texts));
}

export function recallLanguage(): string | null {
  try {
    return localStorage.getItem(LANGUAGE);
  } catch {
    return null;
  }
}

export function rememberLanguage(lang: string): void {
  keep(LANGUAGE, lang);
}

function keptList(key: string): unknown[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is a convenience: without it every check is a first one, and says so.
  }
}

function isRemembered(value: unknown): value is Remembered {
  if (typeof value !== 'object' || value === null) return false;
  const { origin, vkey, size, root, date } = value as Record<string, unknown>;
  const texts = [origin, vkey, root, date].every((text) => typeof text === 'string');
  return texts && Number.isSafeInteger(size);
}
