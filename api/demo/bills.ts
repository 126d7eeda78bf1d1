import * as z from 'zod';
import { parseMicros } from '../../ledger/core/decimal.ts';
import { exactAmount } from '../../ledger/core/rating.ts';
import type { Verdict } from '../../ledger/core/verdict.ts';
import { verifyBundle } from '../../ledger/core/verdict.ts';
import { showMoney, showNumber } from '../../ledger/core/words/format.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import type { Terminal } from '../cli/terminal.ts';
import { verdictLine } from '../cli/verdict-text.ts';
import type { FrontDesk, IssuedStatement } from './front-desk.ts';

const decimal = z.string();
const TOLD = z.object({
  period: z.string(),
  currency: z.string(),
  total: decimal,
  statement: z.object({
    lines: z.array(
      z.object({ period: z.string(), tier: z.string(), qty: decimal, price: decimal }).loose(),
    ),
    meters: z.array(z.object({ quantity: decimal, unit: z.string() }).loose()),
    fees: z.array(z.object({ fee: z.string(), amount: decimal }).loose()),
  }),
});

/** Judges a bill as anybody can: by its bundle and the pinned key of its log alone. */
export async function judge(
  desk: FrontDesk,
  { id }: IssuedStatement,
  trust: string,
): Promise<Verdict> {
  const bundle = await desk.text(`/v1/statements/${id}/bundle`);
  return verifyBundle(bundle, { trust, primitives: nativePrimitives() });
}

/** Checks every bill and tells each verdict in a line; true where all of them are verified. */
export async function judgeAll(
  desk: FrontDesk,
  trust: string,
  terminal: Terminal,
): Promise<boolean> {
  const issued = await desk.statements();
  let verified = 0;
  for (const statement of issued) {
    const verdict = await judge(desk, statement, trust);
    if (verdict.overall === 'verified') verified += 1;
    terminal.out(verdictLine(verdict, statement.id, { lang: 'en', terminal, seenAt: undefined }));
  }
  terminal.out(`${verified} of ${issued.length} bills verified`);
  return issued.length > 0 && verified === issued.length;
}

/** What a bill says in figures: quantities and exact costs by period, fees, total. */
export async function billFigures(desk: FrontDesk, { id }: IssuedStatement): Promise<string[]> {
  const told = TOLD.parse(await desk.get(`/v1/statements/${id}`));
  const { period, currency, statement } = told;
  const micros = statement.lines.map(({ qty, price }) => {
    return { qty: parseMicros(qty), price: parseMicros(price) };
  });
  const lines = statement.lines.map((line) => {
    return `  ${line.period.padEnd(14)} ${showNumber(line.qty, 3)} x ${showNumber(line.price)}`;
  });
  const used = statement.meters.map(({ quantity, unit }) => `${showNumber(quantity, 3)} ${unit}`);
  const exact = showMoney(exactAmount(micros));
  return [
    `${period}  ${used.join(', ')} = ${exact} ${currency} exactly`,
    ...lines,
    ...statement.fees.map(({ fee, amount }) => `  ${fee.padEnd(14)} ${showMoney(amount)}`),
    `  ${'billed'.padEnd(14)} ${showMoney(told.total)} ${currency}`,
  ];
}
