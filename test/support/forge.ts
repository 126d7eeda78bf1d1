import { ed25519 } from '@noble/curves/ed25519.js';
import { BUNDLE_FORMAT } from '../../ledger/core/bundle.ts';
import { hex, utf8 } from '../../ledger/core/bytes.ts';
import { canonicalize, type JsonObject } from '../../ledger/core/canonical-json.ts';
import type { ChargeKind } from '../../ledger/core/charges/charge-posted.ts';
import { parseEventDay } from '../../ledger/core/charges/event-days.ts';
import type { AnyTariff } from '../../ledger/core/charges/tariff-v2.ts';
import { TermsCourse, type TermsSet } from '../../ledger/core/charges/terms-course.ts';
import { signCheckpoint } from '../../ledger/core/checkpoint.ts';
import { formatMicros, parseMicros } from '../../ledger/core/decimal.ts';
import { commitmentOf, type EventType, eventSalt, eventText } from '../../ledger/core/event.ts';
import {
  type MeterInstalled,
  type RegisterRef,
  type StatementFee,
  type StatementIssued,
  type TariffRef,
  topUpCredited,
} from '../../ledger/core/event-data.ts';
import { rootOf } from '../../ledger/core/merkle.ts';
import type { MoveType } from '../../ledger/core/money-moves.ts';
import { sha256 } from '../../ledger/core/primitives.ts';
import { ZERO_HASH } from '../../ledger/core/reading.ts';
import { attempt } from '../../ledger/core/refusal.ts';
import { ED25519_NOTE, formatVerifierKey, verifierKey } from '../../ledger/core/signed-note.ts';
import { StatementSums } from '../../ledger/core/statement.ts';
import { TariffBook } from '../../ledger/core/tariff-book.ts';
import { parseTime } from '../../ledger/core/time.ts';
import {
  type BilledSpan,
  chargeSpan,
  freshProgress,
  planInterval,
  type SpanCharge,
} from '../../ledger/core/usage.ts';
import { type UsageEvent, usageEventText } from '../../ledger/core/usage-event.ts';
import { effectsOf } from '../../ledger/core/wallet-effects.ts';
import { zoneOf } from '../../ledger/core/zone.ts';
import { auditPath, prefixProof } from '../reference/rfc6962.ts';
import { ForgedDevice, type ForgedRecord } from './forged-device.ts';

export const FORGED_ORIGIN = 'bills.example/log/tower';
export const FORGED_ZONE = 'Asia/Shanghai';
const CURRENCY = 'CNY';

/** What is changed in one charge before its event is written; all that follows is consistent. */
export interface ChargeLie {
  /** The quantity and the tariff version that are billed. */
  readonly span?: (span: BilledSpan) => BilledSpan;
  /** The lines and the amount. */
  readonly charge?: (charge: SpanCharge) => SpanCharge;
  /** Any member of the event. */
  readonly event?: (event: UsageEvent) => UsageEvent;
  /** The text itself. */
  readonly text?: (text: string) => string;
  /** Bill that it goes into. */
  readonly period?: string;
  readonly from?: RegisterRef;
}

export interface ForgedEvent {
  readonly text: string;
  readonly salt: string;
  readonly commitment: string;
  readonly index: number;
  readonly type: EventType;
  readonly n: number;
}

/** What a charge of format 2 says. */
export interface ForgedCharge {
  readonly charge: ChargeKind;
  readonly name: string;
  readonly ref: TariffRef;
  readonly wallet: string;
  readonly amount: string;
  readonly line: object;
}

interface Moved {
  readonly wallet: string;
  readonly amount: string;
}

/** Members of a bundle, for an attack to change before they are written. */
export type BundleParts = Record<string, unknown>;

interface ForgedAccount {
  readonly events: ForgedEvent[];
  readonly wallets: Map<string, bigint>;
  /** Charges and credits by bill, as the events say them. */
  readonly bills: Map<string, ((sums: StatementSums) => void)[]>;
  readonly statements: StatementIssued[];
  /** By which it is billed, whatever the log says. */
  readonly terms: TermsCourse;
}

