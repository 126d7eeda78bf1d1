import { canonicalize } from '../canonical-json.ts';
import { roundMoney } from '../charges/charge.ts';
import { type ChargePosted, chargePosted } from '../charges/charge-posted.ts';
import { dueCharge, onTariffFrom } from '../charges/due-charge.ts';
import { parkingCharge, parkingLine } from '../charges/parking.ts';
import { isFairShare, type ShareLine, shareLine } from '../charges/shares.ts';
import type { TariffV2 } from '../charges/tariff-v2.ts';
import { termOf } from '../charges/terms.ts';
import { formatMicros, parseMicros } from '../decimal.ts';
import { activeDays, parsePeriod } from '../fees.ts';
import { integer } from '../shape.ts';
import type { TariffVersion } from '../tariff-book.ts';
import { parseTime } from '../time.ts';
import { effectsOf } from '../wallet-effects.ts';
import type { Opened } from './case.ts';
import { dataOf } from './check-readings.ts';
import { checkPostings } from './postings.ts';
import type { BaseWalk } from './replay-charges.ts';
import { moveWallets } from './wallets.ts';

type Version = TariffVersion & { readonly tariff: TariffV2 };
interface Posted {
  readonly data: ChargePosted;
  readonly version: Version;
  readonly pointer: string;
}

/**
 * Computes each `charge.posted` of the bill again (layer 5): a stay and a share where they stand, the rest
 * from what the whole bill has charged, whatever the order. A charge is of its own month's bill, but
 * for a stay, which may come late; each is there once.
 */
export class PostedReplay {
  readonly #walk: BaseWalk;
  readonly #closing: Posted[] = [];
  readonly #names = new Set<string>();
  readonly #parked = new Map<string, bigint>();

  constructor(walk: BaseWalk) {
    this.#walk = walk;
  }

