import { Refusal } from '../refusal.ts';
import { ID, integer, list, object, PERIOD, type Read, text } from '../shape.ts';
import type { Zone } from '../zone.ts';
import { type AccountTerms, NO_TERMS, termsShape } from './terms.ts';

/**
 * `data` of `terms.set`: what is agreed with an account from a local month on, and which tariffs it is on
 * besides those of its meters. `version` counts the terms of the account from 1.
 */
export const termsSet = object(
  { version: integer(1), from: text(PERIOD), terms: termsShape },
  { tariffs: list(text(ID), 32) },
);
export type TermsSet = Read<typeof termsSet>;

/** Terms with the time at which they were logged. */
export interface LoggedTerms extends TermsSet {
  readonly atMs: number;
}

/** The terms of one account as its chain has them up to some event. */
export class TermsCourse {
  readonly all: LoggedTerms[] = [];

  /**
   * Takes the next terms in. They are logged before their month begins, and only the first ones of an
   * account may be for the month under way: they count for what comes after them in the chain. Refuses
   * `terms-late`, and `terms-version` where the number is not the next one.
   */
  add(set: TermsSet, atMs: number, zone: Zone): void {
    const { version, from } = set;
    const next = this.all.length + 1;
    if (version !== next) {
      const message = `The next terms of this account are number ${next}, not ${version}.`;
      throw new Refusal('terms-version', message, { found: version, expected: next });
    }
    const [year = 0, month = 0] = from.split('-').map(Number);
    const isInTime = atMs <= zone.startOfMonth(year, month);
    if (!isInTime && !(next === 1 && zone.monthOf(atMs) === from)) {
      const message = `Terms from ${from} on are logged before that month begins.`;
      throw new Refusal('terms-late', message, { from });
    }
    this.all.push({ ...set, atMs });
  }

  /** Those of a month: of the latest `from` that is not after it, the last ones. */
  in(month: string): LoggedTerms | undefined {
    let found: LoggedTerms | undefined;
    for (const set of this.all) {
      if (set.from <= month && (found === undefined || set.from >= found.from)) found = set;
    }
    return found;
  }

  readonly of = (month: string): AccountTerms => this.in(month)?.terms ?? NO_TERMS;
}
