import { ed25519 } from '@noble/curves/ed25519.js';
import { hex } from '../../ledger/core/bytes.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { cosign } from '../../ledger/core/cosignature.ts';
import { sha256 } from '../../ledger/core/primitives.ts';
import {
  ED25519_COSIGNATURE,
  formatNote,
  formatVerifierKey,
  verifierKey,
} from '../../ledger/core/signed-note.ts';
import { auditPath } from '../reference/rfc6962.ts';
import { type BundleParts, Forger } from '../support/forge.ts';
import {
  type Attack,
  arranged,
  edited,
  editList,
  type Forgery,
  forged,
  honestSite,
  swap,
} from './attack.ts';
import { all, honest, NEIGHBOUR, TENANT, tell, tellTo } from './story.ts';

interface OpeningPart {
  readonly event: string;
  readonly salt: string;
}
interface FactPart extends OpeningPart {
  readonly index: number;
  readonly proof: readonly string[];
}

/** Places of openings of the honest bill. */
const [TOP_UP, CHARGE, BILL] = [4, 5, 10];

const without = (openings: readonly OpeningPart[], at: number) =>
  openings.filter((_, i) => i !== at);
const inOpenings =
  (edit: (openings: OpeningPart[]) => readonly unknown[]) => (parts: BundleParts) =>
    editList<OpeningPart>(parts, 'openings', edit);
const inOpening = (at: number, from: string | RegExp, to: string) =>
  inOpenings((openings) =>
    openings.map((o, i) => (i === at ? { ...o, event: swap(o.event, from, to) } : o)),
  );
const inFacts = (change: (fact: FactPart) => unknown) => (parts: BundleParts) =>
  editList<FactPart>(parts, 'site', (site) => site.map(change));
const inCheckpoint = (from: string | RegExp, to: string) => (parts: BundleParts) => ({
  ...parts,
  checkpoint: swap(String(parts['checkpoint']), from, to),
});
const proofOf = (edit: (proof: string[]) => readonly unknown[]) => (parts: BundleParts) =>
  editList<string>(parts, 'proof', edit);

const otherKey = () => tellTo(new Forger(undefined, 'another secret'));
const otherOrigin = () => tellTo(new Forger('other.example/log/tower'));
/** The same log as far as it was seen, then another. */
const fork = () =>
  tell({ after: (f) => f.topUp(NEIGHBOUR, '2026-09-30T17:00:00.000Z', '99.000000') });

const WITNESS_SECRET = sha256(Uint8Array.of(7));
const witness = verifierKey(
  'witness.example/w1',
  ED25519_COSIGNATURE,
  ed25519.getPublicKey(WITNESS_SECRET),
);
const stranger = verifierKey(
  'witness.example/w1',
  ED25519_COSIGNATURE,
  ed25519.getPublicKey(sha256(Uint8Array.of(8))),
);

