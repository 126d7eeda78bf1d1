import fc from 'fast-check';

/** What happened in one row, before any provider wrote it down. */
export interface Sample {
  readonly isRefund: boolean;
  readonly digits: string;
  /** In minor units, above zero. */
  readonly minor: bigint;
  /** What a voucher took off. */
  readonly discount: bigint;
  /** In thousandths of a minor unit: the finest that any file has. */
  readonly feeThousandths: bigint;
  /** Seconds since the beginning of 2026-09-01 in China. */
  readonly second: number;
  readonly title: string;
}

/** All that has ever broken a reader of such files, in pieces. */
const PIECES = [
  ...['a', 'Z', '0', ' ', '\t', ',', ';', '"', '""', '\n', '`', '#', '=', '+', '-', '@', '|', "'"],
  ...[
    '\\',
    '<',
    '&',
    ']]>',
    '电费',
    '（',
    '１',
    '￥',
    '，',
    '一',
    'NaN',
    '1.23E+15',
    '合计',
    '总交易单数',
  ],
];

export const titles = fc
  .array(fc.constantFrom(...PIECES), { maxLength: 8 })
  .map((pieces) => pieces.join(''));

export const samples = fc.array(
  fc.record<Sample>({
    isRefund: fc.boolean(),
    digits: fc.stringMatching(/^[0-9]{12}$/),
    minor: fc.oneof(fc.bigInt(1n, 10n ** 6n), fc.bigInt(1n, 10n ** 11n)),
    discount: fc.oneof(fc.constant(0n), fc.bigInt(0n, 500n)),
    feeThousandths: fc.bigInt(0n, 10n ** 8n),
    second: fc.nat(86_399),
    title: titles,
  }),
  { maxLength: 12 },
);
