import type { LoggedTerms } from '../core/charges/terms-course.ts';
import type { HeldDeposit } from '../core/deposits.ts';
import { SITE_ACCOUNT } from '../core/event.ts';
import type { MeterInstalled, RegisterRef, StatementCredit } from '../core/event-data.ts';
import { type PassedDoc, passedDoc, restorePassed } from '../core/pass-through-course.ts';
import { Refusal } from '../core/refusal.ts';
import { creditLines, readCreditLines } from '../core/wallet-terms.ts';
import { SaltKey } from './fast-hash.ts';
import type { AccountState, BridgeState, FactPlace, MeterState, SiteState } from './site-state.ts';

/** How the store keeps a state: one JSON document each; bigints as decimal text of micros. */

interface AccountDoc {
  readonly currency: string;
  readonly openedAt: string;
  readonly closedAt?: string;
  readonly n: number;
  readonly prev: string;
  readonly wallets: Readonly<Record<string, string>>;
  readonly periodStarts: Readonly<Record<string, number>>;
  readonly firstOpen: string;
  readonly fees: readonly string[];
  /** Absent where nothing was given back or undone. */
  readonly settled?: readonly (readonly [number, string])[];
  readonly onTariffs?: readonly (readonly [string, { fromMs: number; toMs?: number }])[];
  readonly parking?: Readonly<Record<string, string>>;
  /** Absent where nothing was agreed. */
  readonly terms?: readonly LoggedTerms[];
  /** Absent where nothing was agreed about a wallet. */
  readonly credit?: readonly StatementCredit[];
  /** Absent where no policy of passing on was published. */
  readonly passed?: PassedDoc;
  /** Absent where there was none. */
  readonly deposits?: readonly (readonly [string, Omit<HeldDeposit, 'left'> & { left: string }])[];
  readonly facts: readonly FactPlace[];
  readonly firstUses: readonly (readonly [string, FactPlace])[];
  /** Place of the last statement; its data is read from the event. */
  readonly statement?: { readonly n: number; readonly leaf: number };
  /** Of the site's own account: places of all tariff versions, and of what else prices depend on. */
  readonly tariffFacts?: readonly FactPlace[];
  readonly ruleFacts?: readonly FactPlace[];
}

type Ref = RegisterRef & { readonly atMs: number };

interface MeterDoc {
  readonly bridge: string;
  readonly epoch: number;
  readonly seq: number;
  readonly hash: string;
  readonly binding?: MeterInstalled;
  readonly account: string;
  readonly installedAt: string;
  readonly last?: Ref;
  readonly held?: string;
  readonly heldReading?: Ref;
  readonly progress: {
    readonly period: string;
    readonly window: string;
    readonly used: string;
    readonly billed: Readonly<Record<string, string>>;
  };
}

interface BridgeDoc {
  readonly tokenHash: string;
  readonly epoch: number;
  readonly keys: BridgeState['keys'];
  readonly recentRoots: readonly string[];
}

/** `site` has the places of facts of the whole site: they are kept with its own account. */
export function accountDoc(account: AccountState, site: SiteFacts): string {
  const { tariffFacts, ruleFacts } = account.account === SITE_ACCOUNT ? site : NO_FACTS;
  const { lastStatement } = account;
  const doc: AccountDoc = {
    currency: account.currency,
    openedAt: account.openedAt,
    ...(account.closedAt === undefined ? {} : { closedAt: account.closedAt }),
    n: account.n,
    prev: account.prev,
    wallets: texts(account.wallets),
    periodStarts: Object.fromEntries(account.periodStarts),
    firstOpen: account.firstOpen,
    fees: [...account.fees],
    ...(account.settled.size === 0 ? {} : { settled: settledTexts(account) }),
    ...(account.onTariffs.size === 0 ? {} : { onTariffs: [...account.onTariffs] }),
    ...(account.parking.size === 0 ? {} : { parking: texts(account.parking) }),
    ...(account.terms.all.length === 0 ? {} : { terms: account.terms.all }),
    ...(account.credit.wallets.size === 0 ? {} : { credit: creditLines(account.credit.wallets) }),
    ...(account.passed.isEmpty ? {} : { passed: passedDoc(account.passed) }),
    ...(account.deposits.held.size === 0 ? {} : { deposits: depositTexts(account) }),
    facts: account.facts,
    firstUses: [...account.firstUses],
    ...(lastStatement ? { statement: { n: lastStatement.n, leaf: lastStatement.leaf } } : {}),
    ...(tariffFacts ? { tariffFacts } : {}),
    ...(ruleFacts?.length ? { ruleFacts } : {}),
  };
  return JSON.stringify(doc);
}

type SiteFacts = Partial<Pick<SiteState, 'tariffFacts' | 'ruleFacts'>>;
const NO_FACTS: SiteFacts = {};

