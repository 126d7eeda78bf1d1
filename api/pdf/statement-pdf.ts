import encodeQR from 'qr';
import { type StatementIssued, statementIssued } from '../../ledger/core/event-data.ts';
import { parseTime } from '../../ledger/core/time.ts';
import { showMoney, showNumber } from '../../ledger/core/words/format.ts';
import { zoneOf } from '../../ledger/core/zone.ts';
import type { StatementView } from '../ledger-port.ts';
import { nameOf } from './bill-names.ts';
import type { PdfFonts } from './pdf-fonts.ts';
import { INNER_WIDTH, MARGIN, MM, PdfPages } from './pdf-pages.ts';

export interface PaperBill {
  readonly statement: StatementView;
  readonly origin: string;
  /** Display name of the tenant, which is in no event. */
  readonly tenant: string | undefined;
  /** What the QR code holds and the symbols under it; absent for who may not share the bill. */
  readonly share: { readonly url: string; readonly code: string } | undefined;
  /** The proof bundle, which is attached. */
  readonly bundle: string;
  /** SHA-256 of the verification page, 64 hex digits; undefined where no page was built. */
  readonly pageHash: string | undefined;
  readonly nowMs: number;
}

/** Side of the code without its quiet zone of 4 modules. */
const QR_MM = 32;
const right = 'right' as const;

/**
 * A bill on paper, in both languages, with all that checks it: the code that opens it on the verification page,
 * and the bundle attached, which the page reads out of the PDF. Refuses `glyph-missing`.
 */
export async function statementPdf(
  fonts: PdfFonts,
  bill: PaperBill,
): Promise<Uint8Array<ArrayBuffer>> {
  const data = statementIssued(bill.statement.statement, '/data');
  const { period, currency } = data;
  const title = `账单 Bill ${period}`;
  const pages = new PdfPages(fonts, {
    title: `${title} ${bill.statement.account}`,
    atMs: bill.nowMs,
  });
  pages.text(title, 18);
  writeParties(pages, bill, data);
  pages.heading('收支 Balance');
  writeWallets(pages, data);
  pages.text(`本期费用 Charges of the month: ${showMoney(data.total)} ${currency}`, 12);
  if (data.meters.length > 0) writeMeters(pages, data);
  if (data.lines.length > 0) writeLines(pages, data);
  if (data.fees.length > 0) writeFees(pages, data);
  if (data.posted !== undefined) writePosted(pages, data.posted, currency);
  if (data.moves !== undefined) writeMoves(pages, data.moves);
  writeProof(pages, bill);
  pages.attach({
    name: `${bill.statement.id}.billproof`,
    type: 'application/vnd.billproof+json',
    bytes: Buffer.from(bill.bundle),
  });
  return await pages.finish(`${bill.origin} · ${bill.statement.account} · ${period}`);
}

function writeParties(pages: PdfPages, bill: PaperBill, data: StatementIssued): void {
  const { statement, tenant, origin } = bill;
  const time = (at: string) => localTime(at, data.zone);
  const lines = [
    ['账户 Account', `${statement.account}${tenant === undefined ? '' : ` · ${tenant}`}`],
    ['期间 Period', `${time(data.from)} – ${time(data.to)} (${data.zone})`],
    ['账本 Ledger', origin],
    ['账单编号 Bill', statement.id],
  ];
  for (const [name, text] of lines) pages.text(`${name}: ${text}`, 9);
}

function writeWallets(pages: PdfPages, data: StatementIssued): void {
  const rows = [...data.wallets].map(({ wallet, ...sums }) => [nameOf(wallet), ...sumsOf(sums)]);
  const whole = ['合计 Total', ...sumsOf(data)];
  pages.table(
    [
      { title: '子钱包 Wallet', share: 3 },
      ...[
        '期初 Opening',
        '充值 Top-ups',
        '费用 Charges',
        '其他变动 Other moves',
        '期末 Closing',
      ].map((title) => ({ title, share: 2, align: right })),
    ],
    [...rows, ...(rows.length > 1 ? [whole] : [])],
  );
}

function sumsOf(sums: {
  readonly opening: string;
  readonly credits: string;
  readonly charges: string;
  readonly moved?: string;
  readonly closing: string;
}): string[] {
  const { opening, credits, charges, moved = '0.000000', closing } = sums;
  return [opening, credits, charges, moved, closing].map(showMoney);
}

function writeMeters(pages: PdfPages, { meters, zone }: StatementIssued): void {
  pages.heading('表计读数，请与您的表计核对 Meter readings: compare with your meter');
  pages.table(
    [
      { title: '表号 Meter', share: 3 },
      { title: '期初 Start', share: 3, align: right },
      { title: '期末 End', share: 3, align: right },
      { title: '倍率 Ratio', share: 1.4, align: right },
      { title: '用量 Used', share: 2.4, align: right },
    ],
    meters.map(({ meter, serial, unit, from, to, ct, pt, quantity }) => [
      serial === '' ? meter : `${meter} (${serial})`,
      `${showNumber(from.value)} · ${localTime(from.at, zone)}`,
      `${showNumber(to.value)} · ${localTime(to.at, zone)}`,
      `${BigInt(ct) * BigInt(pt)}`,
      `${showNumber(quantity)} ${unit}`,
    ]),
  );
}

