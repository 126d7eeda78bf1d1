/** Utilities, periods and kinds of moves in both languages; whatever else there is stands as it is named. */
const NAMES: Readonly<Record<string, string>> = {
  electricity: '电 Electricity',
  water: '水 Water',
  gas: '燃气 Gas',
  heat: '供热 Heat',
  hvac: '空调 HVAC',
  cooling: '供冷 Cooling',
  'property-fee': '物业费 Property fee',
  parking: '停车 Parking',
  sharp: '尖 Sharp',
  peak: '峰 Peak',
  flat: '平 Flat',
  valley: '谷 Valley',
  'deep-valley': '深谷 Deep valley',
  fee: '费用 Fee',
  demand: '需量 Demand',
  share: '公摊 Share',
  minimum: '最低消费 Minimum',
  tax: '税 Tax',
  'refund.paid': '退款 Refund',
  'reversal.posted': '冲正 Reversal',
  'adjustment.posted': '调整 Adjustment',
};

export function nameOf(id: string): string {
  return NAMES[id] ?? id;
}
