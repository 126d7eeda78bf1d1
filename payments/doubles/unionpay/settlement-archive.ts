import { deflateSync } from 'node:zlib';
import { assert } from '../../../ledger/core/assert.ts';
import { chinaDigits } from '../../china-time.ts';
import type { DayRows } from '../day-rows.ts';
import type { HeldPayment, HeldRefund } from '../double.ts';
import { gbkBytes } from '../gbk.ts';
import { zipOf } from '../zip-writer.ts';

/** Widths in bytes of the 42 fields of a row of the file of transactions (ZM). */
const WIDTHS = [
  ...[3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1],
  ...[21, 15, 1, 15, 32, 13, 13, 8, 32, 13, 13, 12, 2, 1, 32, 98],
];

/** `fileContent`: base64 of a zlib-deflated ZIP with the transactions (ZM) and the disputes (ZME). */
export function settlementContent(merchant: string, day: string, rows: DayRows): string {
  const lines = [
    ...rows.payments.map((held) => ({ atMs: held.paidMs, row: paymentRow(merchant, held) })),
    ...rows.refunds.map((held) => ({ atMs: held.askedMs, row: refundRow(merchant, held) })),
  ];
  const sorted = lines.sort((one, other) => one.atMs - other.atMs).map(({ row }) => fixed(row));
  const date = day.slice(2).replaceAll('-', '');
  const name = (kind: string) => gbkBytes(`INN${date}88${kind}_${merchant}`);
  const archive = zipOf([
    { name: name('ZM'), content: Buffer.concat(sorted) },
    // Nobody disputes anything here, and the real file is empty then as well.
    { name: name('ZME'), content: new Uint8Array() },
  ]);
  return deflateSync(archive).toString('base64');
}

type Row = Readonly<Record<number, string>>;

function paymentRow(merchant: string, held: HeldPayment): Row {
  const { minor } = held.amount;
  const fee = held.feeTenThousandths / 10_000n;
  return {
    ...sharedFields(merchant, held.id, held.paidMs, minor),
    // S22 is a payment; the merchant is debited the fee and credited the rest.
    ...{ 1: 'S22', 12: held.order, 16: side('D', fee), 17: side('C', minor - fee), 20: '01' },
    33: side('C', minor - fee),
  };
}

function refundRow(merchant: string, held: HeldRefund): Row {
  const { minor } = held.amount;
  const fee = held.feeTenThousandths / 10_000n;
  return {
    ...sharedFields(merchant, held.id, held.askedMs, minor),
    // S30 is a refund, the other way round.
    ...{ 1: 'S30', 12: held.refund, 16: side('C', fee), 17: side('D', minor - fee), 20: '04' },
    ...{ 27: held.payment, 33: side('D', minor - fee), 41: held.order },
  };
}

function sharedFields(merchant: string, id: string, atMs: number, minor: bigint): Row {
  return {
    ...{ 2: '48270000', 3: '00010000', 4: id.slice(-6), 5: chinaDigits(atMs).slice(4) },
    ...{ 6: '6216261000000000018', 7: String(minor).padStart(12, '0'), 8: '4900', 9: '07' },
    ...{ 10: id, 11: '00', 13: '01', 14: '000000', 15: '0000000000', 18: '0001' },
    ...{ 21: '01', 22: '000201', 23: '01', 26: '0', 28: merchant, 31: '演示商户' },
    40: '0',
  };
}

/** C is in the merchant's favour, D is not; fen. */
function side(letter: 'C' | 'D', fen: bigint): string {
  return `${letter}${String(fen).padStart(12, '0')}`;
}

/** Padded by spaces to their widths in bytes, a space between, CRLF at the end. */
function fixed(row: Row): Uint8Array {
  const fields = WIDTHS.map((width, at) => {
    const bytes = gbkBytes(row[at + 1] ?? '');
    assert(bytes.length <= width, `field ${at + 1} has ${bytes.length} of ${width} bytes`);
    return Buffer.concat([bytes, Buffer.alloc(width - bytes.length, 0x20)]);
  });
  const spaced = fields.flatMap((field, at) => (at === 0 ? [field] : [Buffer.from(' '), field]));
  return Buffer.concat([...spaced, Buffer.from('\r\n')]);
}
