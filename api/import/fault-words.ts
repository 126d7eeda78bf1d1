import type { Language } from '../language.ts';

/** What is told of a row, in English and Chinese; `#` stands for what is expected or meant. */
const WORDS = {
  'account-of-other': ['Another tenant pays by this account.', '该账户属于另一租户。'],
  'account-unknown': [
    'There is no such account: import its lease first.',
    '没有这个账户，请先导入租约。',
  ],
  'bad-day': ['Write a day that exists as 2026-09-30.', '请写成存在的日期，例如 2026-09-30。'],
  'bad-form': ['This does not have the form that is expected here.', '内容格式不符。'],
  'bad-id': [
    'Write 1 to 64 letters, digits, ".", "_" or "-", no space.',
    '请用 1 至 64 个字母、数字或 “.”“_”“-”，不含空格。',
  ],
  'bad-money': ['Write an amount such as 1200.00.', '请写金额，例如 1200.00。'],
  'bad-number': ['Write a number such as 86.5.', '请写数字，例如 86.5。'],
  'bridge-unknown': ['There is no such bridge: create it first.', '没有这个采集器，请先创建。'],
  'date-serial': [
    'This is a number of a spreadsheet, not a day. Is # meant? Format the column as a date.',
    '这是表格的日期序号而非日期，是否为 #？请将该列设为日期格式。',
  ],
  'day-not-id': [
    'The spreadsheet made a date of it. Format the column as text and write it again.',
    '表格已将其转为日期，请将该列设为文本格式后重填。',
  ],
  duplicate: ['Row # has the same.', '与第 # 行重复。'],
  'lease-dates': ['A lease ends on its first day or later.', '到期日不得早于起租日。'],
  'lease-exists': ['There is another lease under this number.', '该编号已有另一租约。'],
  'lease-too-large': ['A lease has at most # rooms.', '一份租约最多 # 个房间。'],
  'leading-zeros-lost': [
    'There is no such number, but there is #. Has the spreadsheet cut off the zeros?',
    '没有这个编号，但有 #，表格可能去掉了前导零。',
  ],
  'ledger-refused': ['The ledger refused: #', '账本拒绝：#'],
  'merged-cells': [
    'The cell is merged with others. Undo that and fill in every row.',
    '该单元格已合并，请取消合并并逐行填写。',
  ],
  'meter-connected': ['The meter serves room #.', '该表已用于房间 #。'],
  missing: ['Something has to stand here.', '此处必填。'],
  'number-not-text': [
    'The spreadsheet keeps this as a number and loses digits. Format the column as text.',
    '表格将其存为数字，会丢失位数，请将该列设为文本格式。',
  ],
  'opening-exists': [
    'Another opening balance was credited before: #. Correct it by an adjustment.',
    '此前已入账期初余额 #，请用调整更正。',
  ],
  'opening-negative': [
    'A debt takes two people: post it as an adjustment.',
    '欠款须由两人经手，请以调整入账。',
  ],
  'person-erased': ['What was known of this tenant was erased for good.', '该租户资料已永久删除。'],
  'room-exists': ['The room is on floor # already.', '该房间已在 #。'],
  'room-full': ['A room has at most # meters.', '一个房间最多 # 个表计。'],
  'room-let': ['The room is let. Replace its meters one by one.', '房间已出租，请逐个更换表计。'],
  'room-taken': ['Lease # has the room at that time.', '该期间房间已由租约 # 占用。'],
  'room-unknown': ['There is no such room.', '没有这个房间。'],
  scientific: [
    'The spreadsheet has shortened a long number; its last digits are lost. Format as text.',
    '表格已将长数字缩写，末位已丢失，请设为文本格式后重填。',
  ],
  'tariff-unit': ['The tariff is in another unit.', '电价方案的单位不同。'],
  'tariff-unknown': ['There is no such tariff: publish it first.', '没有这个电价方案，请先公布。'],
  'tenant-exists': ['There is or was another tenant under this number.', '该编号已有另一租户。'],
  'tenant-unknown': ['There is no such tenant.', '没有这个租户。'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

export type FaultCode = keyof typeof WORDS;

export function faultText(code: FaultCode, expected: string, language: Language): string {
  const [english, chinese] = WORDS[code];
  return (language === 'en' ? english : chinese).replace('#', expected);
}
