import { SITE_ACCOUNT } from '../event.ts';
import type { StatementIssued } from '../event-data.ts';
import { Refusal } from '../refusal.ts';
import { anything, object } from '../shape.ts';
import { parseTariff, type Tariff } from '../tariff.ts';
import { TariffBook } from '../tariff-book.ts';
import { formatTime, parseTime } from '../time.ts';
import { type BillingProgress, freshProgress } from '../usage.ts';
import type { Finding } from '../verdict.ts';
import type { Case, Fact } from './case.ts';
import type { Dated } from './dates.ts';
import type { LayerBook } from './layers.ts';

/** The rules that the bill must follow, from facts that are in the log by their own proofs. */
export interface BillSetup {
  readonly book: TariffBook;
  readonly tariffFacts: ReadonlyMap<string, Fact>;
  /** The account's meters from before the opened range, in the order of the chain. */
  readonly installed: readonly Fact[];
  readonly progress: Map<string, BillingProgress>;
}

const tariffPublished = object({ tariff: anything });

/** Reads tariffs and meters from the facts; layer 5 fails for a tariff that came after its time. */
export function setUpBill(opened: Case, layers: LayerBook): BillSetup {
  const book = new TariffBook(opened.primitives.sha256, true);
  const tariffFacts = new Map<string, Fact>();
  const installed: Fact[] = [];
  const tariffs: { tariff: Tariff; fact: Fact; i: number }[] = [];
  for (const [i, fact] of opened.facts.entries()) {
    if (fact.event.type === 'tariff.published' && fact.event.account === SITE_ACCOUNT) {
      const { tariff } = tariffPublished(fact.event.data, `/site/${i}/data`);
      tariffs.push({ tariff: parseTariff(tariff), fact, i });
    } else if (fact.event.type === 'meter.installed') {
      refuseForeignMeter(opened, fact);
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
  installed.sort((a, b) => a.event.n - b.event.n);
  const progress = progressOf(opened.previous?.statement);
  return { book, tariffFacts, installed, progress };
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
    // Cheap: the reference is a fixed piece of the text, and the replay has vouched for its bytes.
    const key = /"tariff":\{"hash":"[0-9a-f]{64}","id":"([^"]*)","version":([0-9]+)\}/.exec(text);
    const name = `${key?.[1]}/${key?.[2]}`;
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
  const versions = used.size;
  if (versions > 0 && shown.length === versions) {
    const params = { versions, at: formatTime(Math.max(...shown)) };
    return { status: 'verified', finding: { code: 'tariff-dated', params } };
  }
  return { status: 'not-present', finding: { code: 'tariff-order-shown', params: { versions } } };
}

/** What is told when nothing else fails. */
interface Evidence {
  readonly status: 'verified' | 'not-present';
  readonly finding: Finding;
}

/** The earliest time by which others had seen a version, if that is not after it began to apply. */
function dateOf({ index, event }: Fact, dates: readonly Dated[]): number | undefined {
  const { tariff } = tariffPublished(event.data, '');
  const { validFrom } = parseTariff(tariff);
  const times = dates.filter(({ size }) => size > index).map(({ atMs }) => atMs);
  const earliest = Math.min(...times);
  return earliest <= parseTime(validFrom) ? earliest : undefined;
}

function refuseForeignMeter({ statementEvent, statement }: Case, { event }: Fact): void {
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
