/**
 * English. A template holds `{param}`, `{param:kind}` (kinds in format.ts), `{a:span:b}` and
 * `{param?one|many}`; template.ts reads them. First screens show these sentences, so they name no
 * hash and no key.
 */
export const en = {
  // States of a check
  'state-empty': 'Check a bill. Scan its code or choose its file. Your file stays on this device.',
  'state-checking': 'Checking step {layer} of 10: {layer:step} …',
  'state-verified':
    'This bill checks out: {amount:money} {currency:unit}, recalculated here from {readings:count} signed {readings?reading|readings}.',
  'state-failed': 'Do not rely on this bill. Step {layer} of 10, {layer:step}, failed.',
  'state-incomplete': 'No conclusion: something is missing. What is there shows no fault.',
  'state-unusable': 'This is not a bill file this page can read. Ask for the .billproof file.',
  'state-unreachable':
    'The bill could not be fetched. This says nothing about the bill. Retry, or open its file.',
  'state-expired': 'This code no longer opens the bill. Sign in, or ask for the file.',
  'state-fault': 'The page itself failed ({fault}). The bill was not judged.',

  'layer-1-question': 'Is the file whole?',
  'layer-2-question': "Is it this building's ledger?",
  'layer-3-question': 'Were readings signed and unchanged?',
  'layer-4-question': 'Is none missing?',
  'layer-5-question': 'Was the price published before, is each line right?',
  'layer-6-question': 'Does the money add up?',
  'layer-7-question': 'Is it in the public log?',
  'layer-8-question': 'Did independent witnesses see the same log?',
  'layer-9-question': 'Is it fixed on the shared chain?',
  'layer-10-question': 'Same history as at your last check?',
  'layer-1-name': 'file',
  'layer-2-name': 'ledger',
  'layer-3-name': 'signatures',
  'layer-4-name': 'readings',
  'layer-5-name': 'prices',
  'layer-6-name': 'money',
  'layer-7-name': 'public log',
  'layer-8-name': 'witnesses',
  'layer-9-name': 'shared chain',
  'layer-10-name': 'history',

  // Layer 1: the file
  'bundle-whole':
    '{events:count} {events?event|events}, {readings:count} {readings?reading|readings}',
  'json-*': 'The file is damaged or was changed by a program. Ask for it again.',
  'bad-shape': 'The file is incomplete or wrong at {pointer}. Ask for it again.',
  'bad-*': 'The file is wrong[: {detail}][ ({pointer})]. Ask for it again.',
  'bundle-too-large': 'The file is larger than any bill.',
  'unknown-format': 'The file has another format ({format}). Use a newer version.',
  'statement-missing': 'The file holds no bill. Ask for it again.',
  'event-account-differs': 'Entry {n} belongs to account {found}, not to {expected}.',

  // Layer 2: whose ledger
  'identity-pinned': 'The ledger that you named: {origin}.',
  'identity-remembered': 'The same ledger as at your last check: {origin}.',
  'identity-first-use':
    'First check of {origin} here. Compare this name with the notice in your building.',
  'identity-origin-differs': 'The file names two ledgers, {expected} and {found}.',
  'identity-other-log': 'The bill is from {origin}, not from {expected}. Ask the office.',
  'identity-other-key':
    '{origin} signs with another key than you trust. Ask the office before you pay.',
  'event-log-differs': 'Entry {n} belongs to the ledger {found}, not to {expected}.',
  'policy-*': 'The list of trusted ledgers cannot be read[, at line {line}].',

  // Layer 3: signed readings
  'readings-authentic':
    '{count:count} {count?reading|readings} of {meters} {meters?meter|meters}, signed and unchanged.',
  'reading-chain-broken':
    'Reading {seq} of meter {meter} does not follow from the one before: one was changed.',
  'batch-signature': 'The signature of bridge {bridge} is false: readings were changed.',
  'batch-root': 'Reading {seq} of meter {meter} was not signed.',
  'batch-missing': '{expected} series of readings, but {found} {found?signature|signatures}.',
  'device-key-unknown': 'Readings of bridge {bridge} are signed by an unknown device.',
  'device-key-late': 'The device of bridge {bridge} was put on record after the bill.',
  'reading-other-bridge': 'Reading {seq} of meter {meter} is not from the bridge that signed.',
  'bridge-differs':
    'Meter {meter} is read by bridge {expected} on record; its readings are from {found}.',

  // Layer 4: complete readings
  'readings-complete':
    'None of {count:count} {count?reading|readings} is missing; {failedPolls:count} failed {failedPolls?attempt|attempts}, on record.',
  'reading-gap':
    'Readings {first:span:last} of meter {meter} ({from:span:to}) are missing; that use cannot be confirmed.',
  'reading-order': 'Reading {seq} of meter {meter} is out of order or there twice.',
  'reading-time-order':
    'Reading {seq} of meter {meter} ({at:time}) is not later than the one before.',
  'reading-status': 'Reading {seq} of meter {meter} cannot be billed: {status:word}.',
  'reading-skipped': 'Reading {seq} of meter {meter} was neither charged nor set aside.',
  'readings-held': '{count} {count?reading|readings} set aside, with reason.',
  'readings-substituted': '{count} {count?reading|readings} filled in by the bridge.',
  'hold-unfounded': 'Reading {seq} of meter {meter} was set aside without reason ({reason:word}).',
  'clock-unsynchronised':
    'The clock was not set at reading {seq} of meter {meter} ({at:time}); its price is in doubt.',
  'meter-changed': 'Start from meter {expected}, end from {found}, and no exchange on record.',
  'serial-changed':
    'Reading {seq} of meter {meter} is from device {found}, not {expected}, and no exchange on record.',
  'serial-differs': 'Meter {meter} is device {expected} on record; its readings are from {found}.',
  'meter-split': 'Readings of meter {meter} start twice; the use between is unknown.',
  'readings-missing': 'Meter {meter} is charged, but has no readings here.',
  'reading-ends-differ':
    'Readings of meter {meter} start at {found}, the bill at {expected}, or they end apart.',
  'meters-differ': 'Readings are of meters {found}, charges of {expected}.',

  // Layer 5: prices and lines
  'tariff-ok':
    '{lines:count} {lines?line|lines} right to the last digit; each price was in the log before its use.',
  'tariff-order-shown': 'That prices came first is shown by their order in the log, not by a date.',
  'tariff-dated': 'Others had seen each price list by {at:date}, before it applied.',
  'tariff-late': 'Published {published:date}, used from {validFrom:date}.',
  'event-day-late': 'Put on record as a day of other prices after it had begun ({date}).',
  'term-missing': 'What was agreed with the account does not say {term}.',
  'terms-late': 'What was agreed from {from} on was put on record after that month had begun.',
  'tariff-order-missing':
    'Prices may have come after entry {n}: its place in the log is not shown.',
  'tariff-differs': 'Entry {n} uses another price list than the right one; {money:excess}.',
  'no-tariff': 'Price list {tariff} does not cover the whole time.',
  'rate-differs':
    'Line {line} ({period:word}[, {at:date}]): charged {charged}, published {published}[ {currency:unit}/{unit}]; {money:excess}.',
  'line-amount-differs':
    'Line {line} ({period:word}[, {at:date}]): charged {found:money}, right is {expected:money}[ {currency:unit}]; {money:excess}.',
  'line-quantity-differs':
    'Line {line} ({period:word}[, {at:date}]): billed {found:number}, used {expected:number}[ {unit}]; {money:excess}.',
  'line-before-differs':
    'Line {line} ({period:word}[, {at:date}]): use before it is {expected:number}, not {found:number}; {money:excess}.',
  'line-period-differs':
    'Line {line}: billed as {found}, right is {period:word}[, {at:date}]; {money:excess}.',
  'lines-differ': 'Entry {n}: {found} {found?line|lines}, right is {expected}; {money:excess}.',
  'amount-differs':
    'Entry {n}: charged {found:money}, its lines add up to {expected:money}[ {currency:unit}].',
  'quantity-differs':
    'Entry {n}: billed {found:number}, the readings give {expected:number}; {money:excess}.',
  'used-differs':
    'Entry {n}: use so far for the tiers is {expected:number}, not {found:number}; {money:excess}.',
  'ratio-differs':
    'Transformer ratio {found} was used, on record is {expected}[ (meter {meter})][ (entry {n})][; {money:excess}].',
  'unit-differs': 'Meter {meter} is billed in {expected}, but read in {found}.',
  'register-differs': 'Entry {n} bills register {found}, on record is {expected}; {money:excess}.',
  'rollover-differs': 'Entry {n}: the counter did not start again; {money:excess}.',
  'register-fell': 'The meter fell from {from} to {to}, and no exchange or reset on record.',
  'interval-mismatch':
    'A charge[ for meter {meter}][ from {from:time}][ (entry {n})] does not follow from the one before: use is charged twice or left out.',
  'interval-order': 'A charge for meter {meter} ends before it starts.',
  'reading-not-in-bundle': 'A charge for meter {meter} uses a reading that is not here.',
  'currency-differs': 'Not all is in one currency: {found:unit} beside that of the bill.',
  'zone-differs': 'Not all is in one time zone: {found} beside that of the bill.',
  'period-differs': 'A charge is on the wrong bill[ (entry {n})].',
  'event-differs': 'Entry {n} is not what readings and prices give.',
  'fee-unknown': 'No price list has the fee {fee}.',
  'fee-differs': 'Fee {fee}: charged {found:money}, right is {expected:money}[ {currency:unit}].',
  'charge-unknown': 'No price list of the account has the charge {charge:word} ({name}).',
  'charge-differs':
    'Charge {charge:word} ({name}): charged {found:money}, right is {expected:money}[ {currency:unit}].',
  'pool-missing': 'What was shared in all as {share} in {period} is not on record.',
  'meter-unknown': 'Meter {meter} is not of this account.',
  'meter-installed-twice': 'Meter {meter} was installed twice.',
  'meter-other-account': 'The bill uses a meter of another account.',

  // Layer 6: money
  'money-ok':
    'Opening {opening:money} + top-ups {credits:money} - charges {charges:money} = closing {closing:money}',
  'balance-differs':
    'Balance[ after entry {n}][ ({wallet:word})]: stated {found:money}, recalculated {expected:money}[ {currency:unit}].',
  'closing-differs':
    'Closing balance ({wallet:word}): stated {found:money}, recalculated {expected:money}[ {currency:unit}].',
  'opening-missing': 'The opening balance is not shown: the bill before is not here.',
  'statement-differs': 'The bill says {found}, its own entries give {expected} (at {pointer}).',
  'statement-order': 'Bills are out of order[: {found} comes before].',
  'range-differs': 'The file starts at entry {found}, the bill at {expected}.',
  'period-bounds': 'The bill {period} is not a whole month.',
  'postings-unbalanced': 'Taken and given differ by {sum:money}[ {currency:unit}].',
  'postings-differ':
    'The books moved another sum than the charge or top-up[ ({wallet:word})][ (entry {n})].',
  'wallet-differs': 'Entry {n} was taken from {found:word}, not from {expected:word}.',
  'amount-not-positive': 'A top-up or refund is not above zero.',
  'approval-missing': 'Nobody but its author agreed to a refund or correction.',
  'past-event-missing': 'Entry {n}, which is given back or undone, is not shown.',
  'reversal-differs': 'The undoing of entry {n} does not match it, or comes twice.',
  'refund-too-large':
    '{amount:money} was given back where {balance:money} was left[ {currency:unit}].',
  'adjustment-differs': 'A {kind} moves money that it must not move.',
  'account-closed': 'Entry {n} comes after the account was closed (entry {closed}).',
  'closed-with-money': 'The account was closed with {balance:money} left ({wallet:word}).',
  'split-differs': 'A top-up was not divided as agreed.',
  'terms-broken': 'Entry {n} passes an agreed limit ({limit:money}).',
  'surplus-differs': 'The surplus of {period} gone back is not your part.',
  'deposit-differs': 'Entry {n} takes or returns a deposit wrongly.',
  'event-unsupported': 'Entries of type {type} cannot be checked here. Use a newer version.',

  // Layer 7: public log
  'in-log': 'Entry {index:count} of a log of {size:count}.',
  'period-unread': 'Totals of the building are not checked.',
  'inclusion-failed': 'The public log does not hold this bill at place {index}.',
  'fact-inclusion-failed': 'The public log does not hold {type} at place {index}.',
  'event-gap': 'Entry {expected} of the account is missing: a top-up or a charge may be left out.',
  'event-chain-broken':
    'Entry {n} does not follow from the one before: one was changed or left out.',

  // Layer 8: signatures on the log
  'signed-ok': 'Signed by the ledger.',
  witnessed:
    'Confirmed by {witnesses} independent {witnesses?witness|witnesses}: {names}, {at:time}.',
  'witnessed-by-file':
    'Confirmed by {witnesses} {witnesses?witness|witnesses} that only this file names.',
  'signed-no-witness-required': 'Its rules ask for no independent witness.',
  'signature-missing': 'The ledger did not sign this state of its log.',
  'signature-invalid': "The ledger's signature is false.",
  'log-not-trusted': 'Your list of trusted ledgers does not name {origin}.',
  'quorum-missing': 'Too few independent witnesses saw this log; others may see another one.',
  'checkpoint-other-log': 'The state of the log is of another ledger.',
  'checkpoint-*': 'The state of the log cannot be read. Ask for the file again.',

  // Layer 9: anchors
  'anchor-none': 'Not yet fixed on the shared chain; normal within 5 minutes of issue.',
  'anchor-unread': 'Not all of its receipts are checked.',
  anchored:
    'In block {block} of {channel} since {at:date}: endorsed by {endorsers}, signed by {orderers} orderers ({quorum} needed).',
  'anchored-development':
    'Development network: one machine plays {endorsers} and the {orderers} orderers that signed ({quorum} needed; block {block}, {at:date}).',
  'anchored-by-file': 'In block {block} of {channel}, a chain that only this file names.',
  'anchored-unproven': 'In block {block} of {channel}; that it was valid is not proven.',
  'anchor-unknown-network': 'Its receipt is of {channel}, a chain that you do not name.',
  'fabric-write-set': 'The shared chain holds another state of the log.',
  'fabric-pinned-hash': 'Its receipt is of another chain than yours.',
  'fabric-*': 'Its receipt is false.',
  'anchored-public': 'In a contract on {channel} since {at:date}, shown in block {block}.',
  'anchored-block-open':
    'In a contract on {channel} since {at:date}, if block {block} is {hash}: look it up.',
  'anchored-local': 'In a contract on {channel}, which one machine plays (block {block}).',
  'ethereum-root': 'The public chain holds another state of the log.',
  'ethereum-*': 'Its receipt of the public chain is false.',

  // Layer 10: history
  'history-same': 'The same log as at your last check.',
  'history-consistent':
    'Since your last check the log grew from {seen:count} to {size:count} entries; none was changed.',
  'history-first-use': 'First check here; later ones compare with it.',
  'history-succeeded':
    'This log replaces {origin} and has {kept:count} of its {signed:count} entries. Keep your older bills.',
  'history-no-proof':
    'The file does not lead back to your last check. Open the bill online to compare.',
  'history-withheld':
    'The ledger was asked to show how this log grew from the one seen here, and did not. Keep the file, call the auditor.',
  'earlier-forked':
    'The log contradicts its earlier state ({seen:count} entries). Keep the file, call the auditor.',
  'history-forked':
    "Today's log contradicts the one seen here[ on {at:date}]. Keep both files, call the auditor.",

  // The paper bill
  'paper-differs': 'Paper says {paper:money}, ledger {ledger:money}.',
  'paper-other-bill': 'The paper is of another bill than this one ({ledger:money}).',

  // Parts of sentences
  'excess-over': '{amount:money}[ {currency:unit}] too much',
  'excess-under': '{amount:money}[ {currency:unit}] too little',
  'excess-none': 'no difference in money',
  'unknown-code': 'Reason {code}. This version has no words for it; use a newer one.',
  'word-sharp': 'sharp peak',
  'word-peak': 'peak',
  'word-part-peak': 'part-peak',
  'word-flat': 'flat',
  'word-off-peak': 'off-peak',
  'word-valley': 'valley',
  'word-deep-valley': 'deep valley',
  'word-all': 'all hours',
  'word-fee': 'fee',
  'word-demand': 'demand',
  'word-capacity': 'capacity',
  'word-minimum': 'rest up to the minimum',
  'word-share': 'share',
  'word-tax': 'tax',
  'word-common-area': 'common areas',
  'word-line-loss': 'line loss',
  'word-area': 'by area',
  'word-equal': 'in equal parts',
  'word-metered': 'by metered use',
  'word-property': 'property',
  'word-parking': 'parking',
  'word-free': 'free',
  'word-electricity': 'electricity',
  'word-water': 'water',
  'word-gas': 'gas',
  'word-cooling': 'cooling',
  'word-exchanged': 'the meter was exchanged',
  'word-reset': 'the register was reset',
  'word-out-of-range': 'the value is out of range',
  'name-CNY': 'yuan',
} as const satisfies Readonly<Record<string, string>>;

/** Everything that the catalogue can say. */
export type Code = keyof typeof en;
/** One language's templates; a missing or an extra code does not compile. */
export type Catalogue = Readonly<Record<Code, string>>;
