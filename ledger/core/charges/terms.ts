import { parseMicros } from '../decimal.ts';
import { Refusal } from '../refusal.ts';
import { ID, MICROS, map, object, oneOf, type Read, text } from '../shape.ts';

export const termsShape = object(
  { quantities: map(ID, text(MICROS)) },
  { basis: oneOf('contract', 'measured', 'capacity') },
);

/**
 * What was agreed with one account and a tariff can ask for by name: `quantities` in the units that the
 * tariff says (area in m2, contract in kW, capacity in kVA, quota, parking places, persons), and on
 * which `basis` its power is charged. It is logged before it applies, like a tariff.
 */
export type AccountTerms = Read<typeof termsShape>;

export const NO_TERMS: AccountTerms = { quantities: {} };

/** Refuses `bad-shape`. */
export function parseTerms(value: unknown, pointer = ''): AccountTerms {
  return termsShape(value, pointer);
}

/** The quantity of that name in micros. Refuses `term-missing`, and `term-negative` below zero. */
export function termOf(terms: AccountTerms, term: string): bigint {
  const found = Object.hasOwn(terms.quantities, term) ? terms.quantities[term] : undefined;
  if (found === undefined) {
    const message = `The terms of the account do not give "${term}". Add it before it applies.`;
    throw new Refusal('term-missing', message, { term });
  }
  const micros = parseMicros(found);
  if (micros >= 0n) return micros;
  throw new Refusal('term-negative', `The term "${term}" is ${found}. Give zero or more.`, {
    term,
    found,
  });
}
