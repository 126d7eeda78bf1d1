import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { batchPayloadText, batchSigningInput } from '../../ledger/core/batch.ts';
import { base64url, hex, utf8 } from '../../ledger/core/bytes.ts';
import { canonicalize, type JsonObject } from '../../ledger/core/canonical-json.ts';
import { parseCheckpoint, signCheckpoint } from '../../ledger/core/checkpoint.ts';
import { cosign } from '../../ledger/core/cosignature.ts';
import { formatMicros } from '../../ledger/core/decimal.ts';
import { type DeviceJwk, thumbprint } from '../../ledger/core/device-key.ts';
import { commitmentOf, type EventType, eventSalt, eventText } from '../../ledger/core/event.ts';
import type { MeterInstalled, RegisterRef } from '../../ledger/core/event-data.ts';
import { leafHash, rootOf } from '../../ledger/core/merkle.ts';
import { inclusionProof } from '../../ledger/core/merkle-proofs.ts';
import { sha256 } from '../../ledger/core/primitives.ts';
import { type Reading, readingText, ZERO_HASH } from '../../ledger/core/reading.ts';
import {
  ED25519_COSIGNATURE,
  ED25519_NOTE,
  formatNote,
  formatVerifierKey,
  verifierKey,
} from '../../ledger/core/signed-note.ts';
import { StatementSums } from '../../ledger/core/statement.ts';
import type { Tariff } from '../../ledger/core/tariff.ts';
import { TariffBook } from '../../ledger/core/tariff-book.ts';
import { hashesFromTiles } from '../../ledger/core/tile-hashes.ts';
import { encodeHashTile } from '../../ledger/core/tiles.ts';
import { parseTime } from '../../ledger/core/time.ts';
import { chargeSpan, consumption, freshProgress, planInterval } from '../../ledger/core/usage.ts';
import { usageEventText } from '../../ledger/core/usage-event.ts';
import { timeOfUseTariff } from '../samples/tariffs.ts';

/** Everything that docs/formats.md shows, made from nothing but the secrets named there. */
export const ORIGIN = 'ledger.example/log/site-1';
export const LOG_SECRET = sha256(utf8('billproof example: log'));
export const WITNESS_SECRET = sha256(utf8('billproof example: witness'));
export const DEVICE_SECRET = sha256(utf8('billproof example: device'));
export const ACCOUNT_KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
const SITE_KEY = Uint8Array.from({ length: 32 }, (_, i) => 32 + i);

export const BINDING: MeterInstalled = {
  meter: 'm-0012',
  serial: '20241103',
  bridge: 'br-1',
  register: '1-0:1.8.0',
  unit: 'kWh',
  wallet: 'electricity',
  ct: '10',
  pt: '1',
  tariff: 'el-tou',
  modulus: '1000000.00',
};

export interface LoggedEvent {
  readonly text: string;
  readonly salt: string;
  readonly commitment: string;
  readonly index: number;
}

/** What an event is before it has its place in the chain. */
export interface Draft {
  readonly log: string;
  readonly type: EventType;
  readonly at: string;
  readonly data: JsonObject;
}
/** An operator who holds the log key and writes other events, or more, than honest ones. */
export type Lie = (draft: Draft) => readonly Draft[];

/** A log of one site that keeps what it wrote. */
export class ExampleLog {
  readonly #lie: Lie;
  readonly entries: Uint8Array[] = [];
  readonly chains = new Map<string, LoggedEvent[]>();

  constructor(lie: Lie) {
    this.#lie = lie;
  }

  chain(account: string): LoggedEvent[] {
    const chain = this.chains.get(account) ?? [];
    this.chains.set(account, chain);
    return chain;
  }

  head(account: string) {
    const chain = this.chain(account);
    const id = `0199d0c0-0000-7000-8000-${String(this.entries.length).padStart(12, '0')}`;
    return {
      log: ORIGIN,
      account,
      n: chain.length,
      prev: chain.at(-1)?.commitment ?? ZERO_HASH,
      id,
    };
  }