function writeLines(pages: PdfPages, { lines, currency }: StatementIssued): void {
  pages.heading('明细 Lines: 用量 quantity × 单价 price = 金额 amount');
  pages.table(
    [
      { title: '表号 Meter', share: 3 },
      { title: '价格 Tariff', share: 3 },
      { title: '时段/阶梯 Period/tier', share: 2.5 },
      { title: '用量 Quantity', share: 2, align: right },
      { title: `单价 Price (${currency})`, share: 2, align: right },
      { title: `金额 Amount (${currency})`, share: 2, align: right },
    ],
    lines.map(({ meter, tariff, period, tier, qty, price, amount }) => [
      ...[meter, `${tariff.id} v${tariff.version}`, `${nameOf(period)} / ${tier}`],
      ...[showNumber(qty), showNumber(price, 2), showMoney(amount)],
    ]),
  );
}

function writeFees(pages: PdfPages, { fees, currency }: StatementIssued): void {
  pages.heading('固定费用 Fixed fees');
  pages.table(
    [
      { title: '费用 Fee', share: 4 },
      { title: '子钱包 Wallet', share: 3 },
      { title: '天数 Days', share: 2, align: right },
      { title: `金额 Amount (${currency})`, share: 2, align: right },
    ],
    fees.map(({ fee, wallet, days, of, amount }) => {
      return [fee, nameOf(wallet), `${days}/${of}`, showMoney(amount)];
    }),
  );
}

function writePosted(
  pages: PdfPages,
  posted: NonNullable<StatementIssued['posted']>,
  currency: string,
): void {
  pages.heading('其他费用 Other charges');
  pages.table(
    [
      { title: '费用 Charge', share: 4 },
      { title: '价格 Tariff', share: 3 },
      { title: '子钱包 Wallet', share: 3 },
      { title: `金额 Amount (${currency})`, share: 2, align: right },
    ],
    posted.map(({ charge, name, tariff, wallet, amount }) => {
      const what = charge === name ? nameOf(charge) : `${nameOf(charge)}: ${name}`;
      return [what, `${tariff.id} v${tariff.version}`, nameOf(wallet), showMoney(amount)];
    }),
  );
}

function writeMoves(pages: PdfPages, moves: NonNullable<StatementIssued['moves']>): void {
  pages.heading('退款、冲正与调整 Refunds, reversals and adjustments');
  pages.table(
    [
      { title: '序号 No.', share: 1, align: right },
      { title: '类型 Kind', share: 3 },
      { title: '原因 Reason', share: 3 },
      { title: '子钱包 Wallet', share: 3 },
      { title: '金额 Amount', share: 2, align: right },
    ],
    moves.map(({ n, type, reason, wallet, amount }) => {
      return [String(n), nameOf(type), reason, nameOf(wallet), showMoney(amount)];
    }),
  );
}

function writeProof(pages: PdfPages, { share, pageHash, statement }: PaperBill): void {
  pages.room((QR_MM + 22) * MM);
  pages.heading('核验 Check this bill yourself');
  const top = pages.y + 2 * MM;
  const x = share === undefined ? MARGIN : MARGIN + (QR_MM + 12) * MM;
  const place = { x, width: MARGIN + INNER_WIDTH - x };
  if (share !== undefined) {
    pages.modules(codeOf(share.url), MARGIN + 4 * MM, top + 4 * MM, QR_MM * MM);
    pages.text('扫描二维码，或在核验页输入其下的代码；或把本 PDF 拖入核验页。', 9, place);
    pages.text(
      'Scan the code, or type the symbols under it; or drop this PDF on the verification page.',
      ...([9, place] as const),
    );
  } else {
    pages.text('把本 PDF 拖入核验页即可核验。 Drop this PDF on the verification page.', 9, place);
  }
  pages.text(`账单存证 Commitment: ${statement.commitment}`, 7, { ...place, grey: true });
  if (pageHash !== undefined) {
    pages.text(`核验页 SHA-256 of the page: ${pageHash}`, 7, { ...place, grey: true });
  }
  if (share === undefined) return;
  pages.y = Math.max(pages.y, top + (QR_MM + 8) * MM);
  pages.text(share.code, 11, { x: MARGIN + 4 * MM, width: QR_MM * MM + 8 * MM });
}

/** Rows of modules without a border, which the place around the code is. */
function codeOf(url: string): boolean[][] {
  const code = encodeQR(url, 'raw', { ecc: 'medium', border: 1 });
  return code.slice(1, -1).map((row) => row.slice(1, -1));
}

/** `2026-09-01 00:00` on the wall of the zone. */
function localTime(at: string, zone: string): string {
  const { year, month, day, minuteOfDay } = zoneOf(zone).localParts(parseTime(at));
  const two = (part: number) => String(part).padStart(2, '0');
  const date = `${year}-${two(month)}-${two(day)}`;
  return `${date} ${two(Math.floor(minuteOfDay / 60))}:${two(minuteOfDay % 60)}`;
}
