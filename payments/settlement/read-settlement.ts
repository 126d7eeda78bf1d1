import { createHash } from 'node:crypto';
import { assert } from '../../ledger/core/assert.ts';
import type { SettlementRow, SettlementSource, SettlementTotals } from '../settlement-row.ts';
import { AlipayBill } from './alipay-bill.ts';
import { BankCamt } from './bank-camt.ts';
import { type BankColumns, BankCsv } from './bank-csv.ts';
import type { SettlementParser } from './settlement-parser.ts';
import { hashDiffers, truncated } from './settlement-refusals.ts';
import { StripePages } from './stripe-pages.ts';
import { StripeReport } from './stripe-report.ts';
import { UnionPayFile } from './unionpay-file.ts';
import { fromBase64Text, gunzipped, inflated } from './unpacked-bytes.ts';
import { WeChatBill } from './wechat-bill.ts';
import { type FileInside, zipFiles } from './zip-files.ts';

/** What a file should be: its format, whose it is, and what is known of its bytes. */
export type ExpectedSettlement = ExpectedBytes &
  (
    | { readonly format: 'alipay-bill'; readonly merchant: string; readonly day?: string }
    | {
        readonly format: 'wechat-trade-bill';
        readonly merchant: string;
        /** Of the uncompressed file, as the provider's answer gives it. */
        readonly sha1?: string;
      }
    /** `day` is that of settlement: rows have no year, it comes from here. */
    | { readonly format: 'unionpay-zm'; readonly merchant: string; readonly day: string }
    | { readonly format: 'stripe-transactions'; readonly payout?: string }
    | { readonly format: 'stripe-report'; readonly size: number }
    | { readonly format: 'bank-csv'; readonly columns: BankColumns; readonly size: number }
    | {
        readonly format: 'bank-camt053';
        /** IBAN or other number of the account. */
        readonly account?: string;
        /** Whose midnight a date without a time means; China's without. */
        readonly zone?: string;
      }
  );

/**
 * Of the file as it came. Formats that do not say where they end (`stripe-report`, `bank-csv`) need
 * `size`: else a file that was cut between two rows would pass for a whole one.
 */
interface ExpectedBytes {
  readonly size?: number;
  readonly sha256?: string;
}

/** The first byte of every gzip file (RFC 1952), and of no text. */
const GZIP_START = 0x1f;

export type SettlementFormat = ExpectedSettlement['format'];

const SOURCES: Readonly<Record<SettlementFormat, SettlementSource>> = {
  'alipay-bill': 'alipay',
  'wechat-trade-bill': 'wechat',
  'unionpay-zm': 'unionpay',
  'stripe-transactions': 'stripe',
  'stripe-report': 'stripe',
  'bank-csv': 'bank',
  'bank-camt053': 'bank',
};

/**
 * Reads a settlement file in its exact format. Rows come while the file is read, and nothing of them
 * counts before the last one has come without a refusal: totals, hashes and truncation are known only
 * then. Memory does not grow with the rows; ZIP files are kept packed.
 *
 * Refuses `settlement-unknown-format`, `-truncated`, `-hash-differs`, `-bad-row` (with `row`, `column`,
 * `why`), `-totals-differ`, `-wrong-merchant`, `-wrong-day`, `-too-large`, and `-bad-xml` for camt.053.
 */
export function readSettlement(
  expected: ExpectedSettlement,
  bytes: AsyncIterable<Uint8Array>,
): SettlementReading {
  return new SettlementReading(expected, bytes);
}

/** One reading of one file: iterate it once, then ask for `totals`. */
export class SettlementReading implements AsyncIterable<SettlementRow> {
  readonly source: SettlementSource;
  readonly #expected: ExpectedSettlement;
  readonly #bytes: AsyncIterable<Uint8Array>;
  readonly #parser: SettlementParser;
  #started = false;
  #stated: readonly string[] | undefined;

  constructor(expected: ExpectedSettlement, bytes: AsyncIterable<Uint8Array>) {
    this.source = SOURCES[expected.format];
    this.#expected = expected;
    this.#bytes = bytes;
    this.#parser = parserOf(expected);
  }