  replay({ event, text }: Opened, i: number, pointer: string): void {
    const { layers, opened, periods, sums } = this.#walk;
    const { n, at } = event;
    const data = chargePosted(dataOf(text), '/data');
    const { charge, name, tariff, amount, wallet, period } = data;
    const expected = periods.expected(i, at, period, 'end');
    if (period !== expected) {
      layers.fail(5, 'period-differs', { n, found: period, expected }, pointer);
    }
    sums.range.money(n, period);
    checkPostings(this.#walk, data, pointer, 'charge');
    moveWallets(this.#walk, effectsOf('charge.posted', data), pointer);
    if (period !== opened.statement.period) return;
    const month = periods.monthOf(at, 'end');
    const version = this.#version(data);
    if (version === undefined || version.tariff.utility !== wallet) {
      layers.fail(5, 'charge-unknown', { charge, name, tariff: tariff.id }, pointer);
    } else if (charge === 'parking') {
      this.#expect(data, this.#stay(data, version, at), pointer);
    } else if (month !== period || this.#isRepeated(data)) {
      this.#differs(data, '0.000000', pointer);
    } else if (charge === 'share') {
      this.#share(data, version, pointer);
    } else this.#closing.push({ data, version, pointer });
    sums.addPosted({ n, charge, name, tariff, amount, wallet }, month === period);
  }

  /** Once all of the bill is known. */
  finish(): void {
    for (const { data, version, pointer } of this.#closing) {
      this.#walk.layers.guard(5, () => this.#expect(data, this.#due(data, version), pointer));
    }
  }

  #version({ tariff }: ChargePosted): Version | undefined {
    const known = this.#walk.setup.book.versions(tariff.id).find(({ ref }) => {
      return ref.version === tariff.version && ref.hash === tariff.hash;
    });
    return known !== undefined && isVersion2(known) ? known : undefined;
  }

  #due(data: ChargePosted, version: Version) {
    const { setup, sums, opened } = this.#walk;
    const { period } = opened.statement;
    const { ref, tariff, zone } = version;
    const most = this.#most(version, period);
    const told: { readonly days?: unknown } = Object(data.line);
    const days = told.days === undefined ? most.days : integer()(told.days, '/data/line/days');
    const terms = setup.terms.of(period);
    const facts = { ref, tariff, zone, terms, period, sums: sums.bill, days, of: most.of };
    return days > most.days ? undefined : dueCharge(data, facts);
  }

  /** A version that a later one has ended, or that is yet to begin, charges no stay and no share. */
  #isInForce({ id, hash }: Version['ref'], ms: number): boolean {
    return this.#walk.setup.book.versionAt(id, ms)?.ref.hash === hash;
  }

  /** The days that may be charged at most: in which the account is on the tariff, and the version in force. */
  #most({ ref, zone, fromMs, toMs }: Version, period: string) {
    const { year, month } = parsePeriod(period);
    const startMs = zone.startOfMonth(year, month);
    const { meters, setup } = this.#walk;
    const agreedMs = onTariffFrom(setup.terms, ref.id, period, startMs);
    const from = Math.min(meters.firstInstalledMs(ref.id), agreedMs ?? Number.POSITIVE_INFINITY);
    return activeDays(zone, period, Math.max(from, fromMs), toMs);
  }

  #stay({ line, period }: ChargePosted, { ref, tariff, zone }: Version, at: string) {
    const { id } = ref;
    const { parking: rule, rounding } = tariff;
    const { from, to } = parkingLine(line, '/data/line');
    const { terms } = this.#walk.setup;
    const isAgreed =
      terms.in(this.#walk.periods.monthOf(at, 'end'))?.tariffs?.includes(id) === true;
    const isInForce = this.#isInForce(ref, parseTime(at) - 1);
    if (rule === undefined || to !== at || !isAgreed || !isInForce) return undefined;
    const key = (date: string) => `${period}/${id}/${date}`;
    const chargedOn = (date: string) => this.#parked.get(key(date)) ?? 0n;
    const [fromMs, toMs] = [parseTime(from), parseTime(to)];
    const due = parkingCharge({ rule, rounding, zone, fromMs, toMs, chargedOn });
    for (const { date, amount } of due.line.days) {
      this.#parked.set(key(date), chargedOn(date) + parseMicros(amount));
    }
    return due;
  }

  /**
   * One account's part, without the others: pool and sum of the key are those that the site says to all, the
   * key is the account's own, and the amount is less than a step from the exact share.
   */
  #share(data: ChargePosted, { ref, tariff }: Version, pointer: string): void {
    const { setup, sums, layers, opened } = this.#walk;
    const { period, name } = data;
    const line = shareLine(data.line, '/data/line');
    const rule = tariff.shares?.find(({ share }) => share === name);
    const pool = setup.pools.get(`${ref.id}/${name}/${period}`);
    const isOn = setup.terms.in(period)?.tariffs?.includes(ref.id) === true;
    const isInForce = this.#isInForce(ref, parseTime(opened.statement.to) - 1);
    if (rule === undefined || !isOn || !isInForce) {
      layers.fail(5, 'charge-unknown', { charge: 'share', name, tariff: ref.id }, pointer);
      return;
    }
    const { rounding } = tariff;
    const { share, kind, key, price } = rule;
    const metered = sums.bill.metered(tariff.utility, tariff.unit);
    const numerator =
      key === 'equal'
        ? 1_000_000n
        : key === 'area'
          ? termOf(setup.terms.of(period), 'area')
          : metered;
    const { amount, quantity, formula } = line;
    const { poolAmount = '', denominator = '', poolQuantity } = pool ?? {};
    const expected = {
      ...{ formula, share, kind, key, poolAmount, denominator, amount },
      ...(price === undefined ? {} : { price, poolQuantity, quantity }),
      numerator: formatMicros(numerator),
    };
    const worth =
      price === undefined || poolQuantity === undefined
        ? poolAmount
        : formatMicros(roundMoney(parseMicros(price) * parseMicros(poolQuantity), 1n, rounding));
    if (pool?.tariff.hash !== ref.hash) {
      layers.fail(5, 'pool-missing', { share, period }, pointer);
    } else if (!isAs(expected, line) || worth !== poolAmount || !isFair(line, tariff)) {
      const exact = (parseMicros(poolAmount) * numerator) / (parseMicros(denominator) || 1n);
      this.#differs(data, formatMicros(exact), pointer);
    } else if (amount !== data.amount) this.#differs(data, amount, pointer);
  }

  #expect(
    data: ChargePosted,
    due: { readonly amountMicros: bigint; readonly line: object } | undefined,
    pointer: string,
  ): void {
    const amount = formatMicros(due?.amountMicros ?? 0n);
    const isSame = due !== undefined && isAs(due.line, data.line);
    if (!isSame || amount !== data.amount) this.#differs(data, amount, pointer);
  }

  #differs({ charge, name, amount: found }: ChargePosted, expected: string, pointer: string): void {
    this.#walk.layers.fail(5, 'charge-differs', { charge, name, found, expected }, pointer);
  }

  #isRepeated({ charge, name, tariff: { id, version } }: ChargePosted): boolean {
    const key = charge === 'share' ? `${id}/${name}` : `${id}/${version}/${charge}/${name}`;
    const isKnown = this.#names.has(key);
    this.#names.add(key);
    return isKnown;
  }
}

function isAs(expected: object, found: unknown): boolean {
  return canonicalize(expected) === canonicalize(found);
}

function isVersion2(version: TariffVersion): version is Version {
  return version.tariff.v === 2;
}

/** Amount and quantity are each less than a step from the exact part. */
function isFair(line: ShareLine, { rounding }: TariffV2): boolean {
  if (!isFairShare(line, rounding)) return false;
  const { quantity: amount, poolQuantity: poolAmount } = line;
  if (amount === undefined || poolAmount === undefined) return true;
  return isFairShare({ ...line, amount, poolAmount }, { mode: 'down', scale: 6 });
}
