import { expect, test } from 'vitest';
import { parseMicros } from '../../ledger/core/decimal.ts';
import { readPdf } from '../../test/support/read-pdf.ts';
import { invoiceRequest } from '../e-invoice/invoice-request.ts';
import { PdfFonts } from './pdf-fonts.ts';
import { statementPdf } from './statement-pdf.ts';

const HASH = 'ab'.repeat(32);
const tariff = { id: 'power', version: 2, hash: HASH };
const ref = { seq: 1, at: '2026-08-31T16:00:00.000Z', value: '100.5', hash: HASH };
const wallet = 'electricity';
/** A bill with everything that a bill can have, and more lines than a page holds. */
const LINES = 90;
const STATEMENT = {
  ...{ period: '2026-09', from: '2026-08-31T16:00:00.000Z', to: '2026-09-30T16:00:00.000Z' },
  ...{ zone: 'Asia/Shanghai', currency: 'CNY', first: 0, usage: 2_880 },
  wallets: [
    {
      ...{ wallet, opening: '10.000000', credits: '1000.000000', charges: '103.000000' },
      ...{ closing: '902.000000', moved: '-5.000000' },
    },
  ],
  meters: [
    {
      ...{ meter: 'm-1', serial: '2026', register: '1-0:1.8.0', unit: 'kWh', wallet, ct: '40' },
      ...{ pt: '10', from: ref, to: { ...ref, value: '190.5' }, quantity: '36000.000000' },
      ...{ window: '2026-09', used: '36000.000000' },
    },
  ],
  lines: Array.from({ length: LINES }, (_, i) => ({
    ...{ wallet, meter: 'm-1', tariff, period: 'peak', tier: `t${i}` },
    ...{ qty: '1.000000', price: '1.000000', amount: '1.000000' },
  })),
  fees: [{ fee: 'service', tariff, days: 30, of: 30, amount: '3.000000', wallet }],
  posted: [
    { n: 7, charge: 'minimum', name: 'minimum', tariff, amount: '8.000000', wallet },
    { n: 8, charge: 'tax', name: 'vat', tariff, amount: '2.000000', wallet },
  ],
  moves: [{ n: 5, type: 'refund.paid', reason: 'asked', wallet, amount: '-5.000000' }],
  ...{ opening: '10.000000', credits: '1000.000000', charges: '103.000000', moved: '-5.000000' },
  ...{ closing: '902.000000', total: '103.000000' },
};
const view = {
  ...{ id: 's-1', account: 'a-1', period: '2026-09', n: 9, leaf: 9, commitment: HASH },
  ...{ total: '103.000000', currency: 'CNY', statement: STATEMENT },
};

test('a long bill goes on under repeated heads, with all that it can have', async () => {
  const bytes = await statementPdf(PdfFonts.open(undefined), {
    ...{ statement: view, origin: 'ledger.example/log/tower', tenant: undefined, share: undefined },
    ...{ bundle: '{}', pageHash: HASH, nowMs: Date.UTC(2026, 9, 2) },
  });
  const { pages, texts, empty } = readPdf(bytes);
  expect([pages, empty]).toEqual([3, []]);
  expect(texts.filter((text) => text.startsWith('时段/阶梯'))).toHaveLength(pages);
  expect(texts.filter((text) => /^峰 Peak \/ t\d+$/.test(text))).toHaveLength(LINES);
  for (const part of [
    ...['400', 'service', '30/30', '最低消费 Minimum', '税 Tax: vat', '退款 Refund', '-5.00'],
    ...[`核验页 SHA-256 of the page: ${HASH}`, 'ledger.example/log/tower · a-1 · 2026-09 · 3/3'],
  ]) {
    expect(texts).toContain(part);
  }
});

test('an invoice asks for every charge of a bill, and its lines are the total', () => {
  const { lines, total } = invoiceRequest(view, { title: 'x' });
  expect(lines).toHaveLength(LINES + 3);
  const sum = lines.reduce((all, { amount }) => all + parseMicros(amount), 0n);
  expect([sum, total]).toEqual([parseMicros(total), '103.000000']);
});
