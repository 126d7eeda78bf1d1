import { fromHex, hex, utf8 } from '../../ledger/core/bytes.ts';
import { canonicalize } from '../../ledger/core/canonical-json.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { originWords, recordSlot, rootSlot } from '../../ledger/core/ethereum/contract-state.ts';
import {
  type AnchoredRoot,
  anchorKey,
  anchorValue,
} from '../../ledger/core/fabric/anchor-state.ts';
import { blockHeaderBytes } from '../../ledger/core/fabric/der.ts';
import { leafHash } from '../../ledger/core/merkle.ts';
import { closeLabel, closeLeafHash, verifyClosePath } from '../../ledger/core/period-close.ts';
import { sha256 } from '../../ledger/core/primitives.ts';
import { record } from './ethereum-chain.ts';
import { ACCOUNT_KEY, exampleBill, ORIGIN } from './example-bill.ts';

/** What each framed example of docs/formats.md must say, by its name. */
export function formatExamples(): Readonly<Record<string, string>> {
  const bill = exampleBill();
  const [first, second, third] = bill.records;
  const [usage, after] = bill.usage;
  const last = bill.statement;
  if (!first || !second || !third || !usage || !after) throw new Error('the example is complete');
  const value = canonicalize({ b: 1, a: 'x', '€': [true, 'line\nbreak'] });
  return {
    'jcs-text': value,
    'jcs-hash': hex(sha256(utf8(value))),
    'event-text': bill.topUp.text,
    'event-salt': bill.topUp.salt,
    'event-commitment': bill.topUp.commitment,
    'event-leaf': hex(leafHash(fromHex(bill.topUp.commitment))),
    'record-0': first.text,
    'record-0-hash': first.hash,
    'record-1': second.text,
    'record-2': third.text,
    'device-jwk': canonicalize(bill.jwk),
    'device-thumbprint': bill.kid,
    'batch-payload': bill.batch.payload,
    'batch-jws': bill.batch.jws,
    'tariff-text': canonicalize(bill.tariff),
    'tariff-hash': bill.ref.hash,
    'usage-1': usage.text,
    'usage-2': after.text,
    'statement-text': last.text,
    vkey: bill.signed.vkey,
    checkpoint: bill.signed.cosigned.trimEnd(),
    'inclusion-proof': bill.log.proof(last.index).join('\n'),
    policy: bill.signed.policy.trimEnd(),
    ...closeExamples(last.commitment),
    ...fabricExamples(parseCheckpoint(bill.signed.cosigned)),
    ...ethereumExamples(parseCheckpoint(bill.signed.cosigned)),
  };
}

function closeExamples(last: string): Readonly<Record<string, string>> {
  const sums = { prepaid: '91.830000', owed: '0.000000', charged: { electricity: '8.170000' } };
  const leaf = { v: 1, label: closeLabel(ACCOUNT_KEY, '2026-09'), last, count: 7, sums };
  const theirs = { prepaid: '0.000000', owed: '4.500000', charged: { electricity: '20.000000' } };
  const step = { side: 'left', hash: hex(sha256(utf8('another leaf'))), sums: theirs };
  const found = verifyClosePath(leaf, [step]);
  if (!found.ok) throw new Error(`${ORIGIN}: ${found.detail}`);
  return {
    'close-leaf': canonicalize(leaf),
    'close-leaf-hash': closeLeafHash(leaf),
    'close-step': canonicalize(step),
    'close-root': `${found.root}\n${canonicalize(found.sums)}`,
  };
}

/** The header is that of block 6 of the recorded network. */
function fabricExamples(anchored: AnchoredRoot): Readonly<Record<string, string>> {
  const header = blockHeaderBytes(
    6,
    fromHex('45ec82011a2bb844482394ef2b9d6fec9a356a01ca1087820dd55b16266a3318'),
    fromHex('aaf6a457b71e13066e7dc329f03951240473504b261c234a444ac1c2f6bb5536'),
  );
  return {
    'fabric-key': anchorKey(anchored),
    'fabric-value': anchorValue(anchored),
    'fabric-header': hex(header),
    'fabric-block-hash': hex(sha256(header)),
  };
}

/** In the block of 2026-09-21T14:13:20Z, after an anchor of size 7. */
function ethereumExamples({ origin, size }: AnchoredRoot): Readonly<Record<string, string>> {
  return {
    'ethereum-origin': originWords(origin).map(hex).join('\n'),
    'ethereum-slots': [rootSlot(size), recordSlot(size)].map(hex).join('\n'),
    'ethereum-record': hex(record(size, 1_790_000_000, 7)),
  };
}
