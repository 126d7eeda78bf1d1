import type { Lang } from './format.ts';
import { fill, type Params, say } from './render.ts';

/**
 * What is wrong with a tariff or a charge, in English and Chinese: for whoever writes a price list. Kept
 * apart from `en.ts`, since the verification page, which has to be small, does not show these.
 */
export const tariffWords: Readonly<Record<string, readonly [english: string, chinese: string]>> = {
  // The parts of every price list
  'unknown-zone': ['There is no time zone {zone}.', '没有时区 {zone}。'],
  'validity-empty': [
    'It ends ({validTo:date}) before it begins ({validFrom:date}).',
    '截止日（{validTo:date}）不晚于生效日（{validFrom:date}）。',
  ],
  'no-tier': ['It has no tier. Give at least one.', '没有阶梯，请至少设一档。'],
  'tier-twice': ['Tier {tier} is named twice.', '阶梯 {tier} 重名。'],
  'tier-limit-missing': [
    'Tier {tier} has no limit, and tiers follow it.',
    '阶梯 {tier} 未设上限，其后却还有阶梯。',
  ],
  'last-tier-limited': [
    'The last tier {tier} ends at {upTo}; nothing prices use above it.',
    '末档 {tier} 止于 {upTo}，超出部分无价。',
  ],
  'tier-order': [
    'Tier {tier} ends at {upTo}, not above the one before.',
    '阶梯 {tier} 的上限 {upTo} 不高于前一档。',
  ],
  'tier-limit-twice': [
    'Tier {tier} has two limits. Give a quantity or a percentage.',
    '阶梯 {tier} 有两个上限，请只填数量或百分比之一。',
  ],
  'tier-limits-mixed': [
    'Some limits are quantities, others percentages. Use one kind.',
    '上限既有数量又有百分比，请统一。',
  ],
  'tier-unreachable': [
    'Tier {tier} ends at {upTo}, within the free {free}: it is never used.',
    '阶梯 {tier} 止于 {upTo}，落在免费量 {free} 之内，永远用不到。',
  ],
  'date-invalid': ['There is no day {date}.', '没有 {date} 这一天。'],
  'date-twice': ['{date} is in the calendar twice.', '日历中 {date} 重复。'],
  'season-twice': ['Season {season} is named twice.', '季节 {season} 重名。'],
  'month-twice': [
    'Month {month} is in season {season} and in {other}.',
    '{month} 月同属季节 {season} 和 {other}。',
  ],
  'month-missing': ['Month {month} is in no season.', '{month} 月不属于任何季节。'],
  'day-twice': [
    'Season {season} has two plans for the day {day}.',
    '季节 {season} 中 {day} 有两份时段表。',
  ],
  'day-missing': [
    'Season {season} has no plan for the day {day}.',
    '季节 {season} 中 {day} 没有时段表。',
  ],
  'span-empty': [
    'Season {season}, {day}: the span {from}-{to} is empty.',
    '季节 {season}（{day}）的时段 {from}-{to} 为空。',
  ],
  'tariff-gap': [
    'Season {season}, {day}: nothing is priced from {from} to {to}.',
    '季节 {season}（{day}）{from} 至 {to} 无价。',
  ],
  'tariff-overlap': [
    'Season {season}, {day}: {from} to {to} is in two spans.',
    '季节 {season}（{day}）{from} 至 {to} 同属两个时段。',
  ],
  'price-missing': [
    'There is no price for {period:word} in tier {tier}.',
    '{period:word}时段在阶梯 {tier} 没有价格。',
  ],
  'price-spare': [
    'No span and tier uses the price for {period:word}, tier {tier}.',
    '{period:word}时段、阶梯 {tier} 的价格无处可用。',
  ],
  'price-twice': [
    '{period:word}, tier {tier} has two prices.',
    '{period:word}时段、阶梯 {tier} 有两个价格。',
  ],
  'price-differs-from-components': [
    '{period:word}, tier {tier}: printed {printed}, its parts give {computed}. The printed price is billed.',
    '{period:word}时段、阶梯 {tier}：公布价 {printed}，按构成应为 {computed}；以公布价计费。',
  ],
  'price-differs-from-excess': [
    '{period:word}, tier {tier}: printed {printed}, the multiple gives {computed}. The printed price is billed.',
    '{period:word}时段、阶梯 {tier}：公布价 {printed}，按加价倍数应为 {computed}；以公布价计费。',
  ],
  'fee-twice': ['Fee {fee} is named twice.', '费用 {fee} 重名。'],

  // The parts of format 2
  'tariff-empty': ['It charges nothing at all.', '此价目不收取任何费用。'],
  'quota-missing': [
    'A tier ends at a percentage[ ({percent})], but no quota is named.',
    '有阶梯按百分比[（{percent}）]设限，却未指明定额。',
  ],
  'quota-idle': ['It names a quota, but no tier uses it.', '指明了定额，却没有阶梯用到。'],
  'multiple-spare': [
    'There is a multiple for {tier}, which is no tier above the quota.',
    '加价倍数所指的 {tier} 不是超定额阶梯。',
  ],
  'multiple-missing': ['Tier {tier} has no multiple.', '阶梯 {tier} 没有加价倍数。'],
  'index-tiers': [
    'An indexed price needs exactly one tier and no free allowance; here are {tiers}.',
    '指数价格须恰有一档阶梯且无免费量，此处有 {tiers} 档。',
  ],
  'demand-unit': [
    'Demand is charged in kW, but the unit is {unit}, not kWh.',
    '需量按 kW 计费，计量单位却是 {unit}，而非 kWh。',
  ],
  'share-twice': ['Share {share} is named twice.', '分摊项 {share} 重名。'],
  'share-price-missing': [
    'Share {share} divides a quantity, but has no price.',
    '分摊项 {share} 按数量分摊，却没有价格。',
  ],
  'share-price-spare': [
    'Share {share} divides an amount; its price is never used.',
    '分摊项 {share} 按金额分摊，价格无用。',
  ],
  'cap-below-price': [
    'The daily cap {cap} is below the price of one block, {price}.',
    '每日封顶 {cap} 低于单个计时单位的价格 {price}。',
  ],
  'number-impossible': [
    '{value} is impossible here: between {min} and {max}.',
    '数值 {value} 不合理，应在 {min} 与 {max} 之间。',
  ],

  // What the charges refuse
  'tariff-not-metered': [
    'Price list {tariff} has no price for metered use.',
    '价目 {tariff} 没有计量价格。',
  ],
  'term-missing': ['The terms of the account do not give {term}.', '账户约定中缺少 {term}。'],
  'terms-late': [
    'Terms from {from} on are logged before that month begins.',
    '自 {from} 起的约定须在该月开始之前记入。',
  ],
  'terms-version': [
    'The next terms of this account are number {expected}, not {found}.',
    '此账户的下一份约定应为第 {expected} 份，而非第 {found} 份。',
  ],
  'term-negative': [
    '{term} in the terms of the account is {found}, below zero.',
    '账户约定中的 {term} 为 {found}，小于零。',
  ],
  'basis-missing': [
    'Price list {tariff} charges power; the terms do not say on which basis.',
    '价目 {tariff} 收取基本电费，账户约定未注明计费方式。',
  ],
  'event-day-late': [
    '{date} had begun when it was put on record as an event day.',
    '{date} 已开始，才被记为尖峰事件日。',
  ],
  'event-day-twice': ['{date} is an event day already.', '{date} 已是尖峰事件日。'],
  'event-day-unplanned': [
    'Price list {tariff} has no plan for an event day on {date}.',
    '价目 {tariff} 在 {date} 没有事件日时段表。',
  ],
  'interval-overlap': ['Use at {at:time} is there twice.', '{at:time} 的用量重复。'],
  'bad-stay': [
    'A stay from {from:time} to {to:time} is impossible.',
    '停车时段 {from:time} 至 {to:time} 不成立。',
  ],
  'share-weight': [
    'Account {account} has a weight below zero, or two weights.',
    '账户 {account} 的分摊权重为负或重复。',
  ],
  'share-key-empty': ['Nobody has a part in this key.', '此分摊依据无人参与。'],
  'share-unknown': ['The price list has no share {share}.', '价目中没有分摊项 {share}。'],
  'pool-step': [
    'A pool of {pool} cannot be divided in steps of {step}.',
    '总额 {pool} 无法按 {step} 为单位分摊。',
  ],
  'price-list-step': [
    'A list of {series} has another step than its price list.',
    '序列 {series} 的步长与价目不符。',
  ],
  'price-list-twice': [
    'Two lists of {series} give a value for {at:time}.',
    '序列 {series} 在 {at:time} 有两个值。',
  ],
  'price-list-gap': [
    'No value of {series} is on record for {at:time}.',
    '序列 {series} 在 {at:time} 没有记录值。',
  ],
  'recovery-percent': [
    '{percent} % of a top-up cannot go to old debt.',
    '充值的 {percent} % 不能用于抵扣旧欠。',
  ],
  'split-empty': ['No wallet takes the rest of a top-up.', '没有钱包接收充值的余额。'],
  'split-wallet-twice': ['Wallet {wallet} is named twice.', '钱包 {wallet} 重复。'],
};

/** The sentence of a finding about a tariff, or of a refusal of a charge. */
export function sayTariff(lang: Lang, code: string, params: Params = {}, zone?: string): string {
  const words = Object.hasOwn(tariffWords, code) ? tariffWords[code] : undefined;
  if (words === undefined) return say(lang, code, params, zone);
  return fill(words[lang === 'en' ? 0 : 1], lang, params, zone);
}
