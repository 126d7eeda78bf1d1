import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { fromHex, hex } from '../../ledger/core/bytes.ts';
import { canonicalize } from '../../ledger/core/canonical-json.ts';
import { signCheckpoint } from '../../ledger/core/checkpoint.ts';
import { commitmentOf, eventText, type LedgerEvent } from '../../ledger/core/event.ts';
import { rootOf } from '../../ledger/core/merkle.ts';
import { sha256 } from '../../ledger/core/primitives.ts';
import { ZERO_HASH } from '../../ledger/core/reading.ts';
import { ED25519_NOTE, formatVerifierKey, verifierKey } from '../../ledger/core/signed-note.ts';
import { StatementSums } from '../../ledger/core/statement.ts';
import { auditPath, prefixProof } from '../reference/rfc6962.ts';

export interface SmallBillOptions {
  /** Entries of others that the log holds after the bill. */
  readonly after?: number;
  /** Changes the entries of others, so that two logs of one size differ. */
  readonly others?: string;
  /** Adds the proof that the log continues its own first `seen` entries. */
  readonly seen?: number;
  readonly origin?: string;
}

export interface SmallBill {
  /** The proof bundle. */
  readonly text: string;
  /** Trust file that pins its log. */
  readonly trust: string;
  /** Commitment of the statement, 64 hex digits. */
  readonly commitment: string;
}

/**
 * The smallest bill that checks out: an account is opened, 50.00 yuan are topped up, nothing is used.
 * Written without the ledger, so that what reads bundles can be tested without what writes them.
 */
export function smallBill(options: SmallBillOptions = {}): SmallBill {
  const { after = 2, others = 'others', seen, origin = 'bills.example/log/tower' } = options;
  const key = signingKey(origin);
  const openings = chain(origin);
  const commitments = openings.map(({ commitment }) => commitment);
  const before = Array.from({ length: 3 }, (_, i) => sha256(Buffer.from(`before ${i}`)));
  const behind = Array.from({ length: after }, (_, i) => sha256(Buffer.from(`${others} ${i}`)));
  const entries = [...before, ...commitments, ...behind];
  const index = before.length + commitments.length - 1;
  const note = (size: number) =>
    signCheckpoint({ size, root: rootOf(entries.slice(0, size)) }, key.verifier, key.sign);
  const receipts = { fabric: [], ethereum: [] };
  const trust = `log ${key.vkey}\nquorum none\n`;
  const text = canonicalize({
    format: 'billproof/1',
    log: { vkey: key.vkey, origin },
    policy: trust,
    checkpoint: note(entries.length),
    statement: { index },
    proof: auditPath(index, entries).map(hex),
    openings: openings.map(({ text: event, salt }) => ({ event, salt: hex(salt) })),
    readings: [],
    batches: [],
    site: [],
    earlier:
      seen === undefined
        ? []
        : [
            {
              checkpoint: note(seen),
              consistency: prefixProof(seen, entries).map(hex),
              anchors: receipts,
            },
          ],
    anchors: receipts,
    produced: { by: 'test', at: '2026-10-01T00:00:05.000Z' },
  });
  return { text, trust, commitment: hex(commitments.at(-1) ?? new Uint8Array()) };
}

function chain(origin: string) {
  const wallet = 'electricity';
  const credit = '50.000000';
  const sums = new StatementSums({
    period: '2026-09',
    from: '2026-08-31T16:00:00.000Z',
    to: '2026-09-30T16:00:00.000Z',
    zone: 'Asia/Shanghai',
    currency: 'CNY',
    first: 0,
    previous: undefined,
  });
  sums.addCredit(wallet, 50_000_000n);
  const postings = [
    { account: 'cash', amount: credit, currency: 'CNY' },
    { account: `prepaid:K3F7-9Q2M:${wallet}`, amount: `-${credit}`, currency: 'CNY' },
  ];
  const facts: Pick<LedgerEvent, 'type' | 'at' | 'data'>[] = [
    { type: 'account.opened', at: '2026-09-01T02:00:00.000Z', data: { currency: 'CNY' } },
    {
      type: 'topup.credited',
      at: '2026-09-02T02:00:00.000Z',
      data: { amount: credit, wallet, postings, balance: credit, period: '2026-09' },
    },
    {
      type: 'statement.issued',
      at: '2026-10-01T00:00:00.000Z',
      data: JSON.parse(canonicalize(sums.issue())),
    },
  ];
  let prev = ZERO_HASH;
  return facts.map((fact, n) => {
    const id = `01900000-0000-7000-8000-00000000000${n}`;
    const text = eventText({ v: 1, log: origin, account: 'K3F7-9Q2M', n, prev, id, ...fact });
    const salt = sha256(Buffer.from(`salt ${n}`));
    const commitment = commitmentOf(salt, text);
    prev = hex(commitment);
    return { text, salt, commitment };
  });
}

/** A key that is the same in each run, so that logs of one origin are comparable. */
function signingKey(origin: string) {
  const pkcs8 = Buffer.concat([
    fromHex('302e020100300506032b657004220420'),
    sha256(Buffer.from(`key of ${origin}`)),
  ]);
  const secret = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' });
  const verifier = verifierKey(origin, ED25519_NOTE, spki.subarray(-32));
  return {
    verifier,
    vkey: formatVerifierKey(verifier),
    sign: (message: Uint8Array) => new Uint8Array(sign(null, message, secret)),
  };
}
