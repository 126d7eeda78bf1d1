import { gbk } from '../payments/settlement/gbk-writer.ts';

/** Rows of each format with nothing in them that is easy on a reader: numbers differ in every row. */
export const MERCHANT = '2088621349056780';
export const UNIONPAY_MERCHANT = '777290058110097';

const WECHAT_HEADING =
  '\ufeff交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,' +
  '付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,' +
  '退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\r\n';
const WECHAT_SUMMARY =
  '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n';

/** `prefix`: of the order numbers, which the number of the row follows. */
export function* wechatLines(rows: number, prefix = 'BP7K2M9Q'): Generator<Buffer> {
  yield Buffer.from(WECHAT_HEADING);
  for (let n = 0; n < rows; n += 1) {
    const number = settlementDigits(n);
    yield Buffer.from(
      `\`2026-09-01 ${clock(n)},\`wx8888888888888888,\`${MERCHANT},\`0,\`,\`42000020260901${number},` +
        `\`${prefix}${number},\`oUpF8uMuAJO_M2pxb1Q9z${number},\`NATIVE,\`SUCCESS,\`OTHERS,\`CNY,` +
        '`100.00,`0.00,`0,`0,`0.00,`0.00,`,`,`电费预存,`,`0.60006,`0.60%,`100.00,`0.00,`\r\n',
    );
  }
  const fees = `${Math.floor((rows * 60_006) / 100_000)}.${String((rows * 60_006) % 100_000).padStart(5, '0')}`;
  const yuan = `${rows * 100}.00`;
  yield Buffer.from(
    `${WECHAT_SUMMARY}\`${rows},\`${yuan},\`0.00,\`0.00,\`${fees},\`${yuan},\`0.00\r\n`,
  );
}

const ALIPAY_ABOUT =
  `#账号：[${MERCHANT}0156]\r\n` +
  '#起始日期：[2026年09月01日 00:00:00]   终止日期：[2026年09月02日 00:00:00]\r\n';

export function* alipayDetail(rows: number): Generator<Buffer> {
  yield gbk(
    `#支付宝业务明细查询\r\n${ALIPAY_ABOUT}#-----业务明细列表-----\r\n` +
      '支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,' +
      '对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,' +
      '商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,' +
      '退款批次号/请求号,服务费（元）,分润（元）,备注\r\n',
  );
  const middle = gbk('\t,交易\t,电费预存,2026-09-01 00:00:01,2026-09-01 ').toString('latin1');
  const end = gbk(
    ',\t,\t,\t,\t,*某(138***@example.com)\t,100.00,100.00,0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,\t,' +
      '-0.60,0.00,\r\n',
  ).toString('latin1');
  for (let n = 0; n < rows; n += 1) {
    const number = settlementDigits(n);
    const ids = `202609012200145886${number}\t,BP7K2M9Q${number}`;
    yield Buffer.from(`${ids}${middle}${clock(n)}${end}`, 'latin1');
  }
  yield gbk(
    '#-----业务明细列表结束-----\r\n' +
      `#交易合计：${rows}笔，商家实收共${rows * 100}.00元，商家优惠共0.00元\r\n` +
      '#退款合计：0笔，商家实收退款共0.00元，商家优惠退款共0.00元\r\n',
  );
}

export function* alipaySummary(rows: number): Generator<Buffer> {
  const yuan = `${rows * 100}.00`;
  const fees = `-${Math.floor((rows * 60) / 100)}.${String((rows * 60) % 100).padStart(2, '0')}`;
  yield gbk(
    `#支付宝业务汇总查询\r\n${ALIPAY_ABOUT}#-----业务汇总列表-----\r\n` +
      '门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,服务费（元）\r\n' +
      `合计\t,\t,${rows},0,${yuan},${yuan},${fees}\r\n#-----业务汇总列表结束-----\r\n`,
  );
}

