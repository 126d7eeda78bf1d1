import { deflateSync, gzipSync } from 'node:zlib';
import type { BankColumns } from '../../../payments/settlement/bank-csv.ts';
import type { ExpectedSettlement } from '../../../payments/settlement/read-settlement.ts';
import type { SettlementRow } from '../../../payments/settlement-row.ts';
import { gbk } from './gbk-writer.ts';
import type { Sample } from './sample-rows.ts';
import { writeZip } from './zip-writer.ts';

/** A file as its provider would write it, and what has to be read from it. */
export interface Written {
  readonly expected: ExpectedSettlement;
  readonly bytes: Buffer;
  readonly rows: readonly SettlementRow[];
}

const DAY_MS = Date.parse('2026-09-01T00:00:00+08:00');
const MERCHANT = '2088621349056780';

/** Slow and obvious: texts are put together and turned into bytes at the end. */
export const WRITERS: Readonly<Record<string, (samples: readonly Sample[]) => Written>> = {
  alipay: writeAlipay,
  wechat: writeWeChat,
  unionpay: writeUnionPay,
  'stripe pages': writeStripePages,
  'stripe report': writeStripeReport,
  'bank csv': writeBankCsv,
  'bank camt': writeCamt,
};

/** A row of which gross is what the voucher left of the order. */
function rowOf(sample: Sample, index: number, feeStep: bigint): SettlementRow {
  const { isRefund, minor, discount, digits } = sample;
  const sign = isRefund ? -1n : 1n;
  const left = discount < minor ? minor - discount : minor;
  // The fee in the steps that the file can say, in ten-thousandths; given back for a refund.
  const fee = (sample.feeThousandths * 10n) / feeStep;
  return {
    kind: isRefund ? 'refund' : 'payment',
    row: index + 1,
    id: `${isRefund ? 'R' : 'P'}${digits}`,
    order: `O${digits}`,
    refund: isRefund ? `F${digits}` : undefined,
    payment: isRefund ? `P${digits}` : undefined,
    gross: { minor: sign * left, currency: 'CNY' },
    ordered: left === minor ? undefined : sign * minor,
    feeTenThousandths: sign * fee * feeStep,
    atMs: DAY_MS + sample.second * 1000,
  };
}

function decimal(units: bigint, digits: number): string {
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, '0');
  const whole = `${units < 0n ? '-' : ''}${text.slice(0, text.length - digits)}`;
  return digits === 0 ? whole : `${whole}.${text.slice(text.length - digits)}`;
}

const yuan = (fen: bigint) => decimal(fen, 2);
const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
const orderedOf = (row: SettlementRow) => row.ordered ?? row.gross.minor;
const chinaTime = (ms: number) =>
  new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

