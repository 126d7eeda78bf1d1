import type { Catalogue } from './en.ts';

/** Simplified Chinese, with full-width punctuation (GB/T 15834). Templates as in en.ts. */
export const zhCn: Catalogue = {
  // States of a check
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

  // Layer 1: the file
  'bundle-whole': '{events:count} 条记录，{readings:count} 条读数',
  'json-*': '文件已损坏或被软件改动，请重新索取。',
  'bad-shape': '文件在 {pointer} 处缺失或有误，请重新索取。',
  'bad-*': '文件有误[：{detail}][（{pointer}）]，请重新索取。',
  'bundle-too-large': '文件过大，账单不会如此。',
  'unknown-format': '文件格式不同（{format}），请换用新版。',
  'statement-missing': '文件中没有账单，请重新索取。',
  'event-account-differs': '第 {n} 条记录属于账户 {found}，而非 {expected}。',

  // Layer 2: whose ledger
  'identity-pinned': '出自您指定的账本：{origin}。',
  'identity-remembered': '与上次核验的账本相同：{origin}。',
  'identity-first-use': '本设备首次核验账本 {origin}，请与楼内公示的名称核对。',
  'identity-origin-differs': '文件写有两个账本：{expected} 与 {found}。',
  'identity-other-log': '账单出自 {origin}，而非 {expected}，请询问物业。',
  'identity-other-key': '{origin} 的签名密钥与您信任的不同，付款前请询问物业。',
  'event-log-differs': '第 {n} 条记录属于账本 {found}，而非 {expected}。',
  'policy-*': '可信账本清单无法识别[（第 {line} 行）]。',

  // Layer 3: signed readings
  'readings-authentic': '{meters} 块表的 {count:count} 条读数均有签名，未经改动。',
  'reading-chain-broken': '表 {meter} 第 {seq} 条读数与前一条不衔接，读数曾被改动。',
  'batch-signature': '采集器 {bridge} 的签名不实，读数曾被改动。',
  'batch-root': '表 {meter} 第 {seq} 条读数没有签名。',
  'batch-missing': '读数有 {expected} 组，签名有 {found} 个。',
  'device-key-unknown': '采集器 {bridge} 的读数由未登记的设备签名。',
  'device-key-late': '采集器 {bridge} 的设备在账单出具之后才登记。',
  'reading-other-bridge': '表 {meter} 第 {seq} 条读数并非来自签名的采集器。',
  'bridge-differs': '表 {meter} 登记由采集器 {expected} 抄读，读数来自 {found}。',

  // Layer 4: complete readings
  'readings-complete': '{count:count} 条读数无缺漏，另有 {failedPolls:count} 次抄表失败记录在案。',
  'reading-gap': '表 {meter} 缺第 {first:span:last} 条读数（{from:span:to}），用量无法确认。',
  'reading-order': '表 {meter} 第 {seq} 条读数次序不对或重复。',
  'reading-time-order': '表 {meter} 第 {seq} 条读数（{at:time}）的时间不晚于前一条。',
  'reading-status': '表 {meter} 第 {seq} 条读数不可计费：{status:word}。',
  'reading-skipped': '表 {meter} 第 {seq} 条读数既未计费也未搁置。',
  'readings-held': '{count} 条读数被搁置，有据可查。',
  'readings-substituted': '{count} 条读数由采集器代填。',
  'hold-unfounded': '表 {meter} 第 {seq} 条读数被无故搁置（{reason:word}）。',
  'clock-unsynchronised': '表 {meter} 第 {seq} 条读数（{at:time}）时钟未校准，价格存疑。',
  'meter-changed': '期初读数来自表 {expected}，期末来自表 {found}，账本无换表记录。',
  'serial-changed': '表 {meter} 第 {seq} 条读数来自设备 {found}，而非 {expected}，账本无换表记录。',
  'serial-differs': '表 {meter} 登记为设备 {expected}，读数来自 {found}。',
  'meter-split': '表 {meter} 的读数两次起头，其间用量不明。',
  'readings-missing': '表 {meter} 被收费，却没有读数。',
  'reading-ends-differ':
    '表 {meter} 的读数自第 {found} 条起，账单自第 {expected} 条起，或终点不同。',
  'meters-differ': '读数属于表 {found}，收费的却是表 {expected}。',

  // Layer 5: prices and lines
  'tariff-ok': '{lines:count} 行逐位复算一致，价格均先入日志后使用。',
  'tariff-order-shown': '价格在先，由日志次序可证，日期未证。',
  'tariff-dated': '最迟于{at:date}，各价目表在执行前已为他方所见。',
  'tariff-late': '{published:date}公布，却自 {validFrom:date}执行。',
  'event-day-late': '{date} 已开始，才被记为特殊电价日。',
  'term-missing': '账户约定中缺少 {term}。',
  'terms-late': '自 {from} 起的约定在该月开始之后才记入。',
  'tariff-order-missing': '第 {n} 条记录在日志中的位置未证，价格可能后于用电。',
  'tariff-differs': '第 {n} 条记录所用价目有误，{money:excess}。',
  'no-tariff': '价目 {tariff} 未覆盖全部时段。',
  'rate-differs':
    '第 {line} 行（[{at:date}]{period:word}）计价 {charged}，公布价 {published}[ {currency:unit}/{unit}]，{money:excess}。',
  'line-amount-differs':
    '第 {line} 行（[{at:date}]{period:word}）收取 {found:money}，应为 {expected:money}[ {currency:unit}]，{money:excess}。',
  'line-quantity-differs':
    '第 {line} 行（[{at:date}]{period:word}）计费 {found:number}，实用 {expected:number}[ {unit}]，{money:excess}。',
  'line-before-differs':
    '第 {line} 行（[{at:date}]{period:word}）此前用量应为 {expected:number}，而非 {found:number}，{money:excess}。',
  'line-period-differs':
    '第 {line} 行按 {found} 计费，应为[{at:date}]{period:word}，{money:excess}。',
  'lines-differ': '第 {n} 条记录有 {found} 行，应为 {expected} 行，{money:excess}。',
  'amount-differs':
    '第 {n} 条记录收取 {found:money}，各行合计 {expected:money}[ {currency:unit}]。',
  'quantity-differs':
    '第 {n} 条记录：计费 {found:number}，读数得 {expected:number}，{money:excess}。',
  'used-differs':
    '第 {n} 条记录：计入阶梯的用量应为 {expected:number}，而非 {found:number}，{money:excess}。',
  'ratio-differs':
    '所用互感器变比 {found}，登记的是 {expected}[（表 {meter}）][（第 {n} 条记录）][，{money:excess}]。',
  'unit-differs': '表 {meter} 按 {expected} 计费，却按 {found} 抄读。',
  'register-differs': '第 {n} 条记录按寄存器 {found} 计费，登记的是 {expected}，{money:excess}。',
  'rollover-differs': '第 {n} 条记录：表计并未翻转，{money:excess}。',
  'register-fell': '表计由 {from} 降至 {to}，账本无换表或清零记录。',
  'interval-mismatch':
    '一笔扣费[（表 {meter}）][自 {from:time} 起][（第 {n} 条记录）]与前一条不衔接，用量重复或遗漏。',
  'interval-order': '表 {meter} 有一笔扣费的终点早于起点。',
  'reading-not-in-bundle': '表 {meter} 有一笔扣费所用读数不在此。',
  'currency-differs': '币种不一：另有{found:unit}，与账单不同。',
  'zone-differs': '时区不一：另有 {found}，与账单不同。',
  'period-differs': '一笔扣费列错了账期[（第 {n} 条记录）]。',
  'event-differs': '第 {n} 条记录与读数和价格不符。',
  'fee-unknown': '没有价目列有费用 {fee}。',
  'fee-differs': '费用 {fee}：收取 {found:money}，应为 {expected:money}[ {currency:unit}]。',
  'charge-unknown': '账户的价目中没有{charge:word}（{name}）这项收费。',
  'charge-differs':
    '{charge:word}（{name}）：收取 {found:money}，应为 {expected:money}[ {currency:unit}]。',
  'pool-missing': '{period} 的分摊总额（{share}）没有记录。',
  'meter-unknown': '表 {meter} 不属此账户。',
  'meter-installed-twice': '表 {meter} 在使用中被重新安装。',
  'meter-other-account': '账单用了其他账户的表。',

  // Layer 6: money
  'money-ok':
    '期初 {opening:money} + 充值 {credits:money} - 扣费 {charges:money} = 期末 {closing:money}',
  'balance-differs':
    '余额[（第 {n} 条记录后）][（{wallet:word}）]：所列 {found:money}，复算 {expected:money}[ {currency:unit}]。',
  'closing-differs':
    '期末余额（{wallet:word}）：所列 {found:money}，复算 {expected:money}[ {currency:unit}]。',
  'opening-missing': '期初余额未证：上期账单不在此。',
  'statement-differs': '账单写 {found}，按其记录应为 {expected}（{pointer} 处）。',
  'statement-order': '账单次序不对[：{found} 在前]。',
  'range-differs': '文件自第 {found} 条记录起，账单自第 {expected} 条起。',
  'period-bounds': '{period} 账单不是整月。',
  'postings-unbalanced': '借贷相差 {sum:money}[ {currency:unit}]。',
  'postings-differ': '入账金额与扣费或充值不符[（{wallet:word}）][（第 {n} 条记录）]。',
  'wallet-differs': '第 {n} 条记录扣自{found:word}，应扣自{expected:word}。',
  'amount-not-positive': '有一笔充值或退款不大于零。',
  'approval-missing': '有退款或更正仅经一人之手，无他人复核。',
  'past-event-missing': '被退还或冲正的第 {n} 条记录未出示。',
  'reversal-differs': '对第 {n} 条记录的冲正与其不符，或重复冲正。',
  'refund-too-large': '退款 {amount:money}，而可退仅 {balance:money}[ {currency:unit}]。',
  'adjustment-differs': '一笔{kind}调整动用了不该动用的钱。',
  'account-closed': '第 {n} 条记录在销户（第 {closed} 条）之后。',
  'closed-with-money': '销户时{wallet:word}尚余 {balance:money}。',
  'split-differs': '有一笔充值未按约定分配。',
  'terms-broken': '第 {n} 条记录超出约定限度（{limit:money}）。',
  'surplus-differs': '{period} 退还的多收款与应退份额不符。',
  'deposit-differs': '第 {n} 条记录的押金收退有误。',
  'event-unsupported': '尚不能核验 {type} 类记录，请换用新版。',

  // Layer 7: public log
  'in-log': '位于公开日志第 {index:count} 条，日志共 {size:count} 条。',
  'period-unread': '全楼汇总未核验。',
  'inclusion-failed': '公开日志第 {index} 条并非此账单。',
  'fact-inclusion-failed': '公开日志第 {index} 条并非 {type}。',
  'event-gap': '账户缺第 {expected} 条记录，可能漏了充值或扣费。',
  'event-chain-broken': '第 {n} 条记录与前一条不衔接，记录曾被改动或遗漏。',

  // Layer 8: signatures on the log
  'signed-ok': '账本已签名。',
  witnessed: '已有 {witnesses} 个独立见证方确认：{names}，{at:time}。',
  'witnessed-by-file': '有 {witnesses} 个仅由本文件指定的见证方签名。',
  'signed-no-witness-required': '其规则未要求独立见证方。',
  'signature-missing': '账本未对日志的这一状态签名。',
  'signature-invalid': '账本签名不实。',
  'log-not-trusted': '您的可信账本清单中没有 {origin}。',
  'quorum-missing': '确认此日志的独立见证方不足，他人所见可能不同。',
  'checkpoint-other-log': '日志状态属于其他账本。',
  'checkpoint-*': '日志状态无法识别，请重新索取文件。',

  // Layer 9: anchors
  'anchor-none': '尚未上链存证，出账后 5 分钟内属正常。',
  'anchor-unread': '上链回执未全部核验。',
  anchored:
    '{at:date}记入 {channel} 第 {block} 块：{endorsers} 背书，{orderers} 个排序方签名（至少 {quorum} 个）。',
  'anchored-development':
    '开发网络：{endorsers} 及签名的 {orderers} 个排序方均由一台机器扮演（至少需 {quorum} 个；第 {block} 块，{at:date}）。',
  'anchored-by-file': '在 {channel} 第 {block} 块，但此链仅由本文件指定。',
  'anchored-unproven': '在 {channel} 第 {block} 块，但未证明其有效。',
  'anchor-unknown-network': '回执属于 {channel}，您的清单中没有此链。',
  'fabric-write-set': '共享链所存的日志状态与此不同。',
  'fabric-pinned-hash': '回执属于另一条链。',
  'fabric-*': '回执不实。',
  'anchored-public': '{at:date}记入 {channel} 上的合约，见第 {block} 块。',
  'anchored-block-open':
    '{at:date}记入 {channel} 上的合约，前提是第 {block} 块确为 {hash}，请查证。',
  'anchored-local': '在 {channel} 上的合约中，但此链由一台机器扮演（第 {block} 块）。',
  'ethereum-root': '公有链所存的日志状态与此不同。',
  'ethereum-*': '公有链回执不实。',

  // Layer 10: history
  'history-same': '与上次核验时的日志相同。',
  'history-consistent':
    '自上次核验以来，日志由 {seen:count} 条增至 {size:count} 条，原有记录未变。',
  'history-first-use': '本设备首次核验，以后将与本次比对。',
  'history-succeeded':
    '此日志接替 {origin}，仅有其 {signed:count} 条中的 {kept:count} 条。请保留旧账单。',
  'history-no-proof': '此文件无法与上次核验衔接，请联网打开账单后比对。',
  'history-withheld':
    '已请账本说明此日志如何由本机所见状态增长而来，未获证明。请保留文件并联系审计方。',
  'earlier-forked': '日志与其早前状态（{seen:count} 条）矛盾，请保留文件并联系审计方。',
  'history-forked': '今日日志与本机[ {at:date}]所见矛盾，请保留文件并联系审计方。',

  // The paper bill
  'paper-differs': '纸面 {paper:money}，账本 {ledger:money}。',
  'paper-other-bill': '纸面属于另一份账单，并非此份（{ledger:money}）。',

  // Parts of sentences
  'excess-over': '多收 {amount:money}[ {currency:unit}]',
  'excess-under': '少收 {amount:money}[ {currency:unit}]',
  'excess-none': '金额无差异',
  'unknown-code': '原因代码 {code}，此版本没有说明，请换用新版。',
  'word-sharp': '尖峰',
  'word-peak': '峰',
  'word-part-peak': '次峰',
  'word-flat': '平',
  'word-off-peak': '非峰',
  'word-valley': '谷',
  'word-deep-valley': '深谷',
  'word-all': '全天',
  'word-fee': '费用',
  'word-demand': '需量电费',
  'word-capacity': '容量电费',
  'word-minimum': '补足最低消费',
  'word-share': '分摊',
  'word-tax': '税',
  'word-common-area': '公共区域',
  'word-line-loss': '线损',
  'word-area': '按面积',
  'word-equal': '均摊',
  'word-metered': '按分表用量',
  'word-property': '物业',
  'word-parking': '停车',
  'word-free': '免费',
  'word-electricity': '电',
  'word-water': '水',
  'word-gas': '燃气',
  'word-cooling': '空调冷量',
  'word-exchanged': '电表已更换',
  'word-reset': '计数已清零',
  'word-out-of-range': '数值超出范围',
  'name-CNY': '元',
};