interface ForgedMeter {
  binding: MeterInstalled;
  readonly account: string;
  readonly installedN: number;
  last: RegisterRef | undefined;
  progress: ReturnType<typeof freshProgress>;
}

/**
 * The operator as a forger: he holds the key of the log and of all accounts, and, where an attack
 * needs it, of the device. Every event is chained, committed and proven as the ledger does it, so that
 * of a forged bill only the named lie is wrong. It knows none of the ledger's own code but the core.
 */
export class Forger {
  readonly entries: Uint8Array[] = [];
  readonly book = new TariffBook();
  readonly device = new ForgedDevice('br-1');
  readonly meters = new Map<string, ForgedMeter>();
  readonly accounts = new Map<string, ForgedAccount>();
  readonly tariffs = new Map<string, ForgedEvent>();
  readonly keys: ForgedEvent[] = [];
  /** Event days and whatever else of the site a bill leans on. */
  readonly rules: ForgedEvent[] = [];
  readonly origin: string;
  readonly #secret: Uint8Array;
  readonly #key: ReturnType<typeof verifierKey>;

  constructor(origin = FORGED_ORIGIN, seed = 'log') {
    this.origin = origin;
    this.#secret = sha256(utf8(`forged ${seed}`));
    this.#key = verifierKey(origin, ED25519_NOTE, ed25519.getPublicKey(this.#secret));
  }