function writeAlipay(samples: readonly Sample[]): Written {
  const made = samples.map((sample, index) => rowOf(sample, index, 10_000n));
  // Alipay has one number for a payment and its refunds.
  const rows = made.map((row) => (row.payment === undefined ? row : { ...row, id: row.payment }));
  const of = (kind: string) => rows.filter((row) => row.kind === kind);
  const received = (kind: string) => sum(of(kind).map(({ gross }) => gross.minor));
  const fees = -sum(rows.map(({ feeTenThousandths }) => feeTenThousandths)) / 10_000n;
  const lines = rows.map((row, index) =>
    [
      ...[`${row.id}\t`, `${row.order}\t`, row.kind === 'refund' ? '退款\t' : '交易\t'],
      quoted(samples[index]?.title ?? ''),
      ...['2026-09-01 00:00:00', chinaTime(row.atMs), '\t', '\t', '\t', '\t', '*某(1**)\t'],
      ...[yuan(orderedOf(row)), yuan(row.gross.minor), '0.00', '0.00', '0.00', '0.00', '0.00', ''],
      ...['0.00\t', '0.00', `${row.refund ?? ''}\t`, yuan(-row.feeTenThousandths / 10_000n)],
      ...['0.00', ''],
    ].join(','),
  );
  const account = `#账号：[${MERCHANT}0156]`;
  const day = '#起始日期：[2026年09月01日 00:00:00]   终止日期：[2026年09月02日 00:00:00]';
  const detail = [
    ...['#支付宝业务明细查询', account, day, '#-----业务明细列表-----'],
    '支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,' +
      '对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,' +
      '商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,' +
      '退款批次号/请求号,服务费（元）,分润（元）,备注',
    ...[...lines, '#-----业务明细列表结束-----'],
    `#交易合计：${of('payment').length}笔，商家实收共${yuan(received('payment'))}元，商家优惠共0.00元`,
    `#退款合计：${of('refund').length}笔，商家实收退款共${yuan(received('refund'))}元，商家优惠退款共0.00元`,
    ...['#导出时间：[2026年09月02日 05:46:49]', ''],
  ];
  const all = [sum(rows.map(orderedOf)), received('payment') + received('refund')].map(yuan);
  const summary = [
    ...['#支付宝业务汇总查询', account, day, '#-----业务汇总列表-----'],
    '门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,服务费（元）',
    `合计\t,\t,${of('payment').length},${of('refund').length},${all},${yuan(fees)}`,
    ...['#-----业务汇总列表结束-----', ''],
  ];
  const file = (name: string, text: readonly string[]) => {
    return { name: gbk(`${MERCHANT}0156_20260901_${name}.csv`), content: gbk(text.join('\r\n')) };
  };
  return {
    expected: { format: 'alipay-bill', merchant: MERCHANT, day: '2026-09-01' },
    bytes: writeZip([file('业务明细(汇总)', summary), file('业务明细', detail)]),
    rows,
  };
}

