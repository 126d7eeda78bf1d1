import { buffer } from 'node:stream/consumers';
import { gunzipSync, inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type Entry, fromBuffer, type ZipFile } from 'yauzl';
import { businessBill } from './alipay/business-bill.ts';
import { gbkBytes } from './gbk.ts';
import { settlementContent } from './unionpay/settlement-archive.ts';
import { packedBill, tradeBillText } from './wechat/trade-bill-file.ts';
import { zipOf } from './zip-writer.ts';

const paidMs = Date.parse('2026-09-01T10:00:00+08:00');
const amount = { minor: 5_001n, currency: 'CNY' };
const payment = {
  id: '202609011000000000001',
  order: 'ORD0000000001',
  amount,
  feeTenThousandths: 300_060n,
  paidMs,
};
const refund = {
  id: '202609011100000000002',
  refund: 'RFD0000000001',
  order: payment.order,
  payment: payment.id,
  amount: { minor: 2_000n, currency: 'CNY' },
  feeTenThousandths: 120_000n,
  state: 'paid',
  askedMs: paidMs + 3_600_000,
} as const;
const rows = { payments: [payment], refunds: [refund] };

/** Names are bytes in some of them. */
async function unzip(archive: Uint8Array, names?: 'gbk'): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    const options = { lazyEntries: true, decodeStrings: names === undefined };
    fromBuffer(Buffer.from(archive), options, (error, opened) =>
      opened === undefined ? reject(error) : resolve(opened),
    );
  });
  await new Promise<void>((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      zip.openReadStream(entry, (error, stream) => {
        if (stream === undefined) return reject(error);
        buffer(stream).then((content) => {
          const name: string | Uint8Array = entry.fileName;
          files.set(typeof name === 'string' ? name : new TextDecoder(names).decode(name), content);
          zip.readEntry();
        }, reject);
      });
    });
    zip.on('end', () => resolve());
    zip.on('error', reject);
    zip.readEntry();
  });
  return files;
}

test('an archive is read by another program, checksums and all', async () => {
  const text = Buffer.from('a line\r\n'.repeat(1_000));
  const archive = zipOf([
    { name: Buffer.from('one.txt'), content: text },
    { name: Buffer.from('none.txt'), content: new Uint8Array() },
  ]);
  expect(await unzip(archive)).toEqual(
    new Map([
      ['one.txt', text],
      ['none.txt', Buffer.alloc(0)],
    ]),
  );
});

test('GBK is read back by the platform', () => {
  const text = '支付宝交易号,演示商户（元） 502 Room';
  expect(new TextDecoder('gbk', { fatal: true }).decode(gbkBytes(text))).toBe(text);
  expect(gbkBytes('\u{1f600}')).toEqual(Uint8Array.of(0x3f));
});

test('the bill of WeChat has 27 columns behind back-ticks, a mark, and totals', () => {
  const account = { merchant: '1900000109', application: 'wx8888888888888888' };
  const about = () => ({ title: '电费, 502', tradeType: 'NATIVE', payer: 'openid' });
  const bytes = tradeBillText(account, rows, about);
  expect(gunzipSync(packedBill(bytes))).toEqual(bytes);
  expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
  const lines = new TextDecoder().decode(bytes).split('\r\n');
  const [head = '', newer = '', older = '', totalsHead = '', totals = '', end] = lines;
  expect([lines.length, end]).toEqual([6, '']);
  expect(head.split(',')).toHaveLength(27);
  expect(totalsHead.split(',')).toHaveLength(7);
  expect(newer.split(',`')).toHaveLength(27);
  expect(older).toBe(
    '`2026-09-01 10:00:00,`wx8888888888888888,`1900000109,`0,`,`202609011000000000001,' +
      '`ORD0000000001,`openid,`NATIVE,`SUCCESS,`OTHERS,`CNY,`50.01,`0.00,`0,`0,`0.00,`0.00,`,`,' +
      '`电费, 502,`,`0.30006,`0.60%,`50.01,`0.00,`',
  );
  expect(newer).toContain('`202609011100000000002,`RFD0000000001,`20.00,`0.00,`ORIGINAL');
  expect(newer).toContain('`-0.12000,`0.60%,`0.00,`20.00,`');
  expect(totals).toBe('`2,`50.01,`20.00,`0.00,`0.18006,`50.01,`20.00');
});

test('the file of UnionPay has rows of 607 bytes in an archive that is deflated again', async () => {
  const content = settlementContent('777290058110048', '2026-09-01', rows);
  const files = await unzip(inflateSync(Buffer.from(content, 'base64')));
  expect([...files.keys()]).toEqual([
    'INN26090188ZM_777290058110048',
    'INN26090188ZME_777290058110048',
  ]);
  const file = files.get('INN26090188ZM_777290058110048') ?? Buffer.alloc(0);
  expect(file.length).toBe(2 * (607 + 2));
  const first = file.subarray(0, 607);
  const at = (start: number, length: number) =>
    new TextDecoder('gbk').decode(first.subarray(start, start + length)).trimEnd();
  expect([at(0, 3), at(66, 12), at(87, 21), at(112, 32)]).toEqual([
    'S22',
    '000000005001',
    payment.id,
    payment.order,
  ]);
  expect(at(0, 607)).toContain('D000000000030 C000000004971');
  expect(at(0, 607)).toContain('演示商户');
});

test('the bill of Alipay is two files in GBK, padded with tabs, fees negative', async () => {
  const whole = { ...payment, feeTenThousandths: 300_000n };
  const back = { ...refund, id: payment.id };
  const dayRows = { payments: [whole], refunds: [back] };
  const bill = businessBill('2088621349056780', '2026-09-30', dayRows, () => '电费, "502"');
  const files = [...(await unzip(bill, 'gbk'))].map(
    ([name, content]) => [name, new TextDecoder('gbk').decode(content).split('\r\n')] as const,
  );
  expect(files.map(([name]) => name)).toEqual([
    '20886213490567800156_20260930_业务明细.csv',
    '20886213490567800156_20260930_业务明细(汇总).csv',
  ]);
  const [[, detail = []] = [], [, summary = []] = []] = files;
  expect(detail.slice(0, 3)).toEqual([
    '#支付宝业务明细查询',
    '#账号：[20886213490567800156]',
    '#起始日期：[2026年09月30日 00:00:00]   终止日期：[2026年10月01日 00:00:00]',
  ]);
  expect(detail[4]?.split(',')).toHaveLength(25);
  const time = '2026-09-01 10:00:00';
  expect(detail[6]).toBe(
    `${payment.id}\t,${payment.order}\t,交易\t,"电费, ""502""",${time},${time},\t,\t,\t,\t,` +
      '*演示(138****0000)\t,50.01,50.01,0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,\t,-0.30,0.00,',
  );
  expect(detail[5]).toContain(',-20.00,-20.00,0.00,');
  expect(detail[5]).toContain(`,${refund.refund}\t,0.12,0.00,`);
  expect(detail.slice(8, 10)).toEqual([
    '#交易合计：1笔，商家实收共50.01元，商家优惠共0.00元',
    '#退款合计：1笔，商家实收退款共-20.00元，商家优惠退款共0.00元',
  ]);
  expect(summary[5]).toBe('合计\t,\t,1,1,30.01,30.01,0.00,0.00,0.00,-0.18,0.00,29.83');
});
