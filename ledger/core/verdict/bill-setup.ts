import { type PoolShared, poolShared } from '../charges/charge-posted.ts';
import { parseEventDay } from '../charges/event-days.ts';
import { type AnyTariff, parseAnyTariff } from '../charges/tariff-v2.ts';
import { TermsCourse, termsSet } from '../charges/terms-course.ts';
import { SITE_ACCOUNT } from '../event.ts';
import type { StatementIssued } from '../event-data.ts';
import { Refusal } from '../refusal.ts';
import { anything, object } from '../shape.ts';
import { TariffBook } from '../tariff-book.ts';
import { formatTime, parseDate, parseTime } from '../time.ts';
import { type BillingProgress, freshProgress } from '../usage.ts';
import type { Finding } from '../verdict.ts';
import { zoneOf } from '../zone.ts';
import type { Case, Fact } from './case.ts';
import type { Dated } from './dates.ts';
import type { LayerBook } from './layers.ts';

/** The rules that the bill must follow, from facts that are in the log by their own proofs. */
export interface BillSetup {
  readonly book: TariffBook;
  readonly tariffFacts: ReadonlyMap<string, Fact>;
  /** What was agreed with the account, as far as the walk has come. */
  readonly terms: TermsCourse;
  readonly eventDays: readonly RuleFact[];
  /** What was shared, by `<tariff>/<share>/<month>`. */
  readonly pools: ReadonlyMap<string, PoolShared>;
  /** The account's meters from before the opened range, in the order of the chain. */
  readonly installed: readonly Fact[];
  readonly progress: Map<string, BillingProgress>;
}

/** A fact that prices depend on from an instant on. */
interface RuleFact {
  readonly tariff: string;
  readonly date: string;
  readonly fact: Fact;
  readonly fromMs: number;
}

const tariffPublished = object({ tariff: anything });

/** Reads tariffs and meters from the facts; layer 5 fails for a tariff that came after its time. */
export function setUpBill(opened: Case, layers: LayerBook): BillSetup {
  const book = new TariffBook(opened.primitives.sha256, true);
  const tariffFacts = new Map<string, Fact>();
  const installed: Fact[] = [];
  const agreed: Fact[] = [];
  const pools = new Map<string, PoolShared>();
  const tariffs: { tariff: AnyTariff; fact: Fact; i: number }[] = [];
  for (const [i, fact] of opened.facts.entries()) {
    if (fact.event.type === 'tariff.published' && fact.event.account === SITE_ACCOUNT) {
      const { tariff } = tariffPublished(fact.event.data, `/site/${i}/data`);
      tariffs.push({ tariff: parseAnyTariff(tariff), fact, i });
    } else if (fact.event.type === 'pool.shared' && fact.event.account === SITE_ACCOUNT) {
      const pool = poolShared(fact.event.data, `/site/${i}/data`);
      pools.set(`${pool.tariff.id}/${pool.share}/${pool.month}`, pool);
    } else if (fact.event.type === 'terms.set') {
      refuseForeign(opened, fact);
      agreed.push(fact);
    } else if (fact.event.type === 'meter.installed') {
      refuseForeign(opened, fact);
      installed.push(fact);
    }
  }
  tariffs.sort((a, b) => a.tariff.version - b.tariff.version);
  for (const { tariff, fact, i } of tariffs) {
    const { ref } = book.add(tariff);
    checkTerms(opened, layers, 5, tariff, `/site/${i}`);
    tariffFacts.set(`${ref.id}/${ref.version}`, fact);
    if (parseTime(fact.event.at) > parseTime(tariff.validFrom)) {
      const params = { tariff: ref.id, published: fact.event.at, validFrom: tariff.validFrom };
      layers.fail(5, 'tariff-late', params, `/site/${i}`);
    }
  }
  const eventDays = setUpEventDays(opened, book, layers);
  installed.sort((a, b) => a.event.n - b.event.n);
  const terms = new TermsCourse();
  const zone = zoneOf(opened.statement.zone);
  agreed.sort((a, b) => a.event.n - b.event.n);
  for (const { event } of agreed) {
    layers.guard(5, () => terms.add(termsSet(event.data, '/data'), parseTime(event.at), zone));
  }
  const progress = progressOf(opened.previous?.statement);
  return { book, tariffFacts, terms, eventDays, pools, installed, progress };
}

function setUpEventDays(opened: Case, book: TariffBook, layers: LayerBook): RuleFact[] {
  return opened.facts.flatMap((fact, i) => {
    const { type, account, at, data } = fact.event;
    if (type !== 'event-day.declared' || account !== SITE_ACCOUNT) return [];
    const told = parseEventDay(data, `/site/${i}/data`);
    const { year, month, day } = parseDate(told.date);
    const fromMs = zoneOf(opened.statement.zone).startOfDay(year, month, day);
    layers.guard(5, () => book.addEventDay(told, parseTime(at)));
    return [{ tariff: told.tariff, date: told.date, fact, fromMs }];
  });
}

/** An account has one currency and one clock: its tariffs and the bill before are held against the bill. */
export function checkTerms(
  { statement }: Case,
  layers: LayerBook,
  layer: number,
  found: { readonly currency: string; readonly zone?: string | undefined },
  pointer: string,
): void {
  const { currency, zone } = statement;
  if (found.currency !== currency) {
    const params = { found: found.currency, expected: currency };
    layers.fail(layer, 'currency-differs', params, pointer);
  }
  if (found.zone !== undefined && found.zone !== zone) {
    layers.fail(layer, 'zone-differs', { found: found.zone, expected: zone }, pointer);
  }
}