function writeWeChat(samples: readonly Sample[]): Written {
  const rows = samples.map((sample, index) => rowOf(sample, index, 10n));
  const fee5 = (tenThousandths: bigint) => decimal(tenThousandths / 10n, 5);
  const lines = rows.map((row, index) => {
    const isRefund = row.kind === 'refund';
    const money = [orderedOf(row), row.gross.minor].map((minor) => yuan(isRefund ? -minor : minor));
    const [ordered = '', settled = ''] = money;
    const values = [
      ...[chinaTime(row.atMs), 'wx8', MERCHANT, '0', '', row.payment ?? row.id, row.order ?? ''],
      ...['oUp', 'NATIVE', isRefund ? 'REFUND' : 'SUCCESS', 'OTHERS', 'CNY'],
      ...[isRefund ? '0.00' : settled, '0.00', isRefund ? row.id : '0', row.refund ?? '0'],
      ...[isRefund ? settled : '0.00', '0.00', '', isRefund ? 'SUCCESS' : ''],
      // Back-ticks after a comma are the one thing that this form cannot have in a value.
      ...[(samples[index]?.title ?? '').replaceAll(/,`+/g, ',')],
      ...['', fee5(row.feeTenThousandths), '0.60%', isRefund ? '0.00' : ordered],
      ...[isRefund ? ordered : '0.00', ''],
    ];
    return values.map((value) => `\`${value}`).join(',');
  });
  const of = (kind: string) => rows.filter((row) => row.kind === kind);
  const total = (kind: string, value: (row: SettlementRow) => bigint) => sum(of(kind).map(value));
  const totals = [
    ...[`${rows.length}`, yuan(total('payment', ({ gross }) => gross.minor))],
    ...[yuan(-total('refund', ({ gross }) => gross.minor)), '0.00'],
    fee5(sum(rows.map(({ feeTenThousandths }) => feeTenThousandths))),
    ...[yuan(total('payment', orderedOf)), yuan(-total('refund', orderedOf))],
  ];
  const text = [
    '\ufeff交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,' +
      '付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,' +
      '退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注',
    ...lines,
    '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额',
    ...[totals.map((value) => `\`${value}`).join(','), ''],
  ].join('\r\n');
  const expected = { format: 'wechat-trade-bill', merchant: MERCHANT } as const;
  return { expected, bytes: gzipSync(text), rows };
}

const ZM_WIDTHS = [
  ...[3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21],
  ...[15, 1, 15, 32, 13, 13, 8, 32, 13, 13, 12, 2, 1, 32, 98],
];

function writeUnionPay(samples: readonly Sample[]): Written {
  const merchant = '777290058110097';
  const rows = samples.map((sample, index) => rowOf(sample, index, 10_000n));
  const signed = (fen: bigint) =>
    `${fen < 0n ? 'D' : 'C'}${decimal(fen < 0n ? -fen : fen, 0).padStart(12, '0')}`;
  const lines = rows.map((row, index) => {
    const toUs = -row.feeTenThousandths / 10_000n;
    const isRefund = row.kind === 'refund';
    const amount = orderedOf(row) < 0n ? -orderedOf(row) : orderedOf(row);
    const fields: Readonly<Record<number, string>> = {
      5: chinaTime(row.atMs).replaceAll(/\D/g, '').slice(4),
      ...{ 7: amount.toString().padStart(12, '0'), 10: row.id, 28: merchant },
      ...{ 12: (isRefund ? row.refund : row.order) ?? '', 16: signed(toUs) },
      ...{ 17: signed(row.gross.minor + toUs), 20: isRefund ? '04' : '01' },
      ...{ 27: row.payment ?? '', 41: isRefund ? (row.order ?? '') : '' },
      ...{ 35: samples[index]?.title ?? '', 42: signed(row.gross.minor) },
    };
    const bytes = ZM_WIDTHS.map((width, at) => {
      const field = Buffer.alloc(width, ' ');
      const value = gbk(fields[at + 1] ?? '');
      // A title that is too long loses a character, or half of one: its field is not read.
      value.copy(field, 0, 0, width);
      return field.toString('latin1');
    });
    return `${bytes.join(' ')}\r\n`;
  });
  const name = Buffer.from(`INN26090188ZM_${merchant}`);
  const zip = writeZip([{ name, content: Buffer.from(lines.join(''), 'latin1') }]);
  return {
    expected: { format: 'unionpay-zm', merchant, day: '2026-09-01' },
    bytes: Buffer.from(deflateSync(zip).toString('base64')),
    rows,
  };
}

/** The settled amount alone: Stripe knows no vouchers. */
function stripeRows(samples: readonly Sample[]): SettlementRow[] {
  return samples.map((sample, index) => {
    const row = rowOf({ ...sample, discount: 0n }, index, 10_000n);
    const { refund: _ours, ...rest } = row;
    return { ...rest, payout: 'po_1', gross: { minor: row.gross.minor, currency: 'USD' } };
  });
}

function writeStripePages(samples: readonly Sample[]): Written {
  const rows = stripeRows(samples);
  const items = rows.map((row, index) => {
    const fee = Number(row.feeTenThousandths / 10_000n);
    const amount = Number(row.gross.minor);
    const source = { id: row.id, object: 'x', charge: row.payment, metadata: { order: row.order } };
    return {
      ...{ id: `txn_${index}`, object: 'balance_transaction', amount, fee, net: amount - fee },
      ...{ created: row.atMs / 1000, currency: 'usd', description: samples[index]?.title },
      ...{ reporting_category: row.kind === 'refund' ? 'refund' : 'charge', source },
    };
  });
  const pages: string[] = [];
  for (let at = 0; at === 0 || at < items.length; at += 5) {
    const page = { object: 'list', data: items.slice(at, at + 5), has_more: at + 5 < items.length };
    pages.push(JSON.stringify(page));
  }
  const expected = { format: 'stripe-transactions', payout: 'po_1' } as const;
  return { expected, bytes: Buffer.from(pages.join('\n')), rows };
}

function writeStripeReport(samples: readonly Sample[]): Written {
  const rows = stripeRows(samples);
  const lines = rows.map((row, index) => {
    const fee = row.feeTenThousandths / 10_000n;
    const net = row.gross.minor - fee;
    return [
      ...[`txn_${index}`, new Date(row.atMs).toISOString().slice(0, 19).replace('T', ' ')],
      ...['usd', yuan(row.gross.minor), yuan(fee), yuan(net)],
      ...[row.kind === 'refund' ? 'refund' : 'charge', row.id, row.payment ?? '', 'po_1'],
      ...[quoted(samples[index]?.title ?? ''), row.order],
    ].join(',');
  });
  const text = [
    'balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,charge_id,' +
      'automatic_payout_id,description,payment_metadata[order]',
    ...[...lines, ''],
  ].join('\n');
  const bytes = Buffer.from(text);
  return { expected: { format: 'stripe-report', size: bytes.length }, bytes, rows };
}

function bankRows(samples: readonly Sample[], trim: (text: string) => string): SettlementRow[] {
  return samples.map((sample, index) => {
    const { gross, row, id } = rowOf({ ...sample, discount: 0n }, index, 10_000n);
    const text = trim(sample.title);
    return {
      ...{ kind: gross.minor < 0n ? 'debit' : 'credit', row, id, gross, atMs: DAY_MS },
      ...{ feeTenThousandths: 0n, text: text === '' ? undefined : text },
    };
  });
}

function writeBankCsv(samples: readonly Sample[]): Written {
  const rows = bankRows(samples, (text) => text.replace(/^[ \t]+|[ \t]+$/g, ''));
  let balance = 5_000n;
  const lines = rows.map((row, index) => {
    balance += row.gross.minor;
    const title = quoted(samples[index]?.title ?? '');
    const money = [row.gross.minor, balance].map((minor) => quoted(german(minor)));
    return `01.09.2026;${title};${row.id};${money.join(';')}`;
  });
  const bytes = gbk(['日期;摘要;流水号;金额;余额', ...lines].join('\r\n'));
  const columns: BankColumns = {
    encoding: 'gbk',
    separator: ';',
    currency: 'CNY',
    date: '日期',
    dateForm: 'DD.MM.YYYY',
    amounts: { signed: '金额' },
    decimal: ',',
    thousands: '.',
    reference: '流水号',
    text: '摘要',
    balance: { column: '余额', order: 'oldest-first' },
  };
  return { expected: { format: 'bank-csv', columns, size: bytes.length }, bytes, rows };
}

/** 1.234.567,89 */
function german(minor: bigint): string {
  const [whole = '', rest = ''] = yuan(minor).split('.');
  return `${whole.replace(/(?<=\d)(?=(?:\d{3})+$)/g, '.')},${rest}`;
}

function writeCamt(samples: readonly Sample[]): Written {
  const rows = bankRows(samples, (text) => text.trim());
  const amount = (minor: bigint) =>
    `<Amt Ccy="CNY">${yuan(minor < 0n ? -minor : minor)}</Amt>` +
    `<CdtDbtInd>${minor < 0n ? 'DBIT' : 'CRDT'}</CdtDbtInd>`;
  const balance = (code: string, minor: bigint) =>
    `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp>${amount(minor)}</Bal>`;
  const escaped = (text: string) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const entries = rows.map((row, index) => {
    const text = `<Ustrd>${escaped(samples[index]?.title ?? '')}</Ustrd>`;
    return (
      `<Ntry>${amount(row.gross.minor)}<Sts>BOOK</Sts><BookgDt><Dt>2026-09-01</Dt></BookgDt>` +
      `<AcctSvcrRef>${row.id}</AcctSvcrRef><NtryDtls><TxDtls><RmtInf>${text}</RmtInf></TxDtls></NtryDtls></Ntry>`
    );
  });
  const closing = 5_000n + sum(rows.map(({ gross }) => gross.minor));
  const text = [
    '<?xml version="1.0" encoding="gbk"?>',
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.04"><BkToCstmrStmt><Stmt>',
    ...[balance('OPBD', 5_000n), balance('CLBD', closing), ...entries],
    '</Stmt></BkToCstmrStmt></Document>',
  ].join('\n');
  return { expected: { format: 'bank-camt053' }, bytes: gbk(text), rows };
}