  write(account: string, type: EventType, at: string, data: JsonObject): LoggedEvent {
    const [first, ...more] = this.#lie({ log: ORIGIN, type, at, data });
    if (first === undefined) throw new Error('a lie says something');
    const logged = this.append(account, eventText({ v: 1, ...this.head(account), ...first }));
    for (const draft of more) {
      this.append(account, eventText({ v: 1, ...this.head(account), ...draft }));
    }
    return logged;
  }

  append(account: string, text: string): LoggedEvent {
    const chain = this.chain(account);
    const salt = eventSalt(account === 'site' ? SITE_KEY : ACCOUNT_KEY, chain.length);
    const entry = commitmentOf(salt, text);
    const logged = { text, salt: hex(salt), commitment: hex(entry), index: this.entries.length };
    this.entries.push(entry);
    chain.push(logged);
    return logged;
  }

  proof(index: number): string[] {
    const leaves = this.entries.map((entry) => leafHash(entry));
    const reader = hashesFromTiles(leaves.length, ({ index: tile, width }) =>
      encodeHashTile(leaves.slice(tile * 256, tile * 256 + width)),
    );
    return inclusionProof(index, leaves.length, reader).map(hex);
  }
}

export function exampleBill(lie: Lie = (draft) => [draft], changes: Partial<Tariff> = {}) {
  const log = new ExampleLog(lie);
  const jwk = deviceJwk();
  const kid = thumbprint(jwk);
  const book = new TariffBook();
  const { tariff, ref } = book.add({ ...exampleTariff(), ...changes });
  const key = log.write('site', 'device.key-enrolled', '2026-08-20T01:00:00.000Z', {
    bridge: 'br-1',
    epoch: 1,
    thumbprint: kid,
    jwk: { ...jwk },
  });
  const published = log.write('site', 'tariff.published', '2026-08-20T02:00:00.000Z', {
    tariff: JSON.parse(canonicalize(tariff)),
  });
  const opened = { currency: 'CNY', zone: 'Asia/Shanghai' };
  log.write('acc-7', 'account.opened', '2026-08-25T00:00:00.000Z', opened);
  log.write('acc-7', 'meter.installed', '2026-08-25T01:00:00.000Z', { ...BINDING });
  const topUp = log.write('acc-7', 'topup.credited', '2026-09-01T00:10:00.000Z', {
    amount: '100.000000',
    wallet: 'electricity',
    balance: '100.000000',
    method: 'cash',
    period: '2026-09',
    postings: [
      { account: 'cash:cash', amount: '100.000000', currency: 'CNY' },
      { account: 'prepaid:acc-7:electricity', amount: '-100.000000', currency: 'CNY' },
    ],
  });
  const records = exampleRecords();
  const { sums, usage, balanceMicros } = chargeAll(log, book, records);
  sums.addCredit('electricity', 100_000_000n);
  const fee = { fee: 'service', tariff: { ...ref }, days: 30, of: 30, amount: '3.000000' };
  log.write('acc-7', 'fee.charged', '2026-09-30T16:00:00.000Z', {
    ...fee,
    wallet: 'electricity',
    balance: formatMicros(balanceMicros - 3_000_000n),
    period: '2026-09',
    postings: [
      { account: 'prepaid:acc-7:electricity', amount: '3.000000', currency: 'CNY' },
      { account: 'revenue:electricity', amount: '-3.000000', currency: 'CNY' },
    ],
  });
  sums.addFee({ ...fee, wallet: 'electricity' });
  const data = JSON.parse(canonicalize(sums.issue()));
  const statement = log.write('acc-7', 'statement.issued', '2026-10-01T00:05:00.000Z', data);
  const batch = exampleBatch(records, kid);
  const signed = exampleCheckpoint(log.entries);
  const openings = log.chain('acc-7').map(({ text, salt }) => ({ event: text, salt }));
  const bundle = canonicalize({
    format: 'billproof/1',
    log: { vkey: signed.vkey, origin: ORIGIN },
    policy: signed.policy,
    checkpoint: signed.cosigned,
    statement: { index: statement.index },
    proof: log.proof(statement.index),
    openings,
    readings: records.map(({ text }) => text),
    batches: [{ jws: batch.jws, index: batch.path.index, path: batch.path.hashes }],
    site: [key, published, ...usage.slice(0, 1)].map(({ text, salt, index }) => ({
      event: text,
      salt,
      index,
      proof: log.proof(index),
    })),
    earlier: [],
    anchors: { fabric: [], ethereum: [] },
    produced: { by: 'an example', at: '2026-10-01T00:05:01.000Z' },
  });
  return { log, jwk, kid, tariff, ref, topUp, records, usage, statement, batch, signed, bundle };
}