/** Events, proofs and checkpoints, edited by whoever has the file. */
export const editedLog: readonly Attack[] = [
  edited(
    'amount of a top-up',
    [7, 'event-chain-broken', { 6: 'postings-differ' }],
    inOpening(TOP_UP, '"amount":"60.000000"', '"amount":"66.000000"'),
  ),
  edited(
    'event left out',
    [7, 'event-gap', { 6: 'balance-differs' }],
    inOpenings((o) => without(o, TOP_UP)),
  ),
  edited(
    'charge left out',
    [7, 'event-gap', { 4: 'reading-skipped', 6: 'balance-differs' }],
    inOpenings((o) => without(o, BILL - 2)),
  ),
  edited(
    'first event left out',
    [6, 'range-differs'],
    inOpenings((o) => o.slice(1)),
  ),
  edited(
    'event twice',
    [7, 'event-gap', { 6: 'balance-differs' }],
    inOpenings((o) => [...o.slice(0, CHARGE), ...o.slice(TOP_UP)]),
  ),
  edited(
    'event slipped in under a number in use',
    [7, 'event-gap', { 6: 'postings-differ' }],
    inOpenings((o) => [
      ...o.slice(0, CHARGE),
      ...o
        .slice(TOP_UP, CHARGE)
        .map(({ event, salt }) => ({ event: event.replace('60.000000', '61.000000'), salt })),
      ...o.slice(CHARGE),
    ]),
  ),
  edited('number of an event', [7, 'event-gap'], inOpening(TOP_UP, /"n":[0-9]+/, '"n":99')),
  edited(
    'link of an event',
    [7, 'event-chain-broken'],
    inOpening(TOP_UP, /"prev":"[0-9a-f]{64}"/, `"prev":"${'ab'.repeat(32)}"`),
  ),
  edited(
    'salt of an event',
    [7, 'event-chain-broken'],
    inOpenings((o) =>
      o.map((opening, i) => (i === TOP_UP ? { ...opening, salt: 'ab'.repeat(32) } : opening)),
    ),
  ),
  edited(
    'salt of the bill',
    [7, 'inclusion-failed'],
    inOpenings((o) =>
      o.map((opening, i) => (i === o.length - 1 ? { ...opening, salt: 'ab'.repeat(32) } : opening)),
    ),
  ),
  edited(
    'total of the bill',
    [7, 'inclusion-failed', { 6: 'statement-differs' }],
    inOpening(BILL, /"total":"[^"]*"/, '"total":"1.000000"'),
  ),
  edited(
    'price in a charge',
    [7, 'event-chain-broken', { 5: 'rate-differs' }],
    inOpening(CHARGE, /"price":"[^"]*"/, '"price":"0.100000"'),
  ),
  edited(
    "neighbour's event",
    [1, 'event-account-differs', { 6: 'postings-differ' }],
    inOpenings((o) => o.map((opening, i) => (i === TOP_UP ? openingOf(NEIGHBOUR) : opening))),
  ),
  edited(
    'events of another order',
    [7, 'event-gap', { 5: 'interval-mismatch', 6: 'balance-differs' }],
    inOpenings((o) => [...o.slice(0, CHARGE), ...o.slice(CHARGE, 7).reverse(), ...o.slice(7)]),
  ),
  edited(
    'bill cut off',
    [1, 'statement-missing'],
    inOpenings((o) => o.slice(0, -1)),
  ),
  edited(
    'no event',
    [1, 'statement-missing'],
    inOpenings(() => []),
  ),
  edited(
    'event of another log',
    [2, 'event-log-differs', { 7: 'event-chain-broken' }],
    inOpening(TOP_UP, 'bills.example', 'evils.example'),
  ),
  edited(
    'unknown member in an event',
    [1, 'bad-shape'],
    inOpening(TOP_UP, '"v":1}', '"v":1,"vip":1}'),
  ),
  edited(
    'unknown type of event',
    [1, 'bad-shape'],
    inOpening(TOP_UP, 'topup.credited', 'topup.invented'),
  ),
  edited('event of version 2', [1, 'bad-shape'], inOpening(TOP_UP, '"v":1}', '"v":2}')),
  edited(
    'event with a time that does not exist',
    [6, 'bad-time', { 7: 'event-chain-broken' }],
    inOpening(TOP_UP, '"at":"2026-09-02T', '"at":"2026-19-02T'),
  ),
  edited('place of the bill', [7, 'inclusion-failed'], (p) => ({ ...p, statement: { index: 19 } })),
  edited('place beyond the log', [7, 'inclusion-failed'], (p) => ({
    ...p,
    statement: { index: 2 ** 40 },
  })),
  edited(
    'proof cut short',
    [7, 'inclusion-failed'],
    proofOf((proof) => proof.slice(1)),
  ),
  edited(
    'proof drawn out',
    [7, 'inclusion-failed'],
    proofOf((proof) => [...proof, ...proof.slice(0, 1)]),
  ),
  edited(
    'proof in another order',
    [7, 'inclusion-failed'],
    proofOf((proof) => proof.toReversed()),
  ),
  edited(
    'proof left out',
    [7, 'inclusion-failed'],
    proofOf(() => []),
  ),
  edited('proof of a smaller log', [7, 'inclusion-failed'], (p) => ({
    ...p,
    proof: auditPath(20, honestSite().entries.slice(0, 21)).map(hex),
  })),
  edited(
    'proof of a fact',
    [7, 'fact-inclusion-failed'],
    inFacts((fact) => ({ ...fact, proof: fact.proof.toReversed() })),
  ),
  edited(
    'place of a fact',
    [7, 'fact-inclusion-failed'],
    inFacts((fact) => (fact.index === 1 ? { ...fact, index: 2 } : fact)),
  ),
  edited('all facts left out', [3, 'device-key-unknown', { 5: 'meter-unknown' }], (p) => ({
    ...p,
    site: [],
  })),
  edited(
    'root of the checkpoint',
    [8, 'signature-invalid', { 7: 'inclusion-failed' }],
    inCheckpoint(/\n[A-Za-z0-9+/]{43}=\n/, `\n${'A'.repeat(43)}=\n`),
  ),
  edited(
    'size of the checkpoint',
    [8, 'signature-invalid', { 7: 'inclusion-failed' }],
    inCheckpoint('\n22\n', '\n23\n'),
  ),
  edited(
    'origin of the checkpoint',
    [2, 'identity-origin-differs', { 8: 'checkpoint-other-log' }],
    inCheckpoint('bills.example', 'evils.example'),
  ),
  edited('signature of the checkpoint', [8, 'signature-invalid'], inCheckpoint('8is+', '8is/')),
  edited(
    'signature by another name',
    [8, 'signature-missing'],
    inCheckpoint('\u2014 bills', '\u2014 evils'),
  ),
  edited(
    'checkpoint with another line',
    [1, 'checkpoint-extension'],
    inCheckpoint('\n\n', '\nnote\n\n'),
  ),
  edited(
    'checkpoint without signatures',
    [1, 'note-without-signatures'],
    inCheckpoint(/\n\n.*$/s, '\n'),
  ),
  edited(
    'checkpoint with a carriage return',
    [1, 'note-control-character'],
    inCheckpoint('\n', '\r\n'),
  ),
  edited('checkpoint of the empty log', [1, 'checkpoint-root'], inCheckpoint('\n22\n', '\n0\n')),
  edited('key of the log', [1, 'verifier-key-id'], (p) => ({
    ...p,
    log: {
      origin: honestSite().origin,
      vkey: otherKey().vkey.replace(/\+[0-9a-f]{8}\+/, '+00000000+'),
    },
  })),
  edited(
    'key of another log in the file',
    [8, 'signature-missing', { 2: 'identity-other-key' }],
    (p) => ({ ...p, log: { origin: honestSite().origin, vkey: otherKey().vkey } }),
  ),
];