  get vkey(): string {
    return formatVerifierKey(this.#key);
  }

  get trust(): string {
    return `log ${this.vkey}\nquorum none\n`;
  }

  /** Appends an event of any account as the head of its chain. */
  write(id: string, type: EventType, at: string, data: JsonObject): ForgedEvent {
    return this.append(id, type, eventText({ ...this.head(id), v: 1, type, at, data }));
  }

  head(id: string) {
    const { events } = this.account(id);
    const uuid = `01990000-0000-7000-8000-${String(this.entries.length).padStart(12, '0')}`;
    const prev = events.at(-1)?.commitment ?? ZERO_HASH;
    return { log: this.origin, account: id, n: events.length, prev, id: uuid };
  }

  append(id: string, type: EventType, text: string): ForgedEvent {
    const { events } = this.account(id);
    const salt = eventSalt(sha256(utf8(`forged key of ${id}`)), events.length);
    const entry = commitmentOf(salt, text);
    const commitment = hex(entry);
    const place = { index: this.entries.length, type, n: events.length };
    const event = { text, salt: hex(salt), commitment, ...place };
    this.entries.push(entry);
    events.push(event);
    return event;
  }

  account(id: string): ForgedAccount {
    const known = this.accounts.get(id);
    if (known !== undefined) return known;
    const account = {
      events: [],
      wallets: new Map(),
      bills: new Map(),
      statements: [],
      terms: new TermsCourse(),
    };
    this.accounts.set(id, account);
    return account;
  }

  enrol(at: string, device = this.device, lie: JsonObject = {}): void {
    const data = { bridge: device.bridge, epoch: device.epoch, thumbprint: device.kid };
    const enrolled = { ...data, jwk: { ...device.jwk }, ...lie };
    this.keys.push(this.write('site', 'device.key-enrolled', at, enrolled));
  }

  /** Publishes one tariff and bills with another, where they differ. */
  publish(at: string, tariff: AnyTariff, published: unknown = tariff): void {
    const { ref } = this.book.add(tariff);
    const event = this.write('site', 'tariff.published', at, { tariff: json(published) });
    this.tariffs.set(`${ref.id}/${ref.version}`, event);
  }

  /** Bills by one set of terms and logs another, where they differ. */
  agree(id: string, at: string, set: Omit<TermsSet, 'version'>, lie: JsonObject = {}): void {
    const { terms } = this.account(id);
    const told = { ...set, version: terms.all.length + 1 };
    terms.all.push({ ...told, atMs: parseTime(at) });
    this.write(id, 'terms.set', at, { ...json(told), ...lie });
  }

  /** Bills by an event day and logs it, or something else in its place. */
  declare(at: string, day: JsonObject, lie: JsonObject = {}): void {
    this.book.addEventDay(parseEventDay(day), 0);
    this.rules.push(this.write('site', 'event-day.declared', at, { ...day, ...lie }));
  }

  install(id: string, at: string, binding: MeterInstalled): void {
    const { n } = this.write(id, 'meter.installed', at, json(binding));
    const progress = freshProgress();
    const meter = { binding, account: id, installedN: n, last: undefined, progress };
    this.meters.set(binding.meter, meter);
  }

  topUp(id: string, at: string, amount: string, lie: JsonObject = {}): void {
    const wallet = 'electricity';
    const period = zoneOf(FORGED_ZONE).monthOf(parseTime(at));
    const balance = formatMicros(this.balance(id, wallet) + parseMicros(amount));
    const opposite = formatMicros(-parseMicros(amount));
    const data = {
      ...{ amount, wallet, balance, method: 'cash', period },
      postings: [
        { account: 'cash:cash', amount, currency: CURRENCY },
        { account: `prepaid:${id}:${wallet}`, amount: opposite, currency: CURRENCY },
      ],
      ...lie,
    };
    this.#post(id, data);
    const { n } = this.write(id, 'topup.credited', at, data);
    const told = attempt(() => topUpCredited(json(data), ''));
    const micros = parseMicros(String(data.amount));
    this.#bill(id, String(data.period), (sums) => {
      if (told === undefined) sums.addCredit(wallet, micros);
      else sums.addTopUp(n, told);
    });
  }

  fee(id: string, at: string, fee: StatementFee, lie: JsonObject = {}): void {
    const { wallet, amount } = fee;
    const period = zoneOf(FORGED_ZONE).monthOf(parseTime(at) - 1);
    const balance = formatMicros(this.balance(id, wallet) - parseMicros(amount));
    const opposite = formatMicros(-parseMicros(amount));
    const data = {
      ...{ ...fee, tariff: { ...fee.tariff }, balance, period },
      postings: [
        { account: `prepaid:${id}:${wallet}`, amount, currency: CURRENCY },
        { account: `revenue:${wallet}`, amount: opposite, currency: CURRENCY },
      ],
      ...lie,
    };
    this.#post(id, data);
    this.#bill(id, String(data.period), (sums) => sums.addFee(fee));
    this.write(id, 'fee.charged', at, data);
  }

  /** A charge of format 2: `due` is what it says, balance, period and postings follow. */
  post(id: string, at: string, due: ForgedCharge, lie: JsonObject = {}): void {
    const { charge, name, ref, wallet, amount, line } = due;
    const { n } = this.head(id);
    const month = zoneOf(FORGED_ZONE).monthOf(parseTime(at) - 1);
    const balance = formatMicros(this.balance(id, wallet) - parseMicros(amount));
    const opposite = formatMicros(-parseMicros(amount));
    const data = {
      ...{ charge, name, line: json(line), tariff: { ...ref }, amount, wallet, balance },
      period: month,
      postings: [
        { account: `prepaid:${id}:${wallet}`, amount, currency: CURRENCY },
        { account: `revenue:${wallet}`, amount: opposite, currency: CURRENCY },
      ],
      ...lie,
    };
    this.#post(id, data);
    const period = String(data.period);
    const posted = { n, charge, name, tariff: ref, amount, wallet };
    this.#bill(id, period, (sums) => sums.addPosted(posted, period === month));
    this.write(id, 'charge.posted', at, data);
  }

  /** The bill of a month as far as its events have come. */
  sumsOf(id: string, period: string): StatementSums {
    const scope = { period, from: '', to: '', zone: FORGED_ZONE, currency: CURRENCY, first: 0 };
    const sums = new StatementSums({ ...scope, previous: undefined });
    for (const add of this.account(id).bills.get(period) ?? []) add(sums);
    return sums;
  }

  /** A refund, reversal or adjustment; `data` is whole but for balances and period, which follow. */
  move(
    id: string,
    at: string,
    type: MoveType,
    data: JsonObject,
    lie: JsonObject = {},
  ): ForgedEvent {
    const period = zoneOf(FORGED_ZONE).monthOf(parseTime(at));
    const settle = ({ wallet, amount }: { wallet: string; amount: string }, sign: bigint) =>
      formatMicros(this.balance(id, wallet) + sign * parseMicros(amount));
    const { moves, wallet, amount }: { moves?: Moved[]; wallet?: string; amount?: string } =
      Object(data);
    const balances: JsonObject =
      moves === undefined
        ? { balance: settle({ wallet: wallet ?? '', amount: amount ?? '' }, -1n) }
        : { moves: moves.map((move) => ({ ...move, balance: settle(move, 1n) })) };
    const told: JsonObject = { ...data, period, ...balances, ...lie };
    const reason = String(told['reason']);
    const { events, wallets } = this.account(id);
    const n = events.length;
    // What cannot be read moves nothing.
    for (const effect of attempt(() => effectsOf(type, told)) ?? []) {
      wallets.set(effect.wallet, parseMicros(effect.balance));
      const line = { n, type, reason, wallet: effect.wallet, amount: formatMicros(effect.micros) };
      this.#bill(id, effect.period, (sums) => sums.addMove(line));
    }
    return this.write(id, type, at, told);
  }

  /** Takes a record into billing: the first of a meter starts it, each later one is charged. */
  use(meterId: string, record: ForgedRecord, lie: ChargeLie = {}): void {
    const meter = this.meters.get(meterId);
    if (meter === undefined) throw new Error(`${meterId} is not installed`);
    const to = record.refOf(meter.binding.register);
    const from = lie.from ?? meter.last;
    meter.last = to;
    if (from === undefined) return;
    const ratio = BigInt(meter.binding.ct) * BigInt(meter.binding.pt);
    const fell = microsOf(to.value) - microsOf(from.value);
    const rollover = fell < 0n && meter.binding.modulus !== undefined;
    const delta = rollover ? fell + microsOf(meter.binding.modulus ?? '') : fell;
    const interval = { fromMs: parseTime(from.at), toMs: parseTime(to.at) };
    const quantityMicros = delta * ratio;
    const { terms } = this.account(meter.account);
    const whole = { ...interval, quantityMicros };
    const spans = planInterval(this.book, meter.binding.tariff, whole, terms.of);
    for (const span of spans) {
      this.charge(meterId, { from, to, rollover, span, partial: spans.length > 1 }, lie);
    }
  }

  /** Charges one span of an interval. */
  charge(
    meterId: string,
    use: Pick<UsageEvent, 'from' | 'to' | 'rollover' | 'partial'> & { readonly span: BilledSpan },
    lie: ChargeLie = {},
  ): void {
    const meter = this.meters.get(meterId);
    if (meter === undefined) throw new Error(`${meterId} is not installed`);
    const { account: id, binding } = meter;
    const span = lie.span?.(use.span) ?? use.span;
    const closed = this.account(id).statements.at(-1)?.period ?? '';
    const period = lie.period ?? (span.month <= closed ? monthAfter(closed) : span.month);
    const honest = chargeSpan(meter.progress, span, period);
    const charge = lie.charge?.(honest) ?? honest;
    const balanceMicros = this.balance(id, binding.wallet) - charge.amountMicros;
    const told = { ...this.head(id), currency: CURRENCY, binding, ...use, span, period, charge };
    const event = lie.event?.({ ...told, balanceMicros }) ?? { ...told, balanceMicros };
    this.account(id).wallets.set(binding.wallet, event.balanceMicros);
    this.#bill(id, event.period, (sums) =>
      sums.addUsage({
        ...{ binding: event.binding, from: event.from, to: event.to, tariff: span.version.ref },
        ...{ window: span.version.tariff.window, quantityMicros: span.quantityMicros },
        ...event.charge,
        ...(event.period === span.month ? { own: { fromMs: span.fromMs, toMs: span.toMs } } : {}),
      }),
    );
    const text = usageEventText(event);
    this.append(id, 'usage.deducted', lie.text?.(text) ?? text);
  }

  /** Issues a bill of what the events say, lies included. */
  bill(id: string, at: string, period: string, lie?: (honest: JsonObject) => JsonObject): void {
    const account = this.account(id);
    const zone = zoneOf(FORGED_ZONE);
    const fromMs = zone.startOfMonth(Number(period.slice(0, 4)), Number(period.slice(5)));
    const previous = account.statements.at(-1);
    const previousN = account.events.findLast(({ type }) => type === 'statement.issued')?.n;
    const times = { from: iso(fromMs), to: iso(zone.nextMonthStart(fromMs)) };
    const first = previousN === undefined ? 0 : (previous?.open ?? previousN);
    const scope = { period, ...times, zone: FORGED_ZONE, currency: CURRENCY, first, previous };
    const sums = new StatementSums(scope);
    for (const add of account.bills.get(period) ?? []) add(sums);
    for (const { n, type, text } of account.events.slice(first)) {
      sums.range.note(n, type, JSON.parse(text).data);
      if (type !== 'usage.deducted') attempt(() => sums.noteTerms(n, JSON.parse(text)));
    }
    const statement = sums.issue();
    const told = lie?.(json(statement)) ?? json(statement);
    account.statements.push(statement);
    this.write(id, 'statement.issued', at, told);
  }

  balance(id: string, wallet: string): bigint {
    return this.account(id).wallets.get(wallet) ?? 0n;
  }

  checkpoint(size = this.entries.length): string {
    const root = rootOf(this.entries.slice(0, size));
    return signCheckpoint({ size, root }, this.#key, (m) => ed25519.sign(m, this.#secret));
  }

  proven(event: ForgedEvent) {
    const { text, salt, index } = event;
    return { event: text, salt, index, proof: auditPath(index, this.entries).map(hex) };
  }

  /** A checkpoint of the first `size` entries with its proof, for `earlier`. */
  earlier(size: number) {
    const consistency = prefixProof(size, this.entries).map(hex);
    return { checkpoint: this.checkpoint(size), consistency, anchors: NO_RECEIPTS };
  }

  /** What a verifier remembers who saw the log at this size. */
  seen(size = this.entries.length) {
    const root = hex(rootOf(this.entries.slice(0, size)));
    return { origin: this.origin, vkey: this.vkey, size, root };
  }

  /** The bundle of an account's last statement, its parts as the lie leaves them. */
  bundle(id: string, lie: (parts: BundleParts) => BundleParts = (parts) => parts): string {
    return canonicalize(lie(this.parts(id)));
  }

  parts(id: string): BundleParts {
    const { events, statements } = this.account(id);
    const statement = events.findLast(({ type }) => type === 'statement.issued');
    const data = statements.at(-1);
    if (statement === undefined || data === undefined) throw new Error('no bill was issued');
    const opened = events.slice(data.first, statement.n + 1);
    const { readings, batches } = this.#readings(data);
    return {
      format: BUNDLE_FORMAT,
      log: { vkey: this.vkey, origin: this.origin },
      policy: this.trust,
      checkpoint: this.checkpoint(),
      statement: { index: statement.index },
      proof: auditPath(statement.index, this.entries).map(hex),
      openings: opened.map(({ text, salt }) => ({ event: text, salt })),
      readings,
      batches,
      site: this.#facts(id, data, opened).map((event) => this.proven(event)),
      earlier: [],
      anchors: NO_RECEIPTS,
      produced: { by: 'a forger', at: '2026-10-01T00:10:00.000Z' },
    };
  }

  #readings(data: StatementIssued) {
    const readings: string[] = [];
    const batches: { jws: string; index: number; path: string[] }[] = [];
    for (const { meter, from, to } of data.meters) {
      if (from.hash === to.hash) continue;
      const records = this.device.between(meter, from.hash, to.hash);
      readings.push(...records.map(({ text }) => text));
      for (const [i, record] of records.entries()) {
        if (records[i + 1]?.reading.epoch === record.reading.epoch) continue;
        batches.push(this.device.signed(record));
      }
    }
    return { readings, batches };
  }

  #facts(id: string, data: StatementIssued, opened: readonly ForgedEvent[]): ForgedEvent[] {
    const events = this.account(id).events;
    const isOfAccount = (type: string) => type === 'meter.installed' || type === 'terms.set';
    const before = events.filter(({ type, n }) => isOfAccount(type) && n < data.first);
    const uses = opened.filter((event) => this.#showsOrder(event, data, opened));
    const named = opened.flatMap(({ type, text }) =>
      /^(refund|reversal|deposit)/.test(type) ? (JSON.parse(text).data.of?.n ?? []) : [],
    );
    const past = events.filter(({ n }) => n < data.first && named.includes(n));
    return [
      ...this.keys,
      ...this.tariffs.values(),
      ...this.rules,
      ...before,
      ...uses,
      ...past,
      ...this.account('site').events.filter(({ type }) => PASSED.includes(type)),
    ].filter((fact, i, all) => all.indexOf(fact) === i);
  }

  /** The bill's first use of a tariff version, and its first after an event day began. */
  #showsOrder(event: ForgedEvent, data: StatementIssued, opened: readonly ForgedEvent[]): boolean {
    const uses = opened.filter(
      ({ type, text }) =>
        type === 'usage.deducted' && text.includes(`"period":"${data.period}","postings"`),
    );
    const named = ({ text }: ForgedEvent) =>
      /"tariff":\{"hash":"[0-9a-f]{64}","id":"([^"]*)","version":([0-9]+)/.exec(text);
    const key = named(event)?.[0];
    if (uses.find((use) => named(use)?.[0] === key) === event) return true;
    const days = this.rules.filter(({ type }) => type === 'event-day.declared');
    return days.some(({ text }) => {
      const { tariff, date }: { tariff?: string; date?: string } = JSON.parse(text).data;
      const [year = 0, month = 0, day = 0] = (date ?? '').split('-').map(Number);
      const fromMs = zoneOf(FORGED_ZONE).startOfDay(year, month, day);
      const first = uses.find(
        (use) => named(use)?.[1] === tariff && parseTime(JSON.parse(use.text).at) > fromMs,
      );
      return first === event;
    });
  }

  #post(id: string, data: { readonly wallet: unknown; readonly balance: unknown }): void {
    const balance = String(data.balance);
    if (/^-?[0-9]+\.[0-9]{6}$/.test(balance)) {
      this.account(id).wallets.set(String(data.wallet), parseMicros(balance));
    }
  }

  #bill(id: string, period: string, add: (sums: StatementSums) => void): void {
    const { bills } = this.account(id);
    bills.set(period, [...(bills.get(period) ?? []), add]);
  }
}

/** What a returned surplus leans on. */
const PASSED: readonly string[] = [
  ...['policy.published', 'gridbill.recorded', 'passthrough.settled'],
];

const NO_RECEIPTS = { fabric: [], ethereum: [] };

export function json(value: unknown): JsonObject {
  return JSON.parse(canonicalize(value));
}

function microsOf(value: string): bigint {
  const [whole = '', decimals = ''] = value.split('.');
  return BigInt(whole + decimals.padEnd(6, '0'));
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function monthAfter(period: string): string {
  const date = new Date(`${period}-01T00:00:00.000Z`);
  return iso(date.setUTCMonth(date.getUTCMonth() + 1)).slice(0, 7);
}
