import type { Lang } from '../../ledger/core/words/format.ts';

/** What only the command line says; findings are said by the catalogue of ledger/core/words/. */
export interface Words {
  readonly verified: string;
  readonly failed: string;
  readonly incomplete: string;
  readonly unusable: string;
  readonly unreachable: string;
  readonly expired: string;
  /** Ten short names, step 1 first. */
  readonly steps: readonly string[];
  bill(period: string, account: string, amount: string): string;
  more(count: number): string;
  readonly noFile: string;
  readonly replayed: string;
  readonly twoHistories: string;
  /** What two files prove together. */
  contradiction(origin: string, size: number): string;
  explain(code: string): string;
}

const en: Words = {
  verified: 'VERIFIED',
  failed: 'FAILED',
  incomplete: 'INCOMPLETE',
  unusable: 'UNUSABLE',
  unreachable: 'UNREACHABLE',
  expired: 'EXPIRED',
  steps: [
    'file',
    'identity',
    'signatures',
    'readings',
    'tariff',
    'money',
    'log',
    'witnesses',
    'chain',
    'history',
  ],
  bill: (period, account, amount) => `bill ${period}, account ${account}, ${amount}`,
  more: (count) => `and ${count} more of the same step`,
  noFile: 'The file cannot be read.',
  replayed: 'The readings were replayed from a file, not read from a meter.',
  twoHistories: 'TWO HISTORIES',
  contradiction: (origin, size) =>
    `${origin} signed two different logs of ${size} entries. Keep both files, call the auditor.`,
  explain: (code) => `(billproof explain ${code})`,
};

const zhCn: Words = {
  verified: '核验一致',
  failed: '未通过',
  incomplete: '内容不全',
  unusable: '无法识别',
  unreachable: '无法取得',
  expired: '已失效',
  steps: ['文件', '账本', '签名', '读数', '电价', '收支', '日志', '见证', '上链', '历史'],
  bill: (period, account, amount) => `账单 ${period}，账户 ${account}，${amount}`,
  more: (count) => `此项另有 ${count} 处`,
  noFile: '无法读取文件。',
  replayed: '读数由文件回放，并非抄自电表。',
  twoHistories: '两份历史',
  contradiction: (origin, size) =>
    `${origin} 为 ${size} 条记录签署了两份不同的日志。请保留两份文件，并联系审计方。`,
  explain: (code) => `(billproof explain ${code})`,
};

export const cliWords: Readonly<Record<Lang, Words>> = { en, 'zh-CN': zhCn };