/** What `restoreAccount` needs besides the document: keys, and the places it must read events from. */
export interface RestoredAccount {
  readonly account: AccountState;
  readonly statementLeaf: number | undefined;
  readonly tariffFacts: readonly FactPlace[];
  readonly ruleFacts: readonly FactPlace[];
}

export function restoreAccount(
  state: SiteState,
  id: string,
  text: string,
  keys: readonly { readonly year: number; readonly key: Uint8Array }[],
): RestoredAccount {
  const doc: AccountDoc = parse(text);
  const account = state.newAccount(id, doc.openedAt, doc.currency);
  account.n = doc.n;
  account.prev = doc.prev;
  account.firstOpen = doc.firstOpen;
  account.closedAt = doc.closedAt;
  account.dirty = false;
  for (const [wallet, micros] of Object.entries(doc.wallets)) {
    account.wallets.set(wallet, BigInt(micros));
  }
  for (const [period, n] of Object.entries(doc.periodStarts)) account.periodStarts.set(period, n);
  for (const fee of doc.fees) account.fees.add(fee);
  for (const [settled, micros] of doc.settled ?? []) account.settled.set(settled, BigInt(micros));
  account.terms.all.push(...(doc.terms ?? []));
  for (const [id, since] of doc.onTariffs ?? []) account.onTariffs.set(id, since);
  for (const [key, micros] of Object.entries(doc.parking ?? {})) {
    account.parking.set(key, BigInt(micros));
  }
  account.credit.wallets = readCreditLines(doc.credit ?? []);
  restorePassed(account.passed, doc.passed);
  for (const [deposit, { left, ...place }] of doc.deposits ?? []) {
    account.deposits.held.set(deposit, { ...place, left: BigInt(left) });
  }
  account.facts.push(...doc.facts);
  for (const [use, place] of doc.firstUses) account.firstUses.set(use, place);
  for (const { year, key } of keys) account.keys.set(year, new SaltKey(key));
  const { tariffFacts = [], ruleFacts = [] } = doc;
  return { account, statementLeaf: doc.statement?.leaf, tariffFacts, ruleFacts };
}

function depositTexts({ deposits }: AccountState): NonNullable<AccountDoc['deposits']> {
  return [...deposits.held].map(([deposit, held]) => {
    return [deposit, { ...held, left: held.left.toString() }] as const;
  });
}

function settledTexts({ settled }: AccountState): [number, string][] {
  return [...settled].map(([n, micros]) => [n, micros.toString()]);
}

export function meterDoc(meter: MeterState): string {
  const { bridge, epoch, seq, hash, binding, account, installedAt, last, held, heldReading } =
    meter;
  const { period, window, usedMicros, billed } = meter.progress;
  const doc: MeterDoc = {
    ...{ bridge, epoch, seq, hash, account, installedAt },
    ...(binding ? { binding } : {}),
    ...(last ? { last } : {}),
    ...(held === undefined ? {} : { held }),
    ...(heldReading ? { heldReading } : {}),
    progress: { period, window, used: usedMicros.toString(), billed: texts(billed) },
  };
  return JSON.stringify(doc);
}

export function restoreMeter(state: SiteState, id: string, text: string): void {
  const doc: MeterDoc = parse(text);
  const meter = state.meter(id);
  meter.bridge = doc.bridge;
  meter.epoch = doc.epoch;
  meter.seq = doc.seq;
  meter.hash = doc.hash;
  meter.binding = doc.binding;
  meter.account = doc.account;
  meter.installedAt = doc.installedAt;
  meter.last = doc.last;
  meter.held = doc.held;
  meter.heldReading = doc.heldReading;
  const { period, window, used, billed } = doc.progress;
  const micros = Object.entries(billed).map(([key, value]) => [key, BigInt(value)] as const);
  meter.progress = { period, window, usedMicros: BigInt(used), billed: new Map(micros) };
  meter.dirty = false;
}

export function bridgeDoc(bridge: BridgeState): string {
  const { tokenHash, epoch, keys, recentRoots } = bridge;
  const doc: BridgeDoc = { tokenHash, epoch, keys, recentRoots: [...recentRoots] };
  return JSON.stringify(doc);
}

export function restoreBridge(state: SiteState, id: string, text: string): void {
  const doc: BridgeDoc = parse(text);
  const bridge = state.bridge(id);
  bridge.tokenHash = doc.tokenHash;
  bridge.epoch = doc.epoch;
  bridge.keys.push(...doc.keys);
  for (const root of doc.recentRoots) bridge.recentRoots.add(root);
  bridge.dirty = false;
}

function texts(map: ReadonlyMap<string, bigint>): Record<string, string> {
  return Object.fromEntries([...map].map(([key, micros]) => [key, micros.toString()]));
}

/** Documents are our own writing; one that is no JSON means a damaged store. */
function parse<T>(text: string): T {
  try {
    const doc: T = JSON.parse(text);
    return doc;
  } catch {
    throw new Refusal(
      'store-damaged',
      'A projection in the store cannot be read; run fsck --rebuild.',
    );
  }
}