/** Logs that do not fit to what the reader knows. */
export const knownLogs: readonly Attack[] = [
  arranged(
    'operator',
    'other key for the same log',
    [2, 'identity-other-key', { 8: 'log-not-trusted' }],
    () => trusted(otherKey()),
  ),
  arranged('operator', 'other log', [2, 'identity-other-log', { 8: 'log-not-trusted' }], () =>
    trusted(otherOrigin()),
  ),
  arranged(
    'operator',
    'checkpoint of another log',
    [2, 'identity-origin-differs', { 7: 'inclusion-failed', 8: 'checkpoint-other-log' }],
    () => mixed(otherOrigin().checkpoint()),
  ),
  arranged('operator', 'checkpoint by another key', [8, 'signature-missing'], () =>
    mixed(otherKey().checkpoint()),
  ),
  arranged('operator', 'checkpoint of the log before the bill', [7, 'inclusion-failed'], () =>
    mixed(honestSite().checkpoint(20)),
  ),
  arranged('operator', 'other key than the one remembered', [2, 'identity-other-key'], () =>
    remembered(otherKey(), honestSite().seen()),
  ),
  arranged('operator', 'two logs of one size', [10, 'history-forked'], () =>
    remembered(fork(), honestSite().seen()),
  ),
  arranged('operator', 'log that lost what was seen', [10, 'history-forked'], () => {
    const seen = tell({ 'top-up': undefined }).seen(18);
    return remembered(honestSite(), seen, [honestSite().earlier(18)]);
  }),
  arranged('operator', 'log that was longer when it was seen', [10, 'earlier-forked'], () => {
    const longer = tell({ after: all(honest.after, honest.after) });
    const parts = [{ ...longer.earlier(23), consistency: [] }];
    return remembered(honestSite(), longer.seen(23), parts);
  }),
  arranged('operator', 'signed earlier checkpoint that does not fit', [10, 'earlier-forked'], () =>
    remembered(honestSite(), undefined, [fork().earlier(22)]),
  ),
  arranged('outsider', 'earlier checkpoint by nobody', [10, 'signature-missing'], () =>
    remembered(honestSite(), undefined, [otherKey().earlier(18)]),
  ),
  arranged('outsider', 'earlier checkpoint of another log', [10, 'checkpoint-other-log'], () =>
    remembered(honestSite(), undefined, [otherOrigin().earlier(18)]),
  ),
  arranged('outsider', 'proof of the history cut short', [10, 'earlier-forked'], () => {
    const whole = honestSite().earlier(18);
    return remembered(honestSite(), honestSite().seen(18), [
      { ...whole, consistency: whole.consistency.slice(1) },
    ]);
  }),
  arranged('operator', 'log without the witness that is asked for', [8, 'quorum-missing'], () =>
    witnessed([]),
  ),
  arranged('operator', 'witness of his own under the name of another', [8, 'quorum-missing'], () =>
    witnessed([stranger], sha256(Uint8Array.of(8))),
  ),
  arranged('operator', 'false signature of the witness', [8, 'signature-invalid'], () =>
    witnessed([witness], sha256(Uint8Array.of(9))),
  ),
  arranged('operator', 'policy that does not name the log', [8, 'log-not-trusted'], () =>
    unpinned(`log ${otherOrigin().vkey}\nquorum none\n`),
  ),
  arranged('operator', 'policy that cannot be read', [8, 'policy-without-quorum'], () =>
    unpinned(''),
  ),
  forged(
    'operator',
    'bill of another account',
    [1, 'event-account-differs', { 4: 'reading-skipped', 6: 'opening-missing' }],
    {
      'neighbour-use': all(honest['neighbour-use'], (f) =>
        f.topUp(NEIGHBOUR, '2026-09-07T02:00:00.000Z', '10.000000'),
      ),
    },
    (parts) =>
      editList<OpeningPart>(parts, 'openings', (o) => [openingOf(NEIGHBOUR), ...o.slice(-1)]),
  ),
  forged('operator', 'chain cut at the start', [6, 'range-differs'], {}, (parts) =>
    editList(parts, 'openings', (o) => o.slice(2)),
  ),
  forged('operator', 'first event linked to something', [7, 'event-chain-broken'], {
    open: (f) => {
      const text = honestOpening().replace('0'.repeat(64), 'ab'.repeat(32));
      f.append(TENANT, 'account.opened', text);
    },
    'august-bill': undefined,
    'border-use': undefined,
    'august-use': undefined,
    'august-start': undefined,
    'august-top-up': undefined,
  }),
  forged('operator', 'fact of another log', [2, 'event-log-differs'], {
    tariff: (f) => {
      const origin = f.origin;
      Object.assign(f, { origin: 'other.example/log/tower' });
      honest.tariff(f);
      Object.assign(f, { origin });
    },
  }),
];

