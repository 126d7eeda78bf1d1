import { createWriteStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createDeflateRaw, createGzip, deflateSync } from 'node:zlib';
import type { BankColumns } from '../../payments/settlement/bank-csv.ts';
import type { ExpectedSettlement } from '../../payments/settlement/read-settlement.ts';
import { gbk } from '../payments/settlement/gbk-writer.ts';
import { type PackedInput, writePackedZip } from '../payments/settlement/zip-writer.ts';
import {
  alipayDetail,
  alipaySummary,
  bankLines,
  camtLines,
  MERCHANT,
  stripeLines,
  stripeReportLines,
  UNIONPAY_MERCHANT,
  unionPayLines,
  wechatLines,
} from './settlement-lines.ts';

/** Writes a file of so many rows, as its provider would, and says what it should be read as. */
type Make = (path: string, rows: number) => Promise<ExpectedSettlement>;

export const SETTLEMENT_FILES: Readonly<Record<string, Make>> = {
  alipay: async (path, rows) => {
    const name = `${MERCHANT}0156_20260901_业务明细`;
    const files = [
      await packed(gbk(`${name}.csv`), alipayDetail(rows)),
      await packed(gbk(`${name}(汇总).csv`), alipaySummary(rows)),
    ];
    await write(path, [writePackedZip(files)]);
    return { format: 'alipay-bill', merchant: MERCHANT, day: '2026-09-01' };
  },
  wechat: async (path, rows) => {
    await writeWechat(path, wechatLines(rows));
    return { format: 'wechat-trade-bill', merchant: MERCHANT };
  },
  unionpay: async (path, rows) => {
    const name = Buffer.from(`INN26090188ZM_${UNIONPAY_MERCHANT}`);
    const zip = writePackedZip([await packed(name, unionPayLines(rows))]);
    await write(path, [Buffer.from(deflateSync(zip, { level: 1 }).toString('base64'))]);
    return { format: 'unionpay-zm', merchant: UNIONPAY_MERCHANT, day: '2026-09-01' };
  },
  'stripe-pages': async (path, rows) => {
    await write(path, inChunks(stripeLines(rows)));
    return { format: 'stripe-transactions' };
  },
  'stripe-report': async (path, rows) => {
    await write(path, inChunks(stripeReportLines(rows)));
    return { format: 'stripe-report', size: statSync(path).size };
  },
  'bank-csv': async (path, rows) => {
    await write(path, inChunks(bankLines(rows)));
    const columns: BankColumns = {
      encoding: 'gbk',
      separator: ',',
      currency: 'CNY',
      date: '交易日期',
      dateForm: 'YYYYMMDD',
      amounts: { signed: '金额' },
      decimal: '.',
      reference: '流水号',
      text: '摘要',
      counterParty: '对方户名',
      balance: { column: '余额', order: 'oldest-first' },
    };
    return { format: 'bank-csv', columns, size: statSync(path).size };
  },
  'bank-camt': async (path, rows) => {
    await write(path, inChunks(camtLines(rows)));
    return { format: 'bank-camt053' };
  },
};

async function write(path: string, parts: Iterable<Buffer>): Promise<void> {
  await pipeline(Readable.from(parts), createWriteStream(path));
}

/** A stream takes few large pieces much faster than many small ones. */
function* inChunks(lines: Iterable<Buffer>): Generator<Buffer> {
  let held: Buffer[] = [];
  for (const line of lines) {
    held.push(line);
    if (held.length < 512) continue;
    yield Buffer.concat(held);
    held = [];
  }
  yield Buffer.concat(held);
}

async function packed(name: Buffer, lines: Iterable<Buffer>): Promise<PackedInput> {
  const deflate = createDeflateRaw({ level: 1 });
  const parts: Buffer[] = [];
  let crc = 0;
  let size = 0;
  const counted = function* () {
    for (const chunk of inChunks(lines)) {
      crc = crc32(chunk, crc);
      size += chunk.length;
      yield chunk;
    }
  };
  await pipeline(Readable.from(counted()), deflate, async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) parts.push(chunk);
  });
  return { name, packed: Buffer.concat(parts), crc, size };
}

export async function writeWechat(path: string, lines: Iterable<Buffer>): Promise<void> {
  const chunks = Readable.from(inChunks(lines));
  await pipeline(chunks, createGzip({ level: 1 }), createWriteStream(path));
}