/** Charges each interval between two readings with a value, as the ledger does. */
function chargeAll(log: ExampleLog, book: TariffBook, records: readonly ExampleRecord[]) {
  const sums = new StatementSums({
    period: '2026-09',
    from: '2026-08-31T16:00:00.000Z',
    to: '2026-09-30T16:00:00.000Z',
    zone: 'Asia/Shanghai',
    currency: 'CNY',
    first: 0,
    previous: undefined,
  });
  const progress = freshProgress();
  const usage: LoggedEvent[] = [];
  let balanceMicros = 100_000_000n;
  const valued = records.flatMap(({ reading, hash }): RegisterRef[] => {
    const value = reading.registers?.[BINDING.register]?.value;
    return value === undefined ? [] : [{ seq: reading.seq, at: reading.at, value, hash }];
  });
  for (const [i, to] of valued.entries()) {
    const from = valued[i - 1];
    if (from === undefined) continue;
    const interval = { fromMs: parseTime(from.at), toMs: parseTime(to.at) };
    const { quantityMicros, rollover } = consumption(BINDING, from.value, to.value);
    const spans = planInterval(book, BINDING.tariff, { ...interval, quantityMicros });
    for (const span of spans) {
      const charge = chargeSpan(progress, span, span.month);
      balanceMicros -= charge.amountMicros;
      const head = { ...log.head('acc-7'), currency: 'CNY', binding: BINDING };
      const spanned = { span, partial: spans.length > 1, period: span.month, charge };
      const text = usageEventText({ ...head, from, to, rollover, ...spanned, balanceMicros });
      usage.push(log.append('acc-7', text));
      const { ref, tariff } = span.version;
      const billed = { quantityMicros: span.quantityMicros, ...charge, window: tariff.window };
      sums.addUsage({ binding: BINDING, from, to, tariff: ref, ...billed });
    }
  }
  return { sums, usage, balanceMicros };
}

export interface ExampleRecord {
  readonly reading: Reading;
  readonly text: string;
  readonly hash: string;
}

/** When a meter was polled, and the value it showed; none for a poll that failed. */
export type Poll = readonly [at: string, value: string | undefined];

export function exampleRecords(more: readonly Poll[] = []): ExampleRecord[] {
  const polls: readonly Poll[] = [
    ['2026-08-31T16:00:00.000Z', '100.00'],
    ['2026-09-01T00:30:00.000Z', '100.85'],
    ['2026-09-01T01:00:00.000Z', undefined],
    ['2026-09-01T14:30:00.000Z', '101.55'],
    ...more,
  ];
  const records: ExampleRecord[] = [];
  for (const [seq, [at, value]] of polls.entries()) {
    const reading: Reading = {
      v: 1,
      bridge: 'br-1',
      epoch: 1,
      meter: BINDING.meter,
      serial: BINDING.serial,
      seq,
      at,
      clock: 'S',
      uptimeMs: parseTime(at) - parseTime('2026-08-31T15:59:30.000Z'),
      status: value === undefined ? 'timeout' : 'good',
      ...(value === undefined ? {} : { registers: { [BINDING.register]: { unit: 'kWh', value } } }),
      ...(value === undefined
        ? {}
        : { raw: Number(value.replace('.', '')).toString(16).padStart(8, '0') }),
      ratio: { ct: BINDING.ct, pt: BINDING.pt },
      prev: records.at(-1)?.hash ?? ZERO_HASH,
    };
    const text = readingText(reading);
    records.push({ reading, text, hash: hex(sha256(utf8(text))) });
  }
  return records;
}