function openingOf(account: string): OpeningPart {
  const event = honestSite()
    .account(account)
    .events.findLast(({ type }) => type === 'topup.credited');
  return { event: event?.text ?? '', salt: event?.salt ?? '' };
}

function honestOpening(): string {
  return honestSite().account(TENANT).events[0]?.text ?? '';
}

/** A bundle of one log for a reader who trusts another. */
function trusted(f: Forger): Forgery {
  return { text: f.bundle(TENANT), options: { trust: honestSite().trust } };
}

function mixed(checkpoint: string): Forgery {
  const f = honestSite();
  return {
    text: f.bundle(TENANT, (parts) => ({ ...parts, checkpoint })),
    options: { trust: f.trust },
  };
}

type Seen = ReturnType<Forger['seen']>;

/** A reader who has no trust file, only a memory. */
function remembered(f: Forger, seen: Seen | undefined, earlier: readonly unknown[] = []): Forgery {
  const text = f.bundle(TENANT, (parts) => ({ ...parts, earlier }));
  return { text, options: seen === undefined ? {} : { remembered: seen } };
}

/** A reader whose trust file asks for a witness; the keys of `signers` sign, with one secret. */
function witnessed(signers: readonly (typeof witness)[], secret = WITNESS_SECRET): Forgery {
  const f = honestSite();
  const note = parseCheckpoint(f.checkpoint()).note;
  const lines = signers.map((key) =>
    cosign(note.text, 1_790_813_110, key, (m) => ed25519.sign(m, secret)),
  );
  const checkpoint = formatNote({ ...note, signatures: [...note.signatures, ...lines] });
  const trust = `log ${f.vkey}\nwitness w1 ${formatVerifierKey(witness)}\nquorum w1\n`;
  return { text: f.bundle(TENANT, (parts) => ({ ...parts, checkpoint })), options: { trust } };
}

function unpinned(policy: string): Forgery {
  return { text: honestSite().bundle(TENANT, (parts) => ({ ...parts, policy })), options: {} };
}
