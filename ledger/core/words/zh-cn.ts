import type { Catalogue } from './en.ts';

/** Simplified Chinese, with full-width punctuation (GB/T 15834). Templates as in en.ts. */
export const zhCn: Catalogue = {
  'state-empty': '核验账单：扫描二维码或选择文件，文件不会离开本设备。',
  'state-checking': '正在核验（{layer}/10）：{layer:step}……',
  'state-verified':
    '账单核验一致：{amount:money} {currency:unit}，由本设备根据 {readings:count} 条签名读数复算。',
  'state-failed': '请勿以此账单为准：第 {layer} 项（{layer:step}）未通过。',
  'state-incomplete': '无法得出结论：内容不全，已有部分未发现问题。',
  'state-unusable': '无法识别此文件，请索取 .billproof 文件。',
  'state-unreachable': '暂时无法取得账单，不代表账单有问题。请重试或打开文件。',
  'state-expired': '此二维码已失效，请登录或索取账单文件。',
  'state-fault': '核验页自身出错（{fault}），账单未被判定。',

  'layer-1-question': '文件是否完整',
  'layer-2-question': '是否出自本楼账本',
  'layer-3-question': '读数是否经签名且未改动',
  'layer-4-question': '读数有无缺漏',
  'layer-5-question': '电价是否先公布、逐行是否算对',
  'layer-6-question': '收支是否相符',
  'layer-7-question': '是否已记入公开日志',
  'layer-8-question': '独立见证方所见是否一致',
  'layer-9-question': '是否已上链存证',
  'layer-10-question': '与上次核验的历史是否一致',
  'layer-1-name': '文件',
  'layer-2-name': '账本',
  'layer-3-name': '签名',
  'layer-4-name': '读数',
  'layer-5-name': '电价',
  'layer-6-name': '收支',
  'layer-7-name': '公开日志',
  'layer-8-name': '见证',
  'layer-9-name': '上链存证',
  'layer-10-name': '历史',

  'bundle-whole': '{events:count} 条记录，{readings:count} 条读数',
  'identity-pinned': '出自您指定的账本：{origin}。',
  'identity-remembered': '与上次核验的账本相同：{origin}。',
  'identity-first-use': '本设备首次核验账本 {origin}，请与楼内公示的名称核对。',
  'readings-authentic': '{meters} 块表的 {count:count} 条读数均有签名，未经改动。',
  'readings-complete': '{count:count} 条读数无缺漏，另有 {failedPolls:count} 次抄表失败记录在案。',
  'tariff-ok': '{lines:count} 行逐位复算一致，价格均在执行前公布。',
  'tariff-order-shown':
    '{lines:count} 行逐位复算一致。价格先于账单记入日志：次序可证，公布日期未证。',
  'money-ok':
    '期初 {opening:money} + 充值 {credits:money} - 扣费 {charges:money} = 期末 {closing:money}',
  'in-log': '位于公开日志第 {index:count} 条，日志共 {size:count} 条。',
  'signed-ok': '账本已签名。',
  'signed-no-witness-required': '账本已签名；其规则未要求见证方。',
  'anchor-none': '尚未上链存证，出账后 5 分钟内属正常。',
  'history-same': '与上次核验时的日志相同。',
  'history-consistent':
    '自上次核验以来，日志由 {seen:count} 条增至 {size:count} 条，原有记录未变。',
  'history-first-use': '本设备首次核验，以后将与本次比对。',
  'history-no-proof': '此文件无法与上次核验衔接，请联网打开账单后比对。',

  'bad-shape': '文件在 {pointer} 处缺失或有误，请重新索取。',
  'json-*': '文件已损坏，或曾被其他软件另存，请重新索取。',
  'bad-*': '文件有一处不是账本的写法[：{detail}][（{pointer}）]，请重新索取。',
  'policy-*': '可信账本清单无法识别[（第 {line} 行）]，请重新取得。',
  'checkpoint-*': '文件中的日志状态无法识别，请重新索取。',
  'bundle-too-large': '文件过大，账单不会如此。',
  'unknown-format': '文件格式不同（{format}），请换用新版核验页。',

  'identity-other-log': '账单出自 {origin}，而非 {expected}。请向物业核实本楼账本。',
  'identity-other-key': '账本 {origin} 所用签名密钥与您信任的不同。物业说明之前，请勿付款。',

  'reading-chain-broken': '表 {meter} 第 {seq} 条读数与前一条不衔接，读数曾被改动或调换。',
  'batch-signature': '采集器 {bridge} 对其读数（第 {batch} 批）的签名不实，读数并非电表当时所示。',
  'batch-root': '表 {meter} 第 {seq} 条读数不在已签名的读数之中。',
  'batch-missing': '读数有 {expected} 组，签名有 {found} 个，部分读数未签名。',
  'device-key-unknown': '读数由采集器 {bridge} 的未登记设备签名。',

  'reading-gap': '表 {meter} 缺第 {first:span:last} 条读数（{from:span:to}），用量无法确认。',
  'reading-order': '表 {meter} 第 {seq} 条读数次序不对或重复。',
  'reading-status': '表 {meter} 第 {seq} 条读数不可计费：{status:word}。',
  'clock-unsynchronised':
    '表 {meter} 第 {seq} 条读数（{at:time}）时采集器时钟未校准，峰谷时段可能错位。',
  'meter-changed': '期初读数来自表 {from}，期末来自表 {to}，账本无换表记录。',
  'serial-changed':
    '表 {meter} 第 {seq} 条读数来自设备 {found}，此前来自 {expected}，账本无换表记录。',

  'interval-mismatch': '第 {line} 行（{at:time}）所用并非表 {meter} 的相应读数。',
  'quantity-differs':
    '第 {line} 行（表 {meter}，{at:date}）：计费 {charged:number}，读数得 {expected:number} {unit}。',
  'rate-differs':
    '第 {line} 行（{at:date}{period:word}）计价 {charged}，公布价 {published} {currency:unit}/{unit}，{over:excess}。',
  'amount-differs':
    '第 {line} 行（{at:date}{period:word}）收取 {charged:money}，应为 {expected:money} {currency:unit}，{over:excess}。',
  'lines-differ': '表 {meter} 在 {at:time}的扣费有 {found} 行，按公布价应为 {expected} 行。',
  'tariff-unknown': '所用价目 {tariff} 不在文件中。',
  'tariff-late': '{published:date}公布，却自 {validFrom:date}执行。',
  'tariff-not-in-log': '价目 {tariff} 未能证明已记入公开日志。',
  'tariff-hash-differs': '账单所用价目 {tariff} 的内容与公布的不同。',
  'used-differs':
    '表 {meter} 计入阶梯的用量为 {found:number}，应为 {expected:number}（{at:date}）。',
  'rounding-differs':
    '第 {line} 行（{at:date}{period:word}）未按声明舍入：收取 {charged:money}，应为 {expected:money} {currency:unit}。',

  'event-chain-broken': '账户第 {n} 条记录与前一条不衔接，记录曾被改动或遗漏。',
  'event-account-differs': '第 {n} 条记录属于账户 {found}，而非 {expected}。',
  'event-log-differs': '第 {n} 条记录属于账本 {found}，而非 {expected}。',
  'postings-unbalanced':
    '第 {n} 条记录（{at:date}）借贷不平，相差 {difference:money} {currency:unit}。',
  'postings-differ': '第 {n} 条记录（{at:date}）入账 {found:money}，费用却为 {expected:money}。',
  'balance-differs':
    '第 {n} 条记录（{at:date}）后的余额：所列 {found:money}，复算 {expected:money} {currency:unit}。',
  'statement-differs': '账单写 {found}，按其记录应为 {expected}（{pointer} 处）。',
  'statement-missing': '文件中没有本期账单，请重新索取。',
  'opening-differs': '期初余额 {found:money}，上期期末却为 {expected:money} {currency:unit}。',

  'inclusion-failed': '公开日志第 {index} 条并非此账单，账单可能从未入账。',
  'history-forked': '今日日志与本机[ {at:date}]所见矛盾，请保留文件并联系审计方。',
  'identity-origin-differs': '文件写有两个账本：{expected} 与 {found}，请重新索取。',
  'event-gap': '账户缺第 {expected} 条记录，其后为第 {found} 条，可能漏了充值或扣费。',
  'fact-inclusion-failed': '本账单所依据的规则（{type}，第 {index} 条）不在公开日志中。',
  'signature-missing': '账本未对日志的这一状态签名。',
  'signature-invalid': '账本对日志这一状态的签名不实。',
  'log-not-trusted': '可信账本清单中没有 {origin}。',
  'quorum-missing': '确认此日志的独立见证方不足，他人所见可能不同。',
  'checkpoint-other-log': '日志状态与账单不属同一账本。',
  witnessed: '已有 {witnesses} 个独立见证方确认。',
  'reading-other-bridge': '表 {meter} 第 {seq} 条读数并非由签名的采集器所抄。',
  'meter-split': '表 {meter} 的读数两次起头，其间用量无法确认。',
  'readings-missing': '账单对表 {meter} 收费，文件中却没有其读数。',
  'reading-ends-differ':
    '表 {meter} 的读数起止与账单不符（自第 {found} 条起，账单自第 {expected} 条起）。',
  'meters-differ': '读数属于表 {found}，账单却对表 {expected} 收费。',
  'reading-time-order': '表 {meter} 第 {seq} 条读数（{at:time}）的时间不晚于前一条。',
  'paper-differs': '纸面 {paper:money}，账本 {ledger:money}。',

  'excess-over': '多收 {amount:money} {currency:unit}',
  'excess-under': '少收 {amount:money} {currency:unit}',
  'excess-none': '金额无差异',
  'unknown-code': '原因代码 {code}，此版本没有相应说明，请换用新版。',

  'word-sharp': '尖峰',
  'word-peak': '峰',
  'word-part-peak': '次峰',
  'word-flat': '平',
  'word-off-peak': '非峰',
  'word-valley': '谷',
  'word-deep-valley': '深谷',
  'word-all': '全天',
  'word-electricity': '电',
  'word-water': '水',
  'word-gas': '燃气',
  'word-cooling': '空调冷量',
  'word-exchanged': '电表已更换',
  'word-reset': '计数已清零',
  'word-out-of-range': '数值超出范围',
  'unit-CNY': '元',
};