  /** What the rows add up to. Only after the last one. */
  get totals(): SettlementTotals {
    const stated = this.#stated;
    assert(stated !== undefined, 'the totals of a settlement file are known after its last row');
    const { rows } = this.#parser.sums;
    return { rows, sums: this.#parser.sums.list(), stated };
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SettlementRow> {
    for await (const rows of this.batches()) yield* rows;
  }

  /** The same rows, some hundreds at a time: half the time for who reads millions. */
  async *batches(): AsyncGenerator<readonly SettlementRow[]> {
    assert(!this.#started, 'a settlement file is read once');
    this.#started = true;
    const parser = this.#parser;
    for await (const { name, content } of filesIn(this.#expected, this.#counted())) {
      if (!parser.begin(name)) continue;
      for await (const chunk of this.#hashed(content)) {
        const rows: SettlementRow[] = [];
        parser.take(chunk, rows);
        if (rows.length > 0) yield rows;
      }
      const last: SettlementRow[] = [];
      parser.endFile(last);
      if (last.length > 0) yield last;
    }
    this.#stated = parser.finish();
  }

  /** The bytes as they came, held against what is known of them. */
  async *#counted(): AsyncGenerator<Uint8Array> {
    const { size, sha256 } = this.#expected;
    const hash = sha256 === undefined ? undefined : createHash('sha256');
    let count = 0;
    for await (const chunk of this.#bytes) {
      count += chunk.length;
      hash?.update(chunk);
      yield chunk;
    }
    if (size !== undefined && size !== count) throw truncated(`${count} of ${size} bytes`);
    const found = hash?.digest('hex');
    if (found !== undefined && sha256 !== undefined) compareHash('SHA-256', found, sha256);
  }

  /** WeChat hashes what is inside. */
  async *#hashed(content: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
    const expected = this.#expected;
    const sha1 = expected.format === 'wechat-trade-bill' ? expected.sha1 : undefined;
    const hash = sha1 === undefined ? undefined : createHash('sha1');
    for await (const chunk of content) {
      hash?.update(chunk);
      yield Buffer.isBuffer(chunk) ? chunk : asBuffer(chunk);
    }
    const found = hash?.digest('hex');
    if (found !== undefined && sha1 !== undefined) compareHash('SHA-1', found, sha1);
  }
}

function parserOf(expected: ExpectedSettlement): SettlementParser {
  switch (expected.format) {
    case 'alipay-bill':
      return new AlipayBill(expected);
    case 'wechat-trade-bill':
      return new WeChatBill(expected);
    case 'unionpay-zm':
      return new UnionPayFile(expected);
    case 'stripe-transactions':
      return new StripePages(expected);
    case 'stripe-report':
      return new StripeReport();
    case 'bank-csv':
      return new BankCsv(expected.columns);
    case 'bank-camt053':
      return new BankCamt(expected);
  }
}

function filesIn(
  { format }: ExpectedSettlement,
  bytes: AsyncIterable<Uint8Array>,
): AsyncIterable<Omit<FileInside, 'content'> & { content: AsyncIterable<Uint8Array> }> {
  if (format === 'alipay-bill') return zipFiles(bytes, format);
  if (format === 'unionpay-zm') return zipFiles(inflated(fromBase64Text(bytes, format)), format);
  return alone(format === 'wechat-trade-bill' ? gunzippedIfPacked(bytes) : bytes);
}

async function* alone(content: AsyncIterable<Uint8Array>) {
  yield { name: '', content };
}

/** WeChat sends the same file packed or not, as it was asked for (`tar_type`). */
async function* gunzippedIfPacked(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]();
  let first = await iterator.next();
  while (first.done !== true && first.value.length === 0) first = await iterator.next();
  if (first.done === true) return;
  const head = first.value;
  const again = (async function* () {
    yield head;
    yield* { [Symbol.asyncIterator]: () => iterator };
  })();
  yield* head[0] === GZIP_START ? gunzipped(again) : again;
}

function compareHash(algorithm: string, found: string, expected: string): void {
  const wanted = expected.toLowerCase();
  if (found !== wanted) throw hashDiffers(algorithm, found, wanted);
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