export function* unionPayLines(rows: number): Generator<Buffer> {
  for (let n = 0; n < rows; n += 1) {
    const number = settlementDigits(n);
    yield Buffer.from(
      `S22 00049992    00049992    ${number.slice(4)} 0901${clock(n).replaceAll(':', '')} ` +
        `621626******0018    000000010000 4900 07 20260901000${number} ${' '.repeat(2)} ` +
        `${`BP7K2M9Q${number}`.padEnd(32)} 01 ${' '.repeat(6)} ${' '.repeat(10)} D000000000060 ` +
        `C000000009940 0001 ${' '.repeat(15)} 01 01 000201 01 ${' '.repeat(4)} ${' '.repeat(32)} 0 ` +
        `${' '.repeat(21)} ${UNIONPAY_MERCHANT} 0 ${' '.repeat(15)} ${' '.repeat(32)} ` +
        `${' '.repeat(13)} C000000009940 01080209 ${' '.repeat(32)} ${' '.repeat(13)} ` +
        `${' '.repeat(13)} ${' '.repeat(12)} ${' '.repeat(2)} ${' '.repeat(1)} ${' '.repeat(32)} ` +
        `${'C000000010000'.padEnd(98)}\r\n`,
    );
  }
}

export function* stripeLines(rows: number): Generator<Buffer> {
  for (let from = 0; from < rows; from += 100) {
    const to = Math.min(rows, from + 100);
    const data: object[] = [];
    for (let n = from; n < to; n += 1) {
      data.push({
        ...{
          id: `txn_${settlementDigits(n)}`,
          object: 'balance_transaction',
          amount: 12_345,
          fee: 388,
        },
        ...{
          net: 11_957,
          created: 1_788_220_800 + (n % 86_400),
          currency: 'usd',
          status: 'available',
        },
        ...{ available_on: 1_788_393_600, description: 'Prepaid electricity', exchange_rate: null },
        ...{
          fee_details: [],
          reporting_category: 'charge',
          type: 'charge',
          source: `ch_${settlementDigits(n)}`,
        },
      });
    }
    yield Buffer.from(`${JSON.stringify({ object: 'list', data, has_more: to < rows })}\n`);
  }
}

export function* stripeReportLines(rows: number): Generator<Buffer> {
  yield Buffer.from(
    'automatic_payout_id,balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,' +
      'source_id,charge_id,description\n',
  );
  for (let n = 0; n < rows; n += 1) {
    const number = settlementDigits(n);
    const text = `po_1,txn_${number},2026-09-01 ${clock(n)},usd,123.45,3.88,119.57,charge,`;
    yield Buffer.from(`${text}ch_${number},ch_${number},"Prepaid, electricity"\n`);
  }
}

export function* bankLines(rows: number): Generator<Buffer> {
  yield gbk('交易日期,流水号,金额,余额,对方户名,摘要\r\n');
  const end = gbk(',财付通支付科技有限公司,"结算, 20260831"\r\n').toString('latin1');
  for (let n = 0; n < rows; n += 1) {
    const line = `20260901,BK${settlementDigits(n)},100.00,${(n + 1) * 100}.00${end}`;
    yield Buffer.from(line, 'latin1');
  }
}

export function* camtLines(rows: number): Generator<Buffer> {
  const balance = (code: string, yuan: string) =>
    `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">${yuan}</Amt>` +
    '<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-09-01</Dt></Dt></Bal>\n';
  yield Buffer.from(
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
      '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>\n' +
      `${balance('OPBD', '0.00')}${balance('CLBD', `${rows * 100}.00`)}`,
  );
  for (let n = 0; n < rows; n += 1) {
    yield Buffer.from(
      '<Ntry><Amt Ccy="CNY">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>' +
        `<BookgDt><Dt>2026-09-01</Dt></BookgDt><AcctSvcrRef>BK${settlementDigits(n)}</AcctSvcrRef><NtryDtls>` +
        '<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><Amt Ccy="CNY">100.00</Amt>' +
        '<RltdPties><Dbtr><Pty><Nm>某某物业</Nm></Pty></Dbtr></RltdPties><RmtInf>' +
        `<Ustrd>BP7K2M9Q${settlementDigits(n)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n`,
    );
  }
  yield Buffer.from('</Stmt></BkToCstmrStmt></Document>\n');
}

/** Ten digits that no packer guesses from the row before: multiplied, not counted. */
export function settlementDigits(n: number): string {
  return String((n * 7_919_777 + 1_234_567) % 10_000_000_000).padStart(10, '0');
}

function clock(n: number): string {
  const second = n % 86_400;
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${two(second / 3_600)}:${two((second / 60) % 60)}:${two(second % 60)}`;
}