/**
 * A version must stand in the log before the first event that uses it: the bundle proves the place of
 * both. That shows the order; a date is shown only by a witnessed or anchored checkpoint that holds the
 * version and is not later than its `validFrom`.
 */
export function checkTariffOrder(
  opened: Case,
  setup: BillSetup,
  dates: readonly Dated[],
  layers: LayerBook,
): Evidence {
  const places = new Map(opened.facts.map((fact) => [fact.commitment, fact.index]));
  const used = new Set<string>();
  const shown: number[] = [];
  const ofThisBill = `"period":"${opened.statement.period}","postings":[`;
  for (const { event, text, commitment } of opened.openings) {
    if (event.type !== 'usage.deducted' || !text.includes(ofThisBill)) continue;
    const name = versionIn(text);
    if (used.has(name)) continue;
    used.add(name);
    const fact = setup.tariffFacts.get(name);
    const place = places.get(commitment);
    if (fact === undefined) continue;
    const date = dateOf(fact, dates);
    if (date !== undefined) shown.push(date);
    if (place === undefined) {
      layers.fail(5, 'tariff-order-missing', { tariff: fact.index, n: event.n }, '/site');
    } else if (fact.index >= place) {
      const params = { tariff: name, published: fact.event.at, validFrom: event.at };
      layers.fail(5, 'tariff-late', params, '/site');
    }
  }
  const days = usedEventDays(opened, setup, places, layers);
  for (const { fact, fromMs } of days) {
    const date = seenBy(fact, fromMs, dates);
    if (date !== undefined) shown.push(date);
  }
  // A charge without use shows no order, but where dates are told they are told of its prices too.
  for (const name of chargedVersions(opened, ofThisBill)) {
    if (used.has(name)) continue;
    used.add(name);
    const fact = setup.tariffFacts.get(name);
    const date = fact === undefined ? undefined : dateOf(fact, dates);
    if (date !== undefined) shown.push(date);
  }
  const versions = used.size + days.length;
  if (versions > 0 && shown.length === versions) {
    const params = { versions, at: formatTime(Math.max(...shown)) };
    return { status: 'verified', finding: { code: 'tariff-dated', params } };
  }
  return { status: 'not-present', finding: { code: 'tariff-order-shown', params: { versions } } };
}

/** `<id>/<version>`. Cheap: the reference is a fixed piece of the text, and the replay has vouched for its bytes. */
function versionIn(text: string): string {
  const key = /"tariff":\{"hash":"[0-9a-f]{64}","id":"([^"]*)","version":([0-9]+)\}/.exec(text);
  return `${key?.[1]}/${key?.[2]}`;
}

/** The versions by which this bill has fees and charges besides use. */
function chargedVersions({ openings }: Case, ofThisBill: string): string[] {
  return openings
    .filter(({ event: { type } }) => type === 'charge.posted' || type === 'fee.charged')
    .filter(({ text }) => text.includes(ofThisBill))
    .map(({ text }) => versionIn(text));
}

/** The first use of the bill after an event day began stands in the log behind the day's declaration. */
function usedEventDays(
  { openings, statement }: Case,
  { eventDays }: BillSetup,
  places: ReadonlyMap<string, number>,
  layers: LayerBook,
): RuleFact[] {
  return eventDays.filter(({ tariff, date, fact, fromMs }) => {
    const use = openings.find(
      ({ event, text }) =>
        event.type === 'usage.deducted' &&
        parseTime(event.at) > fromMs &&
        text.includes(`"period":"${statement.period}","postings":[`) &&
        text.includes(`"id":"${tariff}","version":`),
    );
    if (use === undefined) return false;
    const place = places.get(use.commitment);
    if (place === undefined) {
      layers.fail(5, 'tariff-order-missing', { tariff: fact.index, n: use.event.n }, '/site');
    } else if (fact.index >= place) {
      layers.fail(5, 'event-day-late', { date, zone: statement.zone }, '/site');
    }
    return true;
  });
}

/** What is told when nothing else fails. */
interface Evidence {
  readonly status: 'verified' | 'not-present';
  readonly finding: Finding;
}

/** The earliest time by which others had seen a version, if that is not after it began to apply. */
function dateOf(fact: Fact, dates: readonly Dated[]): number | undefined {
  const { tariff } = tariffPublished(fact.event.data, '');
  return seenBy(fact, parseTime(parseAnyTariff(tariff).validFrom), dates);
}

function seenBy({ index }: Fact, latestMs: number, dates: readonly Dated[]): number | undefined {
  const times = dates.filter(({ size }) => size > index).map(({ atMs }) => atMs);
  const earliest = Math.min(...times);
  return earliest <= latestMs ? earliest : undefined;
}

function refuseForeign({ statementEvent, statement }: Case, { event }: Fact): void {
  if (event.account === statementEvent.account && event.n < statement.first) return;
  throw new Refusal('meter-other-account', 'A meter in the bundle belongs to another account.');
}

/** Where the bill before left each register: the use so far in its tier window. */
function progressOf(previous: StatementIssued | undefined): Map<string, BillingProgress> {
  const progress = new Map<string, BillingProgress>();
  for (const { meter, window, used } of previous?.meters ?? []) {
    const fresh = freshProgress();
    progress.set(meter, { ...fresh, window, usedMicros: BigInt(used.replace('.', '')) });
  }
  return progress;
}
