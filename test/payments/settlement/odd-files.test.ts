import { deflateSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { BankColumns } from '../../../payments/settlement/bank-csv.ts';
import {
  type ExpectedSettlement,
  readSettlement,
} from '../../../payments/settlement/read-settlement.ts';
import { gbk } from './gbk-writer.ts';
import { type Outcome, readAll } from './read-all.ts';
import type { Sample } from './sample-rows.ts';
import { WRITERS, type Written } from './settlement-writers.ts';
import { writeZip } from './zip-writer.ts';

const SAMPLE: Sample = {
  ...{ isRefund: false, digits: '000000000001', minor: 10_000n, discount: 0n },
  ...{ feeThousandths: 60_000n, second: 43_200, title: '电费' },
};

function write(name: string, ...samples: Sample[]): Written {
  const written = WRITERS[name]?.(samples);
  if (written === undefined) throw new Error(`no writer ${name}`);
  return written;
}

function badRow(row: number, column: string, why: string, found?: string) {
  const params = { row, column, why, ...(found !== undefined && { found }) };
  return { refusal: { code: 'settlement-bad-row', params } };
}

const rowsOf = (outcome: Outcome) => ('rows' in outcome ? outcome.rows : outcome);
const refused = (code: string, params: object) => ({ refusal: { code, params } });

describe('a WeChat bill', () => {
  const plain = write('wechat', SAMPLE, SAMPLE);
  const text = gunzipSync(plain.bytes).toString();
  const read = (changed: string) => readAll(plain.expected, [Buffer.from(changed)]);
  const lines = text.split('\r\n');

  it('keeps rows that stand there twice: matching decides', async () => {
    expect(rowsOf(await read(text))).toEqual(plain.rows);
    expect(plain.rows).toHaveLength(2);
  });

  it('has its columns in any order, and unknown ones', async () => {
    const turned = lines.map((line, index) => {
      if (index > 2) return line;
      const values =
        index === 0 ? line.replace('\ufeff', '').split(',') : line.slice(1).split(',`');
      const more = [...values.toReversed(), index === 0 ? '新列' : '新值'];
      return index === 0 ? `\ufeff${more.join(',')}` : `\`${more.join(',`')}`;
    });
    expect(rowsOf(await read(turned.join('\r\n')))).toEqual(plain.rows);
  });

  it('is refused with another merchant, currency or state in any row', async () => {
    const merchant = '`2088621349056780,`0,`,`P000000000001';
    const changes: [string, string, object][] = [
      [merchant, merchant.replace('6780', '6781'), { code: 'settlement-wrong-merchant' }],
      ['`CNY', '`USD', badRow(2, '货币种类', 'unknown-value').refusal],
      ['`SUCCESS', '`USERPAYING', badRow(2, '交易状态', 'unknown-value').refusal],
      ['`100.00', '`１００.00', badRow(2, '应结订单金额', 'full-width', '１００.00').refusal],
      ['`100.00', '`-100.00', badRow(2, '应结订单金额', 'does-not-add-up', '-100.00').refusal],
      ['`100.00', '`1E+02', badRow(2, '应结订单金额', 'scientific', '1E+02').refusal],
      ['`O000000000001', '`4.2E+27', badRow(2, '商户订单号', 'scientific', '4.2E+27').refusal],
      [
        '`2026-09-01 ',
        '`2026/09/01 ',
        badRow(2, '交易时间', 'not-a-time', '2026/09/01 12:00:00').refusal,
      ],
    ];
    for (const [from, to, refusal] of changes) {
      const second = (lines[2] ?? '').replace(from, to);
      expect(second).not.toBe(lines[2]);
      const changed = lines.with(2, second).join('\r\n');
      expect(await read(changed)).toMatchObject({ refusal });
    }
  });

  it('is refused when it goes on after its summary, or has none', async () => {
    const what = 'it goes on after its summary';
    expect(await read(`${text}${lines[1]}\r\n`)).toEqual(
      refused('settlement-unknown-format', { format: 'wechat-trade-bill', what }),
    );
    expect(await read(lines.slice(0, 3).join('\r\n'))).toEqual(
      refused('settlement-truncated', { what: 'it has no summary at its end' }),
    );
  });

  it('of payments alone has no columns of refunds', async () => {
    const heading = (lines[0] ?? '').split(',');
    const gone = [
      '微信退款单号',
      '商户退款单号',
      '退款金额',
      '充值券退款金额',
      '退款类型',
      '退款状态',
    ];
    const kept = heading.map((name) => ![...gone, '申请退款金额'].includes(name));
    const less = lines.map((line, index) => {
      const separator = index === 0 ? ',' : ',`';
      if (index > 2) return line;
      return line
        .split(separator)
        .filter((_, at) => kept[at])
        .join(separator);
    });
    expect(rowsOf(await read(less.join('\r\n')))).toEqual(plain.rows);
    const asRefund = less.join('\r\n').replace('`SUCCESS', '`REFUND');
    expect(await read(asRefund)).toMatchObject({ refusal: { code: 'settlement-bad-row' } });
  });

  it('says of a revoked payment and of a refund on its way what they are', async () => {
    const refund = write('wechat', { ...SAMPLE, isRefund: true });
    const made = gunzipSync(refund.bytes).toString();
    const states = async (trade: string, state: string) => {
      const changed = made.replace('`REFUND', `\`${trade}`).replace('`SUCCESS', `\`${state}`);
      const outcome = await readAll(refund.expected, [Buffer.from(changed)]);
      return 'rows' in outcome ? outcome.rows.map(({ kind, state }) => ({ kind, state })) : outcome;
    };
    expect(await states('REFUND', 'SUCCESS')).toEqual([{ kind: 'refund', state: undefined }]);
    expect(await states('REFUND', 'PROCESSING')).toEqual([{ kind: 'refund', state: 'PROCESSING' }]);
    expect(await states('REFUND', 'FAIL')).toEqual([{ kind: 'refund', state: 'FAIL' }]);
    expect(await states('REVOKED', 'SUCCESS')).toEqual([{ kind: 'refund', state: 'REVOKED' }]);
  });
});

describe('an Alipay bill', () => {
  const account = '#账号：[20886213490567800156]';
  const day = '#起始日期：[2026年09月01日 00:00:00]   终止日期：[2026年09月02日 00:00:00]';
  const heading =
    '备注,服务费（元）,退款批次号/请求号,商家实收(元),订单金额（元）,完成时间,业务类型,商户订单号,支付宝交易号,新列';
  const row = '一,-0.60,,100.00,100.00,2026-09-01 12:00:00,交易,O1,P1,';
  const detail = (rows: readonly string[], ends: readonly string[]) => [
    ...['#支付宝业务明细查询', account, day, '#--业务明细列表--', heading, ...rows],
    ...['#--业务明细列表结束--', ...ends, ''],
  ];
  const endsOf = (count: number, yuan: string) => [
    `#交易合计：${count}笔，商家实收共${yuan}元，商家优惠共0.00元`,
    '#退款合计：0笔，商家实收退款共0.00元，商家优惠退款共0.00元',
  ];
  const summary = (count: number, ordered: string, received: string, fees: string) => [
    ...['#支付宝业务汇总查询', account, day],
    '门店编号,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,服务费（元）',
    `合计,${count},0,${ordered},${received},${fees}`,
    ...['#--业务汇总列表结束--', ''],
  ];
  const expected: ExpectedSettlement = { format: 'alipay-bill', merchant: '2088621349056780' };
  const read = (one: readonly string[], two: readonly string[]): Promise<Outcome> => {
    const files = [one, two].map((lines, index) => ({
      name: gbk(index === 0 ? '业务明细.csv' : '业务明细(汇总).csv'),
      content: gbk(lines.join('\r\n')),
    }));
    return readAll(expected, [writeZip(files)]);
  };

  it('has its columns in any order, brackets of either width, and unknown ones', async () => {
    expect(
      await read(detail([row], endsOf(1, '100.00')), summary(1, '100.00', '100.00', '-0.60')),
    ).toMatchObject({
      rows: [
        {
          ...{ kind: 'payment', row: 1, id: 'P1', order: 'O1', feeTenThousandths: 600_000n },
          gross: { minor: 10_000n, currency: 'CNY' },
        },
      ],
    });
  });

  it('keeps rows that stand there twice, and amounts beyond what a number holds', async () => {
    const huge = row.replaceAll('100.00', '90071992547409.93');
    const ends = endsOf(2, '180143985094819.86');
    const sums = summary(2, '180143985094819.86', '180143985094819.86', '-1.20');
    const outcome = await read(detail([huge, huge], ends), sums);
    expect('rows' in outcome ? outcome.rows.map(({ gross }) => gross.minor) : outcome).toEqual([
      ...[9_007_199_254_740_993n, 9_007_199_254_740_993n],
    ]);
  });

  it('is refused where a refund would bring money, or a payment take it', async () => {
    const why = (found: string) => badRow(1, '商家实收(元)', 'does-not-add-up', found);
    const sums = summary(1, '100.00', '100.00', '-0.60');
    const brings = row.replace('交易', '退款');
    expect(await read(detail([brings], endsOf(0, '0.00')), sums)).toEqual(why('100.00'));
    const takes = row.replaceAll('100.00', '-100.00');
    expect(await read(detail([takes], endsOf(0, '0.00')), sums)).toEqual(why('-100.00'));
  });

  it('gives what is neither payment nor refund as an adjustment with its own words', async () => {
    const other = row.replace('交易', '转账');
    const outcome = await read(
      detail([other], endsOf(0, '0.00')),
      summary(0, '0.00', '0.00', '-0.60'),
    );
    expect(outcome).toMatchObject({ rows: [{ kind: 'adjustment', state: '转账' }] });
  });

  it.each([
    [0, '交易订单总笔数', '2', '1'],
    [1, '订单金额（元）', '10001', '10000'],
    [2, '商家实收（元）', '10001', '10000'],
    [3, '服务费（元）', '-610000', '-600000'],
  ])(
    'is refused when figure %i of its summary is another',
    async (which, figure, stated, counted) => {
      const sums = summary(
        which === 0 ? 2 : 1,
        which === 1 ? '100.01' : '100.00',
        which === 2 ? '100.01' : '100.00',
        which === 3 ? '-0.61' : '-0.60',
      );
      expect(await read(detail([row], endsOf(1, '100.00')), sums)).toEqual(
        refused('settlement-totals-differ', { figure, stated, counted }),
      );
    },
  );

  it('is refused when the lines at its end are missing, or rows follow them', async () => {
    const sums = summary(1, '100.00', '100.00', '-0.60');
    const [trade = '', refunds = ''] = endsOf(1, '100.00');
    expect(await read(detail([row], [trade]), sums)).toEqual(
      refused('settlement-truncated', { what: 'the detail has no line #退款合计' }),
    );
    expect(await read(detail([row], [trade, refunds, row]), sums)).toMatchObject(
      refused('settlement-bad-row', { row: 1, why: 'unknown-value' }),
    );
    expect(await read(detail([row], ['#交易合计：1笔', refunds]), sums)).toEqual(
      refused('settlement-truncated', { what: 'the line #交易合计' }),
    );
  });

  it('is refused with two details, with none, or as another file', async () => {
    const content = gbk(detail([row], endsOf(1, '100.00')).join('\r\n'));
    const named = (name: string) => ({ name: gbk(name), content });
    const outcome = (...names: string[]) => readAll(expected, [writeZip(names.map(named))]);
    const refusal = (what: string) =>
      refused('settlement-unknown-format', { format: 'alipay-bill', what });
    expect(await outcome('a.csv', 'b.csv')).toEqual(
      refusal('it has more than one detail and one summary'),
    );
    expect(await outcome('a.txt')).toEqual(refusal('it has no detail file'));
    expect(await outcome('汇总.csv')).toEqual(refusal('the summary does not begin with its title'));
    expect(await readAll(expected, [content])).toEqual(refusal('it is no ZIP file'));
    expect(await readAll(expected, [])).toEqual(
      refused('settlement-truncated', { what: 'nothing came' }),
    );
  });
});

describe('a UnionPay file', () => {
  const written = write('unionpay', SAMPLE);
  const wrap = (name: string, content: Uint8Array) => {
    const zip = writeZip([{ name: Buffer.from(name), content }]);
    return Buffer.from(deflateSync(zip).toString('base64'));
  };
  const name = 'INN26090188ZM_777290058110097';

  it('is refused for another day, for a line of another length, and without its list', async () => {
    const { expected } = written;
    expect(
      await readAll({ ...expected, day: '2026-09-02' } as ExpectedSettlement, [written.bytes]),
    ).toEqual(refused('settlement-wrong-day', { found: '2026-09-01', expected: '2026-09-02' }));
    expect(await readAll(expected, [wrap(name, Buffer.from('S22 0004'))])).toEqual(
      badRow(1, '', 'wrong-columns'),
    );
    expect(await readAll(expected, [wrap('readme.txt', Buffer.from('x'))])).toEqual(
      refused('settlement-unknown-format', { format: 'unionpay-zm', what: 'it has no file …ZM_…' }),
    );
  });

  it('is refused when it is no base64, or goes on after its end', async () => {
    const { expected, bytes } = written;
    const refusal = (what: string) =>
      refused('settlement-unknown-format', { format: 'unionpay-zm', what });
    expect(await readAll(expected, [Buffer.from('**')])).toEqual(
      refusal('it is not written in base64'),
    );
    const padded = Buffer.from(`${'A'.repeat(6)}==`);
    expect(await readAll(expected, [padded, bytes])).toEqual(
      refusal('its base64 goes on after its end'),
    );
  });
});

describe('a bank statement as CSV', () => {
  const columns: BankColumns = {
    ...{ encoding: 'utf-8', separator: ',', currency: 'CNY', date: 'date', dateForm: 'YYYY-MM-DD' },
    ...{ amounts: { credit: 'in', debit: 'out' }, decimal: '.', reference: 'ref', text: 'text' },
  };
  const read = (rows: string, more: Partial<BankColumns> = {}) => {
    const bytes = Buffer.from(`date,in,out,ref,text\n${rows}`);
    const all = { ...columns, ...more };
    return readAll({ format: 'bank-csv', columns: all, size: bytes.length }, [bytes]);
  };
  const minors = (outcome: Outcome) =>
    'rows' in outcome ? outcome.rows.map(({ gross }) => gross.minor) : outcome;

  it('has two columns of amounts, of which one is filled', async () => {
    const outcome = await read('2026-09-01,1.00,,,\n2026-09-01,0.00,2.00,,\n2026-09-01,,-3.00,,\n');
    expect(minors(outcome)).toEqual([100n, -200n, -300n]);
    expect(await read('2026-09-01,1.00,2.00,,\n')).toEqual(
      badRow(1, 'out', 'does-not-add-up', '2.00'),
    );
    expect(await read('2026-09-01,,,,\n')).toEqual(badRow(1, 'in', 'empty'));
    expect(await read('2026-09-01,-1.00,,,\n')).toEqual(badRow(1, 'in', 'not-an-amount', '-1.00'));
  });

  it('never tells a value that may be a name', async () => {
    expect(await read('2026-09-01,Zhang San,,,\n')).toEqual(badRow(1, 'in', 'not-an-amount'));
    expect(await read('Zhang San,1.00,,,\n')).toEqual(badRow(1, 'date', 'not-a-time'));
  });

  it('keeps what begins like a formula as the text that it is', async () => {
    const text = '"=HYPERLINK(""http://x"",""y"")"';
    const outcome = await read(`2026-09-01,1.00,,+1,${text}\n2026-09-01,1.00,,-1,@x\n`);
    expect('rows' in outcome ? outcome.rows.map(({ id, text }) => [id, text]) : outcome).toEqual([
      ['+1', '=HYPERLINK("http://x","y")'],
      ['-1', '@x'],
    ]);
  });

  it('follows its balance upwards where the newest row stands first', async () => {
    const bytes = Buffer.from('date,sum,after\n2026-09-02,5.00,12.00\n2026-09-01,-3.00,7.00\n');
    const newest: BankColumns = {
      ...{ ...columns, reference: undefined, text: undefined, amounts: { signed: 'sum' } },
      balance: { column: 'after', order: 'newest-first' },
    } as BankColumns;
    const about = (all: BankColumns) =>
      ({ format: 'bank-csv', columns: all, size: bytes.length }) as const;
    expect(minors(await readAll(about(newest), [bytes]))).toEqual([500n, -300n]);
    const wrong = { ...newest, balance: { column: 'after', order: 'oldest-first' } } as const;
    expect(await readAll(about(wrong), [bytes])).toEqual(
      refused('settlement-totals-differ', { figure: 'after (2)', stated: '700', counted: '900' }),
    );
  });

  it('needs each of its declared columns once', async () => {
    const what = 'it has no column sum';
    expect(await read('', { amounts: { signed: 'sum' } })).toEqual(
      refused('settlement-unknown-format', { format: 'bank-csv', what }),
    );
    const twice = Buffer.from('date,in,out,ref,text,in\n');
    expect(await readAll({ format: 'bank-csv', columns, size: twice.length }, [twice])).toEqual(
      refused('settlement-unknown-format', { format: 'bank-csv', what: 'it has two columns in' }),
    );
  });
});

describe('any file', () => {
  const { expected, bytes } = write('stripe report', SAMPLE);

  it('is held against the hash and the size that it should have', async () => {
    const sha256 = '0'.repeat(64);
    const outcome = await readAll({ ...expected, sha256 }, [bytes]);
    expect(outcome).toMatchObject(refused('settlement-hash-differs', { algorithm: 'SHA-256' }));
    const size = bytes.length;
    const longer = Buffer.concat([bytes, bytes.subarray(bytes.indexOf('\n') + 1)]);
    expect(await readAll(expected, [longer])).toEqual(
      refused('settlement-truncated', { what: `${longer.length} of ${size} bytes` }),
    );
  });

  it('has totals after its last row, and is read once', async () => {
    const reading = readSettlement(expected, partsOf(bytes));
    expect(() => reading.totals).toThrow('known after its last row');
    const batches: number[] = [];
    for await (const rows of reading.batches()) batches.push(rows.length);
    expect(batches).toEqual([1]);
    expect(reading.totals.rows).toBe(1);
    expect(reading.source).toBe('stripe');
    await expect(reading.batches().next()).rejects.toThrow('read once');
  });

  it('passes on what goes wrong where it comes from', async () => {
    const broken = async function* () {
      yield Buffer.from('AAAA');
      throw new Error('the disk is gone');
    };
    for (const format of [
      'stripe-report',
      'wechat-trade-bill',
      'alipay-bill',
      'unionpay-zm',
    ] as const) {
      const about = {
        format,
        size: 10,
        merchant: MERCHANT,
        day: '2026-09-01',
      } as ExpectedSettlement;
      await expect(readSettlement(about, broken()).batches().next()).rejects.toThrow(
        'the disk is gone',
      );
    }
  });
});

const MERCHANT = '2088621349056780';

async function* partsOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
