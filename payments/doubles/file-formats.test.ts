import { buffer } from 'node:stream/consumers';
import { gunzipSync, inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type Entry, fromBuffer, type ZipFile } from 'yauzl';
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

async function unzip(archive: Uint8Array): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    fromBuffer(Buffer.from(archive), { lazyEntries: true }, (error, opened) =>
      opened === undefined ? reject(error) : resolve(opened),
    );
  });
  await new Promise<void>((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      zip.openReadStream(entry, (error, stream) => {
        if (stream === undefined) return reject(error);
        buffer(stream).then((content) => {
          files.set(entry.fileName, content);
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
