import { exceptionDoc, type ReconciliationDoc } from '../../ledger/core/reconciliation.ts';
import { showMoney } from '../../ledger/core/words/format.ts';
import type { PdfFonts } from './pdf-fonts.ts';
import { PdfPages } from './pdf-pages.ts';

/** The report of a reconciled day on paper: what it comes to, the hashes, each difference and what was decided. */
export async function reconciliationPdf(
  fonts: PdfFonts,
  doc: ReconciliationDoc,
  exceptions: readonly unknown[],
  nowMs: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { source, day, currency, rows, matched, closedAt } = doc;
  const title = `对账报告 Reconciliation ${source} ${day}`;
  const pages = new PdfPages(fonts, { title, atMs: nowMs });
  pages.text(title, 16);
  const state = closedAt === undefined ? '未结账 Open' : `已结账 Closed ${closedAt}`;
  pages.text(
    `${state} · ${rows} 行 rows · ${matched} 相符 matched · ${doc.exceptions} 差异 to look at`,
  );
  pages.text(`文件 File SHA-256: ${doc.file}`, 8, { grey: true });
  pages.text(`报告 Report SHA-256: ${doc.report}`, 8, { grey: true });
  pages.heading(`合计 Sums (${currency})`);
  const { unexplained, remaining, carried } = doc;
  const sums = Object.entries({ ...doc.sums, unexplained, remaining, carried });
  pages.table(
    [
      { title: '项目 Figure', share: 3 },
      { title: `金额 Amount (${currency})`, share: 2, align: 'right' },
    ],
    sums.map(([name, amount]) => [SUMS[name] ?? name, showMoney(amount)]),
  );
  if (exceptions.length > 0) writeExceptions(pages, exceptions);
  return await pages.finish(title);
}

function writeExceptions(pages: PdfPages, exceptions: readonly unknown[]): void {
  pages.heading('差异 Exceptions');
  const money = (amount: string | undefined) => (amount === undefined ? '' : showMoney(amount));
  pages.table(
    [
      { title: '差异 Exception', share: 3 },
      { title: '原因 Reason', share: 2.4 },
      { title: '单号 Number', share: 4 },
      { title: '账本 Ledger', share: 1.8, align: 'right' },
      { title: '支付机构 Provider', share: 1.8, align: 'right' },
      { title: '银行 Bank', share: 1.8, align: 'right' },
      { title: '差额 Difference', share: 1.8, align: 'right' },
      { title: '处理 Decided', share: 4 },
    ],
    exceptions.map((one) => {
      const exception = exceptionDoc(one, '');
      const { reason, id, order, refund, ledger, provider, bank, difference } = exception;
      const last = exception.actions.at(-1);
      return [
        ...[exception.exception, reason, id ?? refund ?? order ?? ''],
        ...[money(ledger), money(provider), money(bank), showMoney(difference)],
        last === undefined ? '' : `${last.action} · ${last.by} · ${last.note}`,
      ];
    }),
    6.5,
  );
}

const SUMS: Readonly<Record<string, string>> = {
  orders: '订单 Orders',
  credits: '入账 Credits',
  gross: '收款 Gross',
  refunds: '退款 Refunds',
  fees: '手续费 Fees',
  others: '其他 Others',
  payout: '划付 Payout',
  bank: '银行 Bank',
  unexplained: '未解释 Unexplained',
  remaining: '未处理 Not decided',
  carried: '结转 Carried',
};