export function exampleBatch(records: readonly ExampleRecord[], kid: string) {
  const bytes = records.map(({ text }) => utf8(text));
  const leaves = bytes.map((record) => leafHash(record));
  const index = leaves.length - 1;
  const reader = hashesFromTiles(leaves.length, () => encodeHashTile(leaves));
  const payload = batchPayloadText({
    v: 1,
    bridge: 'br-1',
    epoch: 1,
    batch: 0,
    prev: ZERO_HASH,
    count: records.length,
    root: hex(rootOf(bytes)),
    software: hex(sha256(utf8('software'))),
    map: hex(sha256(utf8('map'))),
    config: hex(sha256(utf8('config'))),
    at: '2026-09-01T14:30:05.000Z',
  });
  const signingInput = batchSigningInput(kid, payload);
  const signature = p256.sign(utf8(signingInput), DEVICE_SECRET, { lowS: false });
  const hashes = inclusionProof(index, leaves.length, reader).map(hex);
  return { payload, jws: `${signingInput}.${base64url(signature)}`, path: { index, hashes } };
}

export function exampleCheckpoint(entries: readonly Uint8Array[]) {
  const key = verifierKey(ORIGIN, ED25519_NOTE, ed25519.getPublicKey(LOG_SECRET));
  const name = 'witness.example/w1';
  const witness = verifierKey(name, ED25519_COSIGNATURE, ed25519.getPublicKey(WITNESS_SECRET));
  const note = signCheckpoint({ size: entries.length, root: rootOf(entries) }, key, (message) =>
    ed25519.sign(message, LOG_SECRET),
  );
  const parsed = parseCheckpoint(note).note;
  const line = cosign(parsed.text, 1_790_813_110, witness, (message) =>
    ed25519.sign(message, WITNESS_SECRET),
  );
  const vkey = formatVerifierKey(key);
  const cosigned = formatNote({ ...parsed, signatures: [...parsed.signatures, line] });
  const policy = `log ${vkey}\nwitness w1 ${formatVerifierKey(witness)}\nquorum w1\n`;
  return { key, vkey, note, cosigned, policy };
}

export function exampleTariff() {
  return timeOfUseTariff({
    id: 'el-tou',
    name: 'Electricity 电价',
    validFrom: '2026-08-31T16:00:00.000Z',
    tiers: [{ tier: 't1', upTo: '10.000000' }, { tier: 't2' }],
    calendar: [{ date: '2026-10-01', as: 'holiday' }],
    prices: [
      { period: 'valley', tier: 't1', price: '0.300000' },
      { period: 'valley', tier: 't2', price: '0.350000' },
      { period: 'peak', tier: 't1', price: '0.333333' },
      { period: 'peak', tier: 't2', price: '0.383333' },
    ],
    fees: [{ fee: 'service', amount: '3.000000', per: 'month', proration: 'daily' }],
  });
}

export function deviceJwk(): DeviceJwk {
  const point = p256.getPublicKey(DEVICE_SECRET, false);
  const [x, y] = [point.slice(1, 33), point.slice(33)].map(base64url);
  if (x === undefined || y === undefined) throw new Error('a point has two coordinates');
  return { crv: 'P-256', kty: 'EC', x, y };
}
