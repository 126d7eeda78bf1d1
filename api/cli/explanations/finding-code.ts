import { type Code, en } from '../../../ledger/core/words/en.ts';

/** Entries of the catalogue that are part of other sentences, or states of a whole check. */
const PARTS = ['state-', 'layer-', 'word-', 'name-', 'excess-', 'unknown-code'] as const;

/** A code that a verdict gives as evidence or as a reason. */
export type FindingCode = Exclude<Code, `${(typeof PARTS)[number]}${string}`>;

export function isFindingCode(code: string): code is FindingCode {
  return Object.hasOwn(en, code) && !PARTS.some((part) => code.startsWith(part));
}
