import { Refusal } from '../core/refusal.ts';

/** Refuses (`schema-newer`) what a later program has made: this one would misread it. */
export function refuseNewerSchema(found: number, expected: number): void {
  if (found <= expected) return;
  const advice = 'The data is of a newer Billproof; start that one.';
  throw new Refusal('schema-newer', advice, { found, expected });
}
