import type { FindingCode } from './finding-code.ts';

/** What a code means, why it matters in money, and what to do; for `billproof explain`. */
export const explanationsEn: Readonly<Record<FindingCode, string>> = {
  // Layer 1: the file
  'bundle-whole':
    'Every part of the file could be read, and nothing is in it that a proof bundle does not have. This says nothing yet about whether it is true.',
  'json-*':
    'A proof bundle is one JSON text in a single exact spelling (RFC 8785). Yours is cut short, was edited, or was saved again by another program. Ask for the file once more and check it without opening it elsewhere.',
  'bad-shape':
    'The file is JSON, but a member is missing, unknown or of the wrong kind; the pointer (RFC 6901) names it. Either the file was edited or it was made by a faulty program. Ask for it again; if it comes the same, report the pointer.',
  'bad-*':
    'A record, signature, number or time in the file is not spelled as the formats prescribe. Such a file cannot have come from a sound ledger unchanged. Ask for it again; if it comes the same, report it.',
  'bundle-too-large':
    'The file exceeds the size that any bill can have. It was refused before being read, so that a hostile file cannot exhaust your machine.',
  'unknown-format':
    'The file does not call itself a proof bundle of a version that this program knows. It may be another kind of file, or come from a newer ledger: update this program.',
  'statement-missing':
    'A proof bundle must end with the statement that it proves, and this one does not. There is no bill to judge. Ask for the file again.',
  'event-account-differs':
    'All entries of a bill belong to one account; here an entry of somebody else is among them. You might be charged for the use of another tenant.',

  // Layer 2: whose ledger
  'identity-pinned':
    'The key that signs this ledger is the one named in your trust file. That is the strongest answer there is.',
  'identity-remembered':
    'You gave no trust file, but an earlier check on this machine saw the same ledger with the same key.',
  'identity-first-use':
    'You gave no trust file, and this machine has never seen this ledger. Anyone could run a ledger of their own, so compare its name and key with the notice in your building, or use --trust. From now on a change of the key will be noticed.',
  'identity-origin-differs':
    'The key, the state of the log and the file name different ledgers. Such a file is put together from several; do not rely on it.',
  'identity-other-log':
    'Your trust file names another ledger than the one that this bill comes from. Perhaps the trust file is for another building; perhaps the bill is forged. Ask the property office which ledger is theirs.',
  'identity-other-key':
    'The ledger has the right name but another key than the one that you pinned or saw before. A key is changed rarely and with notice; a forger cannot use the old one. Ask the office, and do not pay until it explains.',
  'event-log-differs':
    'An entry was written for another ledger than the one that the file claims. Entries cannot be carried from one ledger to another; the file is put together from several.',
  'policy-*':
    'A trust file (C2SP tlog-policy) has lines log, witness, group and quorum; this one breaks a rule on the line that is named. Get it again from whoever published it.',

  // Layer 3: signed readings
  'readings-authentic':
    'Each reading carries the hash of the one before, and the last of each meter is under a signature of a bridge whose key is in the public log. So no reading was changed after it was taken. It does not prove the wiring, or that the bridge itself was not manipulated.',
  'reading-chain-broken':
    'Each reading carries the hash of the one before it. Here the hash does not fit, so a reading was changed, replaced or taken from elsewhere after it was signed. The use from here on is not proven.',
  'batch-signature':
    'The signature of the bridge does not fit what it is said to have signed. Somebody changed the readings, or signed them with another key. The whole use of the meter is unproven.',
  'batch-root':
    'The reading is not among those whose root the bridge signed. It was added or changed afterwards.',
  'batch-missing':
    'Each unbroken series of readings needs the signature over its last one. Their numbers differ, so some readings are signed by nobody.',
  'device-key-unknown':
    'The signature may be sound, but its key was never entered in the ledger as belonging to this bridge. Anyone can make a key; only enrolled ones count. Ask the office which device reads your meter.',
  'device-key-late':
    'The key that signed the readings entered the ledger after the bill itself. A key made up afterwards could sign any reading. Ask the office which device read your meter then.',
  'reading-other-bridge':
    'The reading names another bridge, or another run of it, than the one that signed the series. A bridge may only sign what it read itself.',
  'bridge-differs':
    'The ledger says which bridge reads this meter; the readings come from another. Ask whether the bridge was exchanged, and when.',

  // Layer 4: complete readings
  'readings-complete':
    'Reading numbers follow each other without a gap, times only go forward, and the device stayed the same. Attempts that failed are on record as failed; they are no gap.',
  'reading-gap':
    'Readings are numbered without gaps, failed attempts included. Where numbers are missing, readings were lost or withheld; what was used in between, and at which price, cannot be confirmed. Ask for them: the bridge keeps them until they are accepted.',
  'reading-order':
    'A reading number is repeated or goes back. One of the two was slipped in or copied.',
  'reading-time-order':
    'A reading says that it was taken at or before the time of the one before. With prices by the hour a shifted clock moves use into dearer hours.',
  'reading-status':
    'After an exchange, a reset or an implausible value, use must not be charged until people have looked at it and the ledger says so. Here it was charged without.',
  'reading-skipped':
    'A good reading was neither charged nor set aside for review. The money is not wrong yet, but its use could be charged later, at another price. Ask why.',
  'readings-substituted':
    'The bridge filled in a value for a reading that it could not take. It is signed as such. Compare the last value with the display of the meter.',
  'readings-held':
    'Some readings were not billed because of a doubt that their records show, such as an unset clock. The use between the readings around them is spread evenly over the time.',
  'hold-unfounded':
    'The ledger set a good reading aside and named a reason that the signed record does not show. That moves use between dear and cheap hours. Ask why it was not charged.',
  'clock-unsynchronised':
    'The bridge itself marked its clock as not set. With one price for all hours this changes little; with peak and valley prices the hour of use is uncertain.',
  'meter-changed':
    'The series of readings begins on one meter and ends on another, and the ledger holds no exchange. The difference of two meters is not a use. Ask for the exchange record with both end readings.',
  'serial-changed':
    'The device that answers under this meter name has another serial number than before, and the ledger holds no exchange. Compare with the plate on your meter.',
  'serial-differs':
    'The ledger says which device hangs at this place; the readings come from a device with another serial number. Compare with the plate on your meter.',
  'meter-split':
    'The readings of a meter come in two pieces that do not join, and the second is not a fresh start. What was used between them is unknown.',
  'readings-missing':
    'The bill charges a meter whose readings are not in the file at all. That part of the bill rests on nothing. Ask for the complete file.',
  'reading-ends-differ':
    'The first or last reading in the file is not the one that the bill names as its start or end. Use may be charged that lies outside of the month.',
  'meters-differ':
    'The meters whose readings are in the file are not those that are charged, or stand in another order than the format prescribes.',

  // Layer 5: prices and lines
  'tariff-ok':
    'Each charge was computed again from two signed readings and the published price list, and agrees to the last digit.',
  'tariff-order-shown':
    'The price list stands before the first charge in the log, so it was not invented afterwards. When exactly it was published is not shown; that takes a checkpoint that a witness or a shared chain has dated.',
  'tariff-dated':
    'Each price list of the bill was in a state of the log that witnesses of your trust file had cosigned, or that a chain of it had taken, before the list began to apply. So it was not made up afterwards and dated back.',
  'tariff-late':
    'The price list was published after the time from which it was applied. Prices must be known before use. The difference to the earlier price list may be yours to claim back.',
  'event-day-late':
    'A day with prices of its own must be on record, with its evidence, before it begins. Here it came later, when its dear hours were known.',
  'term-missing':
    'The price list asks for a number that was agreed with the account, such as a quota or an area, and the file has no agreement that gives it.',
  'terms-late':
    'Quotas, areas and contracts must be on record before the month that they apply to. Only the first ones of an account may come within their month.',
  'tariff-order-missing':
    'The file does not prove where in the log the first charge of a price list stands, so it is not shown that the prices came first. Ask for the file again.',
  'tariff-differs':
    'The charge names another price list, or another version, than the one assigned to the meter and in force at that time.',
  'no-tariff':
    'No published version of the price list covers all of the charged time. A charge without a published price has no basis.',
  'rate-differs':
    'The price on the line is not the one in the published price list for that period and tier. The difference is computed with the charged quantity. Show the line to the office; the signed readings and the published price list are in the file as evidence.',
  'line-amount-differs':
    'Price and quantity of the line are right, but their product, rounded as the price list declares, is not what was charged.',
  'line-quantity-differs':
    'The share of the use that falls into this period and tier is another than charged. Use over a boundary is divided by time, as the price list declares.',
  'line-before-differs':
    'The line counts on from a wrong quantity. Amounts are rounded over the whole bill, so this moves the rounding of each later line.',
  'line-period-differs':
    'The use was charged in another period of the day, or another tier, than the price list gives for its time. Peak in place of valley often costs several times as much.',
  'lines-differ':
    'The charge has more or fewer lines than the price list gives for its interval: something was added or split.',
  'amount-differs': 'The amount of a charge is not the sum of its own lines.',
  'quantity-differs':
    'The charged quantity is not the difference of the two signed readings times the transformer ratios. Both readings are in the file: compute it by hand.',
  'used-differs':
    'Tiers depend on the use since the start of the month or year. Counting from a wrong figure moves use into dearer tiers.',
  'ratio-differs':
    'Readings are multiplied by the ratios of the current and voltage transformers. A wrong ratio multiplies the whole bill. Compare with the plates on the transformers.',
  'unit-differs':
    'The register was read in another unit than it is charged in; kWh and Wh differ by a thousand.',
  'register-differs':
    'Another register of the meter was charged than the one on record, for example exported in place of imported energy.',
  'rollover-differs':
    'A counter that passes its last digit starts at zero, and one full turn is added. Here a turn was claimed that did not happen, or left out.',
  'register-fell':
    'A counter does not run backwards. An exchange, a reset or manipulation must be cleared up by people and recorded before use is charged again.',
  'interval-mismatch':
    'Charges of a meter must follow each other without a hole and without an overlap. Here use is charged twice, or left for a later bill at a later price.',
  'interval-order': 'The charge ends at or before its start; there is no use to charge.',
  'reading-not-in-bundle':
    'The charge rests on a reading that the file does not hold, so nobody can check it. Ask for the complete file.',
  'currency-differs':
    'The account, its bills and its price lists must have one currency, or no amount can be compared; and an account is opened once.',
  'zone-differs':
    'The account, its bills and its price lists must keep one time zone: it decides which month and which hours use belongs to.',
  'period-differs':
    'The charge belongs to another month than the bill that it is on, and is not marked as late.',
  'event-differs':
    'The entry holds something else than what readings and price list give, in a part that no other code names.',
  'fee-unknown':
    'The bill has a fee that no published price list contains. A fee that was never published has no basis.',
  'fee-differs':
    'The fee is not the published monthly amount, or its share by days was computed wrongly.',
  'charge-unknown':
    'The bill has a charge that no published price list of this account contains, or that stands in the wallet of another utility.',
  'charge-differs':
    'The charge was computed again from the price list, what was agreed with the account and what the bill charges, and the result is another one.',
  'pool-missing':
    'A part of common areas or line loss is right only as a part of a whole that all tenants are shown alike. The file has no record of that whole.',
  'meter-unknown':
    'The bill charges a meter that the ledger never assigned to this account. It may be the meter of a neighbour.',
  'meter-installed-twice':
    'The terms of a meter (price list, ratios, wallet) were changed in the middle of a bill without taking the meter out first. Ask which terms apply from when.',
  'meter-other-account':
    'The file uses the assignment of a meter to somebody else. You might be charged for the use of another tenant.',

  // Layer 6: money
  'money-ok':
    'Opening balance, top-ups and charges give the closing balance, entry by entry, and both sides of each booking agree.',
  'balance-differs':
    'Each entry states the balance after it. Here it is not the balance before plus or minus the amount: money appeared or vanished.',
  'closing-differs': "The closing balance on the bill is not what the account's entries add up to.",
  'opening-missing':
    'The opening balance comes from the bill before. Without it in the file, money could have been lost in between.',
  'statement-differs':
    'The bill is computed again from its entries and must agree in every figure; the pointer names the first that does not.',
  'statement-order':
    'Bills of one account must follow each other in time; here one is out of order.',
  'range-differs':
    'The file does not start with the entry that the bill names as its first. Entries may have been left out or added.',
  'period-bounds': 'A bill runs from the start of its month to the end of it, in local time.',
  'postings-unbalanced':
    'In double entry what is taken from one side is given to another. Here the sides differ, so money appeared or vanished in the books.',
  'postings-differ':
    'The booking behind a charge or top-up moves another sum, or another wallet, than the entry says.',
  'wallet-differs':
    'Money that was topped up for one utility was taken for another. Wallets are earmarked: electricity money must not pay a management fee.',
  'amount-not-positive':
    'A top-up must add money, and a refund pay some. A negative one would be a hidden charge.',
  'approval-missing':
    'Refunds, reversals and corrections need two people: one asks, another one agrees. Moving money between wallets needs the tenant’s own order.',
  'past-event-missing':
    'The entry gives back or undoes an earlier one, which must be in the file and in the log. Without it nobody can tell what is undone.',
  'reversal-differs':
    'A reversal undoes one entry whole and once: same wallets, same sums, the other way round.',
  'refund-too-large':
    'A refund gives back at most what was paid and is still there. More would be somebody else’s money, or a debt for the tenant.',
  'adjustment-differs':
    'Each kind of correction may move only certain money: a transfer adds up to zero and takes what is there, a present never takes.',
  'account-closed':
    'After an account was closed it takes no charge, no money and no meter; only the bill that was due may follow. Something else does.',
  'closed-with-money':
    'An account is closed when every wallet is at zero: what is left belongs to the tenant, and a debt to the house. Here something was left.',
  'split-differs':
    'A top-up goes to old debt, the level of cut-off, emergency credit and the balance by what was agreed in the log. This one was divided otherwise.',
  'terms-broken':
    'Limits agreed in the log bind every decision: overdraft, emergency credit, the most a wallet may hold, and debt that is put aside. This entry passes one.',
  'surplus-differs':
    'What tenants were charged above the grid’s bill goes back in proportion to their charges. The bill, the sums and the part in the log do not fit together.',
  'deposit-differs':
    'A deposit is in no wallet: it stands in a book of its own, and goes back by two people, at most as much as is left of it.',
  'event-unsupported':
    'The bill holds an entry that moves money in a way that this version cannot compute again. It is not passed over in silence. Use a newer version.',

  // Layer 7: public log
  'in-log':
    'The bill, and through it every entry of the account, is in the public log. It cannot be changed or removed without that being seen.',
  'period-unread':
    'The file has a member about the totals of the whole site that this version does not check. It neither helps nor harms this bill.',
  'inclusion-failed':
    'The proof does not lead from this bill to the state of the log. The bill was changed after it was issued, or was never recorded. Do not rely on it.',
  'fact-inclusion-failed':
    'A price list, device key or meter assignment that the bill leans on is not proven to be in the public log. It may have been made up for this bill.',
  'event-gap':
    'Entries of an account are numbered without gaps. One is missing from the file: perhaps a top-up of yours, perhaps a charge.',
  'event-chain-broken':
    'Each entry carries the hash of the one before. Here it does not fit: an entry was changed, replaced or left out.',

  // Layer 8: signatures on the log
  'signed-ok': 'The state of the log is signed by the key of the ledger.',
  witnessed:
    'Independent organisations have signed the same state of the log, so the operator cannot show you one log and others another.',
  'witnessed-by-file':
    'The rules inside the file name witnesses, and they have signed. Whoever made the file chose them, so they are no independent evidence: use a trust file of your own (--trust).',
  'signed-no-witness-required':
    'The rules of this ledger ask for no independent witness. Your own memory (step 10) and anchors (step 9) then guard against two logs.',
  'signature-missing':
    'The state of the log carries no signature of the key of the ledger. Anyone could have written it.',
  'signature-invalid':
    'The signature does not fit the state of the log: one of the two was changed.',
  'log-not-trusted':
    'The list of trusted ledgers that applies does not contain this one. Give the trust file of your building with --trust.',
  'quorum-missing':
    'The trust file asks for more witnesses than have signed. Right after a bill is issued this may pass; if it stays, the operator may show different logs to different people. Ask the auditor.',
  'checkpoint-other-log':
    'The state of the log in the file is that of another ledger, so it proves nothing about this bill.',
  'checkpoint-*':
    'The state of the log (C2SP tlog-checkpoint) is not spelled as prescribed, so nothing can be proven with it. Ask for the file again.',

  // Layer 9: anchors
  'anchor-none':
    'The state of the log is recorded on a shared chain from time to time. The receipt is not in this file yet; steps 1 to 8 do not depend on it.',
  'anchor-unread':
    'The file brings more receipts than any bill needs; the first ones were checked. The others count for nothing; steps 1 to 8 do not depend on them.',
  anchored:
    "A checkpoint of the log that holds this bill is recorded on the channel of your trust file. Peers of the organisations named checked the log's signature and that it only grew, and endorsed it; a quorum of orderers signed the block; peers state that the transaction was valid. The date is the one that the submitter gave. The operator alone can no longer show another history of this size.",
  'anchored-development':
    'The receipt is whole, but its channel says of itself that it is a development network: one machine plays every organisation and holds all keys, so it could sign any history. It shows that the software fits together, and proves nothing about this bill. On a real network, peers and orderers of the auditor, the tenants and others run on machines of their own; then the operator can no longer change the past without all of them. Steps 1 to 8 do not depend on it.',
  'anchored-by-file':
    'The receipt is whole, but only the file itself says which channel counts, and whoever made the file can make a channel too. Use a trust file from the auditor or the notice in the building, which pins the channel.',
  'anchored-unproven':
    'The checkpoint stands in a signed block and was endorsed, but no signature says that the transaction was valid: what a peer notes about that in a block is not signed. Ask for the file again; it should bring the statement of the peers.',
  'anchor-unknown-network':
    'The file has a receipt of a channel that the trust file does not name, so nothing can be said about it. It counts for nothing here; steps 1 to 8 do not depend on it.',
  'fabric-write-set':
    'What the organisations endorsed on the shared chain is not the state of the log in this file: another root, or another size. Either the file was changed, or the operator shows you another log than the one that was anchored. Keep the file and call the auditor.',
  'fabric-pinned-hash':
    'The receipt begins with another configuration of the channel than the one that the trust file pins: another network that bears the same name. Keep the file and ask the auditor.',
  'anchored-public':
    'A contract on a public chain has held the root of the log since the date given; its code checks that the log only grew, and the proof leads from a block that you know to that very place in its storage. Whoever runs the log cannot change that.',
  'anchored-block-open':
    'The proof is whole, but it begins with a block that only the file names, and anybody can make a block. Look the number up with an explorer or a node that you trust and compare the hash, or write the hash at the end of the line in the trust file; billproof verify --rpc URL does it for you.',
  'anchored-local':
    'The proof is whole, but the chain is one of those that a single machine plays for development. It proves nothing about this bill; steps 1 to 8 do not depend on it.',
  'ethereum-root':
    'The contract on the public chain holds another root for this size of the log. Either the file was changed, or the operator shows you another log than the one that was anchored. Keep the file and call the auditor.',
  'ethereum-*':
    'A receipt of the public chain does not hold: a hash, a proof, the code of the contract or the form is wrong, so the file was changed or the receipt is forged. docs/formats.md, section 21, has the rule of each code. Ask for the file again; if it stays so, keep it and call the auditor.',
  'fabric-*':
    'A receipt of the shared chain (Hyperledger Fabric) does not hold: a signature, a hash, the quorum of orderers, the endorsements or the form is wrong, so the file was changed or the receipt is forged. docs/formats.md, section 20, has the rule of each code. Ask for the file again; if it stays so, keep it and call the auditor.',

  // Layer 10: history
  'history-same': 'The log is in exactly the state that this machine saw at an earlier check.',
  'history-consistent':
    'The log has only grown since the last check on this machine: all that was in it still is.',
  'history-first-use':
    'This machine has not seen this log before, so there is nothing to compare with. What it sees now is remembered.',
  'history-succeeded':
    'The operator lost the newest events of a log for ever and goes on with a new log, under a new name and key, which has the first events of the old one. Its own event log.succeeded says so, with the reason and the last checkpoint of the old log. What the old log held beyond that is not in this one: a bill, top-up or reading that only your older files have is a claim against the operator, and they still verify under the old key. The auditor should know of it.',
  'history-no-proof':
    'This machine saw the log at another size, and the file holds no proof from there. Check the bill by its address: the proof is then fetched.',
  'history-withheld':
    'The ledger was asked for the proof that its log of today continues the one that this machine saw, and answered with a larger log without it. An honest log has signed what was seen and can always prove that; a forked one cannot. It may also be a plain copy of a bill on another host, which answers nothing: open the bill at the ledger itself, and keep this file.',
  'earlier-forked':
    'The file brings an earlier state of the log, signed by the ledger, that the log of the file does not continue: entries were changed or removed, or the file was edited. Keep the file, it may be evidence, and call the auditor.',
  'history-forked':
    'The log that this machine saw before and the one in the file cannot both be parts of one honest log: entries were changed or removed. Keep both files, they are evidence, and call the auditor.',

  // The paper bill
  'paper-differs':
    'The amount printed on the paper, carried in its code, is not the amount in the ledger. The ledger counts. Show both to the office.',
  'paper-other-bill':
    'The paper carries the mark of another bill than the one that its code opens. One of the two was exchanged.',
};
