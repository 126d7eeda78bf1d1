import type { Lang } from '../../ledger/core/words/format.ts';

export interface InspectWords {
  readonly unjudged: string;
  readonly money: string;
  readonly meters: string;
  readonly lines: string;
  readonly facts: string;
  bill(period: string, account: string, amount: string): string;
  span(from: string, to: string, zone: string): string;
  log(origin: string, index: string, size: string): string;
  holds(events: string, readings: string): string;
  produced(by: string, at: string): string;
  readings(total: number, failed: number): string;
  entries(count: number): string;
  anchors(count: number): string;
}

const en: InspectWords = {
  unjudged: 'What the file says of itself; nothing of it is judged here.',
  money: 'Wallets (opening + top-ups - charges = closing):',
  meters: 'Meters (first -> last value = use, after transformer ratios):',
  lines: 'Lines (quantity x price = amount):',
  facts: 'Rules that the bill leans on, each with its own proof:',
  bill: (period, account, amount) => `Bill ${period}, account ${account}, ${amount}`,
  span: (from, to, zone) => `From ${from} to ${to}, ${zone}`,
  log: (origin, index, size) => `Ledger ${origin}, entry ${index} of ${size}`,
  holds: (events, readings) => `Holds ${events} events, ${readings} readings`,
  produced: (by, at) => `Made by ${by}, ${at} (not signed)`,
  readings: (total, failed) => `${total} readings, ${failed} of them without a value`,
  entries: (count) => String(count),
  anchors: (count) => `Receipts of a shared chain: ${count}`,
};

const zhCn: InspectWords = {
  unjudged: '以下为文件自述，此处不作判断。',
  money: '钱包（期初 + 充值 - 扣费 = 期末）：',
  meters: '表计（起 -> 止 = 用量，已乘变比）：',
  lines: '明细（用量 x 单价 = 金额）：',
  facts: '账单所依据的规则，各有证明：',
  bill: (period, account, amount) => `账单 ${period}，账户 ${account}，${amount}`,
  span: (from, to, zone) => `自 ${from} 至 ${to}，时区 ${zone}`,
  log: (origin, index, size) => `账本 ${origin}，第 ${index} 条，共 ${size} 条`,
  holds: (events, readings) => `含 ${events} 条记录，${readings} 条读数`,
  produced: (by, at) => `由 ${by} 于 ${at} 生成（未签名）`,
  readings: (total, failed) => `${total} 条读数，其中 ${failed} 条无数值`,
  entries: (count) => `${count} 条`,
  anchors: (count) => `链上存证回执：${count}`,
};

export const inspectWords: Readonly<Record<Lang, InspectWords>> = { en, 'zh-CN': zhCn };
