import { Refusal } from '../../ledger/core/refusal.ts';
import type { Sheet } from './read-table.ts';

/** What a cell has to be: an id, a day, money, a number, an integer, or text as people write it. */
export type ColumnType = 'id' | 'ids' | 'day' | 'money' | 'number' | 'text';

export interface Column {
  readonly name: string;
  readonly zh: string;
  readonly type: ColumnType;
  readonly isOptional?: boolean;
}

const must = (name: string, zh: string, type: ColumnType): Column => ({ name, zh, type });
const may = (name: string, zh: string, type: ColumnType): Column => ({
  ...{ name, zh, type, isOptional: true },
});

/** The tables that can be imported, in the order in which they are: what comes later names what is before. */
export const TEMPLATES = {
  rooms: [
    ...[must('building', '楼栋', 'id'), must('floor', '楼层', 'id'), must('room', '房间', 'id')],
    ...[may('name', '名称', 'text'), may('area', '面积', 'number')],
  ],
  meters: [
    ...[must('meter', '表号', 'id'), must('room', '房间', 'id'), may('serial', '出厂编号', 'text')],
    ...[must('bridge', '采集器', 'id'), must('register', '寄存器', 'text')],
    ...[must('unit', '单位', 'text'), must('wallet', '钱包', 'text'), may('ct', 'CT', 'number')],
    ...[may('pt', 'PT', 'number'), must('tariff', '电价方案', 'id')],
    ...[may('modulus', '量程', 'number'), may('maxPerHour', '每小时上限', 'money')],
  ],
  tenants: [
    ...[must('tenant', '租户', 'id'), must('kind', '类型', 'text'), must('name', '名称', 'text')],
    ...[may('number', '证件号', 'id'), may('address', '地址', 'text')],
    ...[
      may('contact', '联系人', 'text'),
      may('phone', '电话', 'text'),
      may('email', '邮箱', 'text'),
    ],
  ],
  leases: [
    ...[must('lease', '租约', 'id'), must('tenant', '租户', 'id'), must('rooms', '房间', 'ids')],
    ...[may('account', '账户', 'id'), must('from', '起租日', 'day'), may('to', '到期日', 'day')],
    ...[may('area', '面积', 'number'), may('deposit', '押金', 'money')],
  ],
  balances: [
    ...[must('account', '账户', 'id'), must('wallet', '钱包', 'text')],
    must('amount', '金额', 'money'),
  ],
} as const satisfies Record<string, readonly Column[]>;
export type TableKind = keyof typeof TEMPLATES;
export const TABLE_KINDS = Object.keys(TEMPLATES).filter(isKind);

export interface Table {
  readonly kind: TableKind;
  readonly sheet: Sheet;
  /** Where each column of the template stands in the sheet; absent ones are optional. */
  readonly columns: readonly { readonly column: Column; readonly at: number }[];
}

/**
 * Which table a sheet is, by its first row in English or Chinese, in any order. Refuses `import-header`
 * where that is no template's, or names a column that the template does not have, or one twice.
 */
export function recognise(sheet: Sheet): Table {
  const heads = (sheet.rows[0] ?? []).map((cell) => cell?.text.normalize('NFKC').trim() ?? '');
  const fits = TABLE_KINDS.map((kind) => {
    const template: readonly Column[] = TEMPLATES[kind];
    const columns = template.flatMap((column) => {
      const at = heads.findIndex((head) => isHead(head, column));
      return at < 0 ? [] : [{ column, at }];
    });
    const isWhole = template.every((column) => {
      return column.isOptional === true || columns.some((found) => found.column === column);
    });
    return { kind, sheet, columns, isWhole };
  }).filter(({ isWhole }) => isWhole);
  const [best] = fits.sort((a, b) => b.columns.length - a.columns.length);
  const left = heads.filter((head, at) => {
    return head !== '' && best?.columns.every((found) => found.at !== at);
  });
  if (best === undefined || left.length > 0) {
    throw new Refusal(
      'import-header',
      best === undefined
        ? `The first row of ${sheet.name} names the columns of no table. Take a template.`
        : `Table ${best.kind} has no such columns, or has them once: ${left.join(', ').slice(0, 200)}.`,
      { sheet: sheet.name, columns: left.join(', ').slice(0, 200) },
    );
  }
  return best;
}

function isHead(head: string, { name, zh }: Column): boolean {
  return head.toLowerCase() === name.toLowerCase() || head === zh;
}

function isKind(name: string): name is TableKind {
  return Object.hasOwn(TEMPLATES, name);
}
