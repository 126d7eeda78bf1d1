/**
 * English. A template holds `{param}`, `{param:kind}` (kinds in format.ts), `{a:span:b}` and
 * `{param?one|many}`; template.ts reads them. First screens show these sentences, so they name no
 * hash and no key.
 */
export const en = {
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

  'bundle-whole':
    '{events:count} {events?event|events}, {readings:count} {readings?reading|readings}',
  'identity-pinned': 'The ledger that you named: {origin}.',
  'identity-remembered': 'The same ledger as at your last check: {origin}.',
  'identity-first-use':
    'First check of {origin} here. Compare this name with the notice in your building.',
  'readings-authentic':
    '{count:count} {count?reading|readings} of {meters} {meters?meter|meters}, signed and unchanged.',
  'readings-complete':
    'None of {count:count} {count?reading|readings} is missing; {failedPolls:count} failed {failedPolls?attempt|attempts} to read, on record.',
  'tariff-ok':
    '{lines:count} {lines?line|lines} right to the last digit; prices published before they applied.',
  'tariff-order-shown':
    '{lines:count} {lines?line|lines} right to the last digit. Prices entered the log before the bill: order shown, date not shown.',
  'money-ok':
    'Opening {opening:money} + top-ups {credits:money} - charges {charges:money} = closing {closing:money}',
  'in-log': 'Entry {index:count} of a log of {size:count}.',
  'signed-ok': 'Signed by the ledger.',
  'signed-no-witness-required': 'Signed by the ledger. Its rules ask for no witness.',
  'anchor-none': 'Not yet fixed on the shared chain; normal within 5 minutes of issue.',
  'history-same': 'The same log as at your last check.',
  'history-consistent':
    'Since your last check the log grew from {seen:count} to {size:count} entries; none was changed.',
  'history-first-use': 'First check here; later ones compare with it.',
  'history-no-proof':
    'This file does not lead back to your last check. Open the bill online to compare.',

  'bad-shape': 'A part of the file is missing or wrong, at {pointer}. Ask for the file again.',
  'json-*': 'The file is damaged or was saved anew by another program. Ask for it again.',
  'bad-*':
    'A part of the file is not written as a ledger writes it[: {detail}][ ({pointer})]. Ask for it again.',
  'policy-*': 'The list of trusted ledgers cannot be read[, at line {line}]. Get it again.',
  'checkpoint-*': 'The state of the log in this file cannot be read. Ask for the file again.',
  'bundle-too-large': 'The file is larger than any bill.',
  'unknown-format':
    'This file has another format ({format}). A newer version of this page may read it.',

  'identity-other-log':
    'The bill comes from {origin}, not from {expected}. Ask the property office which ledger is theirs.',
  'identity-other-key':
    'The ledger {origin} signs with another key than you trust. Do not pay until the office explains it.',

  'reading-chain-broken':
    'Reading {seq} of meter {meter} does not follow from the one before: a reading was changed or swapped.',
  'batch-signature':
    'The signature of bridge {bridge} over its readings (batch {batch}) is false: they are not what the meter showed.',
  'batch-root': 'Reading {seq} of meter {meter} is not among those that were signed.',
  'batch-missing':
    '{expected} {expected?series|series} of readings, but {found} {found?signature|signatures}: some readings are not signed.',
  'device-key-unknown':
    'Readings are signed by a device of bridge {bridge} that the ledger does not know.',

  'reading-gap':
    'Readings {first:span:last} of meter {meter} ({from:span:to}) are missing; that use cannot be confirmed.',
  'reading-order': 'Reading {seq} of meter {meter} is out of order or there twice.',
  'reading-status': 'Reading {seq} of meter {meter} cannot be billed: {status:word}.',
  'clock-unsynchronised':
    "The bridge's clock was not set at reading {seq} of meter {meter} ({at:time}); peak and valley may be mixed up.",
  'meter-changed': 'Start from meter {from}, end from {to}, and no exchange on record.',
  'serial-changed':
    'Reading {seq} of meter {meter} comes from device {found}, earlier ones from {expected}, and no exchange on record.',

  'interval-mismatch':
    'Line {line} does not use the readings of meter {meter} that belong to it ({at:time}).',
  'quantity-differs':
    'Line {line} (meter {meter}, {at:date}): billed {charged:number}, read {expected:number} {unit}.',
  'rate-differs':
    'Line {line} ({period:word}, {at:date}): charged {charged}, published {published} {currency:unit}/{unit}; {over:excess}.',
  'amount-differs':
    'Line {line} ({period:word}, {at:date}): charged {charged:money}, right is {expected:money} {currency:unit}; {over:excess}.',
  'lines-differ':
    'Charge of {at:time} for meter {meter}: {found} {found?line|lines}, the published price list gives {expected}.',
  'tariff-unknown': 'The price list {tariff} that was used is not in the file.',
  'tariff-late': 'Published {published:date}, used from {validFrom:date}.',
  'tariff-not-in-log': 'The price list {tariff} is not proven to be in the public log.',
  'tariff-hash-differs': 'The bill names another text of price list {tariff} than was published.',
  'used-differs':
    'Use counted toward the tiers of meter {meter} is {found:number}, should be {expected:number} ({at:date}).',
  'rounding-differs':
    'Line {line} ({period:word}, {at:date}) was rounded otherwise than declared: {charged:money}, right is {expected:money} {currency:unit}.',

  'event-chain-broken':
    'Entry {n} of the account does not follow from the one before: an entry was changed or left out.',
  'event-account-differs': 'Entry {n} belongs to account {found}, not to {expected}.',
  'event-log-differs': 'Entry {n} belongs to the ledger {found}, not to {expected}.',
  'postings-unbalanced':
    'Entry {n} ({at:date}) takes and gives different sums: {difference:money} {currency:unit} apart.',
  'postings-differ':
    'Entry {n} ({at:date}) was booked as {found:money}, its charge is {expected:money}.',
  'balance-differs':
    'Balance after entry {n} ({at:date}): stated {found:money}, recalculated {expected:money} {currency:unit}.',
  'statement-differs': 'The bill says {found}, its own entries give {expected} (at {pointer}).',
  'statement-missing': 'The file holds no bill for its period. Ask for the file again.',
  'opening-differs':
    'Opening balance {found:money}, but the bill before closed with {expected:money} {currency:unit}.',

  'inclusion-failed':
    'The public log does not hold this bill at place {index}. It may never have been recorded.',
  'history-forked':
    "Today's log contradicts the one seen here[ on {at:date}]. Keep both files, call the auditor.",
  'identity-origin-differs':
    'The file names two ledgers, {expected} and {found}. Ask for the file again.',
  'event-gap':
    'Entry {expected} of the account is missing: entry {found} follows. A top-up or a charge may be left out.',
  'fact-inclusion-failed':
    'A rule that this bill leans on ({type}, entry {index}) is not in the public log.',
  'signature-missing': 'The ledger did not sign this state of its log.',
  'signature-invalid': "The ledger's signature under this state of its log is false.",
  'log-not-trusted': 'The list of trusted ledgers does not name {origin}.',
  'quorum-missing':
    'Too few independent witnesses confirm this log; others may be shown another one.',
  'checkpoint-other-log': 'The state of the log belongs to another ledger than the bill.',
  witnessed: 'Confirmed by {witnesses} independent {witnesses?witness|witnesses}.',
  'reading-other-bridge':
    'Reading {seq} of meter {meter} was taken by another bridge than the one that signed.',
  'meter-split':
    'The readings of meter {meter} start twice; the stretch between cannot be confirmed.',
  'readings-missing': 'The bill charges meter {meter}, but the file has none of its readings.',
  'reading-ends-differ':
    'The readings of meter {meter} do not start and end where the bill does (from {found}, billed from {expected}).',
  'meters-differ': 'Readings of meters {found}, but the bill charges {expected}.',
  'reading-time-order':
    'Reading {seq} of meter {meter} ({at:time}) is not later than the one before.',
  'paper-differs': 'Paper says {paper:money}, ledger {ledger:money}.',

  'excess-over': '{amount:money} {currency:unit} too much',
  'excess-under': '{amount:money} {currency:unit} too little',
  'excess-none': 'no difference in money',
  'unknown-code': 'Reason {code}, which this version has no words for. Use a newer version.',

  'word-sharp': 'sharp peak',
  'word-peak': 'peak',
  'word-part-peak': 'part-peak',
  'word-flat': 'flat',
  'word-off-peak': 'off-peak',
  'word-valley': 'valley',
  'word-deep-valley': 'deep valley',
  'word-all': 'all hours',
  'word-electricity': 'electricity',
  'word-water': 'water',
  'word-gas': 'gas',
  'word-cooling': 'cooling',
  'word-exchanged': 'the meter was exchanged',
  'word-reset': 'the register was reset',
  'word-out-of-range': 'the value is out of range',
  'unit-CNY': 'yuan',
} as const satisfies Readonly<Record<string, string>>;

/** Everything that the catalogue can say. */
export type Code = keyof typeof en;
/** One language's templates; a missing or an extra code does not compile. */
export type Catalogue = Readonly<Record<Code, string>>;
