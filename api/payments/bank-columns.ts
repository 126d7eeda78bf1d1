import { z } from 'zod';
import type { BankColumns } from '../../payments/settlement/bank-csv.ts';
import { DATE_FORMS } from '../../payments/settlement/time-text.ts';
import { parseJson } from '../json-body.ts';
import type { Parse } from '../route.ts';

const name = z.string().min(1).max(64);
const zone = z.string().regex(/^[A-Za-z_]+(\/[A-Za-z0-9_+-]+){1,2}$/);

/** What each member means stands with `BankColumns`. */
const COLUMNS = z.strictObject({
  encoding: z.enum(['utf-8', 'gbk']),
  separator: z.enum([',', ';', 'tab']),
  currency: z.string().regex(/^[A-Z]{3}$/),
  date: name,
  dateForm: z.enum(DATE_FORMS),
  zone: zone.exactOptional(),
  amounts: z.union([
    z.strictObject({ signed: name }),
    z.strictObject({ credit: name, debit: name }),
  ]),
  decimal: z.enum(['.', ',']),
  thousands: z.enum([',', '.', ' ', "'"]).exactOptional(),
  reference: name.exactOptional(),
  text: name.exactOptional(),
  counterParty: name.exactOptional(),
  balance: z
    .strictObject({ column: name, order: z.enum(['oldest-first', 'newest-first']) })
    .exactOptional(),
  linesBefore: z.int().min(0).max(100).exactOptional(),
});

/** A bank's columns as JSON text in the query. Refuses `json-syntax`, `bad-request`. */
export function bankColumnsOf(text: string, parse: Parse): BankColumns {
  const given = { columns: parseJson(text) };
  return parse(z.strictObject({ columns: COLUMNS }), given, 'query').columns;
}
