/**
 * The chart of accounts: which account of the general ledger each book of the log belongs to. Codes and
 * Chinese names are those of the Accounting Standards for Business Enterprises where these have one
 * (docs/books.md says which are ours). A book that no row names lands in `UNASSIGNED`, where it is seen.
 */
export const CHART = [
  account('1001', 'Cash and receipts at the desk', '库存现金及柜台收款', 'asset', ['cash']),
  account('1002', 'Bank', '银行存款', 'asset', ['bank']),
  account('1012', 'Cash in transit', '在途资金（支付机构）', 'asset', ['transit']),
  account(
    '1122',
    'Debts put aside and emergency credit',
    '应收账款（分期旧欠与应急额度）',
    'asset',
    [...['debt', 'emergency']],
  ),
  account('2203', 'Prepaid by tenants', '预收账款（租户预付）', 'liability', ['prepaid']),
  account('2221', 'Taxes payable', '应交税费', 'liability', ['tax']),
  account('2241', 'Money whose owner is not known', '其他应付款（待查款项）', 'liability', [
    ...['suspense', 'prepaid:suspense'],
  ]),
  account('2242', 'Refunds payable', '其他应付款（应付退款）', 'liability', ['refunds']),
  account('2243', 'Pass-through payable', '其他应付款（代收代付）', 'liability', ['pass-through']),
  account('2244', 'Clearing', '其他应付款（清算）', 'liability', ['clearing']),
  account('2245', 'Deposits of tenants', '其他应付款（押金）', 'liability', ['deposit']),
  account('6001', 'Revenue', '主营业务收入', 'income', ['revenue']),
  account('6601', 'Goodwill', '销售费用（优惠）', 'expense', ['goodwill']),
  account('6603', 'Fees of payment providers', '财务费用（手续费）', 'expense', ['fees']),
  account('6702', 'Debts given up', '信用减值损失（坏账）', 'expense', ['write-off']),
  account('6711', 'Rounding', '营业外支出（尾差）', 'expense', ['rounding']),
  account('9999', 'Not assigned', '未分类', 'asset', []),
] as const satisfies readonly ChartAccount[];

/** Books that nobody has named in the chart yet. */
export const UNASSIGNED = '9999';
export const PREPAID = '2203';

export type AccountSide = 'asset' | 'liability' | 'income' | 'expense';

export interface ChartAccount {
  readonly code: string;
  readonly name: string;
  readonly nameZh: string;
  readonly side: AccountSide;
  /** Books that begin with one of these, at a colon or as a whole; the longest one counts. */
  readonly books: readonly string[];
}

/** Where a book stands: its account, and what tells books of one account apart. */
export interface ChartPlace {
  readonly code: string;
  /** The wallet, provider or method; '' where the book has none. */
  readonly part: string;
}

/** `prepaid:a-7:water` is 2203, water; `transit:alipay` is 1012, alipay. */
export function placeOf(book: string): ChartPlace {
  const part = book.includes(':') ? book.slice(book.lastIndexOf(':') + 1) : '';
  let [best, code] = ['', UNASSIGNED];
  for (const account of CHART) {
    for (const named of account.books) {
      const isIn = book === named || book.startsWith(`${named}:`);
      if (isIn && named.length > best.length) [best, code] = [named, account.code];
    }
  }
  return { code, part: code === UNASSIGNED ? book : part };
}

export function accountOfCode(code: string): ChartAccount | undefined {
  return CHART.find((account) => account.code === code);
}

function account(
  code: string,
  name: string,
  nameZh: string,
  side: AccountSide,
  books: readonly string[],
): ChartAccount {
  return { code, name, nameZh, side, books };
}
