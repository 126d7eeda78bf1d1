import { BillSums } from './charges/bill-sums.ts';
import type { ChargeKind } from './charges/charge-posted.ts';
import { formatMicros, parseMicros } from './decimal.ts';
import type {
  MeterInstalled,
  RegisterRef,
  StatementFee,
  StatementIssued,
  StatementLine,
  StatementMeter,
  StatementMove,
  StatementPosted,
  StatementWallet,
  TariffRef,
  TopUpCredited,
} from './event-data.ts';
import { OpenRange } from './open-range.ts';
import type { RatedLine } from './rating.ts';
import { divertedBy } from './wallet-effects.ts';
import {
  type CourseEvent,
  CreditCourse,
  creditLines,
  readCreditLines,
  type WalletCredit,
} from './wallet-terms.ts';
import { zoneOf } from './zone.ts';

export interface StatementScope {
  readonly period: string;
  readonly from: string;
  readonly to: string;
  readonly zone: string;
  readonly currency: string;
  /** `n` of the first event that the proof bundle opens. */
  readonly first: number;
  /** The account's statement before this one, if it has any. */
  readonly previous: StatementIssued | undefined;
}

/** What one `usage.deducted` event adds to the bill of its period. */
export interface BilledUsage {
  readonly binding: MeterInstalled;
  readonly from: RegisterRef;
  readonly to: RegisterRef;
  readonly tariff: TariffRef;
  /** Kind of the tariff's tier window. */
  readonly window: 'month' | 'year';
  readonly quantityMicros: bigint;
  readonly usedMicros: bigint;
  readonly amountMicros: bigint;
  readonly lines: readonly RatedLine[];
  /** The time that is charged, where it is of the bill's own month. */
  readonly own?: { readonly fromMs: number; readonly toMs: number } | undefined;
}

/**
 * Adds up the bill of one period from the account's events, in chain order: the writer issues exactly
 * what `issue` returns, and a verifier who adds up the same events must get exactly the same. The
 * caller passes only events whose `period` is this one.
 */
export class StatementSums {
  /** Told of every event of the range, those of other bills included. */
  readonly range: OpenRange;
  /** What charges of format 2 rest on. */
  readonly bill = new BillSums();
  readonly #scope: StatementScope;
  readonly #wallets = new Map<string, WalletSum>();
  readonly #meters = new Map<string, MeterSum>();
  readonly #lines = new Map<string, LineSum>();
  readonly #fees: StatementFee[] = [];
  readonly #moves: StatementMove[] = [];
  readonly #posted: StatementPosted[] = [];
  readonly #credit = new CreditCourse();
  /** Terms and debts as they were after the event `n`; the first as the range begins. */
  readonly #credits: { readonly n: number; readonly wallets: Credits }[] = [];
  #usage = 0;

  constructor(scope: StatementScope) {
    this.#scope = scope;
    this.range = new OpenRange(scope.period);
    for (const { wallet, closing } of scope.previous?.wallets ?? []) {
      this.#wallet(wallet).opening = parseMicros(closing);
    }
    this.#credit.wallets = readCreditLines(scope.previous?.credit ?? []);
    this.#credits.push({ n: scope.first - 1, wallets: this.#credit.wallets });
  }

  /** Terms and debts of the wallets after the events that were noted. */
  get credit(): Credits {
    return this.#credit.wallets;
  }

  /** Any event of the range but use, those of other bills included, in the order of the chain. */
  noteTerms(n: number, event: CourseEvent): void {
    this.#credit.apply(event, zoneOf(this.#scope.zone));
    const { wallets } = this.#credit;
    if (wallets !== this.#credits.at(-1)?.wallets) this.#credits.push({ n, wallets });
  }

  /** All that was paid is a credit; what of it went to debt and emergency credit is a move. */
  addTopUp(n: number, { wallet, amount, split }: TopUpCredited): void {
    this.addCredit(wallet, parseMicros(amount));
    const diverted = divertedBy(split);
    if (diverted === 0n) return;
    const move = { n, type: 'topup.credited', reason: 'repaid', wallet } as const;
    this.addMove({ ...move, amount: formatMicros(-diverted) });
  }

  addCredit(wallet: string, micros: bigint): void {
    this.#wallet(wallet).credits += micros;
  }

  /** `isOwn`: of the bill's own month, not late. */
  addFee(fee: StatementFee, isOwn = true): void {
    this.#wallet(fee.wallet).charges += parseMicros(fee.amount);
    this.#fees.push(fee);
    this.bill.add(fee.tariff, parseMicros(fee.amount), isOwn);
  }

  /** A charge of format 2 beside use and fees, in the order of the chain. */
  addPosted(posted: StatementPosted & { readonly charge: ChargeKind }, isOwn: boolean): void {
    const { charge, tariff, amount, wallet } = posted;
    this.#wallet(wallet).charges += parseMicros(amount);
    this.#posted.push(posted);
    this.bill.add(tariff, parseMicros(amount), isOwn, charge);
  }

  /** In the order of the chain, as all else. */
  addMove(move: StatementMove): void {
    const sum = this.#wallet(move.wallet);
    sum.moved = (sum.moved ?? 0n) + parseMicros(move.amount);
    this.#moves.push(move);
  }

  addUsage(usage: BilledUsage): void {
    this.#usage += 1;
    this.#wallet(usage.binding.wallet).charges += usage.amountMicros;
    const { tariff, own, quantityMicros: used, binding } = usage;
    this.bill.add(tariff, usage.amountMicros, own !== undefined);
    if (own !== undefined) {
      const { wallet, unit } = binding;
      this.bill.uses.push({ tariff, wallet, unit, ...own, quantityMicros: used });
    }
    const meter = this.#meters.get(usage.binding.meter);
    if (meter === undefined) {
      const { from, quantityMicros } = usage;
      this.#meters.set(usage.binding.meter, { from, last: usage, quantityMicros });
    } else {
      meter.last = usage;
      meter.quantityMicros += usage.quantityMicros;
    }
    for (const line of usage.lines) this.#addLine(usage, line);
  }

  issue(): StatementIssued {
    const { previous: _, ...scope } = this.#scope;
    const sums = [...this.#wallets.values()];
    const total = (pick: (sum: WalletSum) => bigint) =>
      formatMicros(sums.reduce((all, sum) => all + pick(sum), 0n));
    const charges = total((sum) => sum.charges);
    const open = this.range.first;
    const credit = this.#creditBefore(open);
    return {
      ...scope,
      ...(open === undefined ? {} : { open }),
      usage: this.#usage,
      wallets: [...this.#wallets].sort(byKey).map(([wallet, sum]) => walletLine(wallet, sum)),
      meters: this.#meterLines(),
      lines: [...this.#lines].sort(byKey).map(([, sum]) => chargeLine(sum)),
      fees: [...this.#fees].sort((a, b) => (a.fee < b.fee ? -1 : a.fee > b.fee ? 1 : 0)),
      opening: total((sum) => sum.opening),
      credits: total((sum) => sum.credits),
      charges,
      closing: total(closingOf),
      total: charges,
      ...(this.#posted.length === 0 ? {} : { posted: [...this.#posted] }),
      ...(this.#moves.length === 0
        ? {}
        : { moves: [...this.#moves], moved: total((sum) => sum.moved ?? 0n) }),
      ...(credit.size === 0 ? {} : { credit: creditLines(credit) }),
    };
  }

  /** Before the event at which the next bill begins, so that its replay goes on from here. */
  #creditBefore(n = Number.POSITIVE_INFINITY): Credits {
    return this.#credits.findLast((change) => change.n < n)?.wallets ?? new Map();
  }

  /** Meters that used something, and those of the bill before, whose registers stand where they were. */
  #meterLines(): StatementMeter[] {
    const lines = new Map<string, StatementMeter>();
    for (const meter of this.#scope.previous?.meters ?? []) {
      lines.set(meter.meter, { ...meter, from: meter.to, quantity: '0.000000' });
    }
    for (const [meter, sum] of this.#meters) lines.set(meter, meterLine(sum, this.#scope.period));
    return [...lines].sort(byKey).map(([, line]) => line);
  }

  #addLine(usage: BilledUsage, line: RatedLine): void {
    const { id, version } = usage.tariff;
    const key = `${usage.binding.meter}/${id}/${version}/${line.period}/${line.tier}`;
    const sum = this.#lines.get(key);
    if (sum === undefined) {
      this.#lines.set(key, { usage, line, qty: line.qty, amount: line.amount });
    } else {
      sum.qty += line.qty;
      sum.amount += line.amount;
    }
  }

  #wallet(wallet: string): WalletSum {
    const found = this.#wallets.get(wallet);
    if (found !== undefined) return found;
    const fresh = { opening: 0n, credits: 0n, charges: 0n, moved: undefined };
    this.#wallets.set(wallet, fresh);
    return fresh;
  }
}

type Credits = ReadonlyMap<string, WalletCredit>;

interface WalletSum {
  opening: bigint;
  credits: bigint;
  charges: bigint;
  /** Undefined where the wallet has no moves. */
  moved: bigint | undefined;
}
interface MeterSum {
  readonly from: RegisterRef;
  last: BilledUsage;
  quantityMicros: bigint;
}
interface LineSum {
  readonly usage: BilledUsage;
  readonly line: RatedLine;
  qty: bigint;
  amount: bigint;
}

function walletLine(wallet: string, sum: WalletSum): StatementWallet {
  return {
    wallet,
    opening: formatMicros(sum.opening),
    credits: formatMicros(sum.credits),
    charges: formatMicros(sum.charges),
    closing: formatMicros(closingOf(sum)),
    ...(sum.moved === undefined ? {} : { moved: formatMicros(sum.moved) }),
  };
}

function closingOf({ opening, credits, charges, moved = 0n }: WalletSum): bigint {
  return opening + credits - charges + moved;
}

function meterLine(sum: MeterSum, period: string): StatementMeter {
  const { binding, to, window, usedMicros, quantityMicros } = sum.last;
  return {
    meter: binding.meter,
    serial: binding.serial,
    register: binding.register,
    unit: binding.unit,
    wallet: binding.wallet,
    ct: binding.ct,
    pt: binding.pt,
    from: sum.from,
    to,
    quantity: formatMicros(sum.quantityMicros),
    window: window === 'month' ? period : period.slice(0, 4),
    used: formatMicros(usedMicros + quantityMicros),
  };
}

function chargeLine({ usage, line, qty, amount }: LineSum): StatementLine {
  return {
    wallet: usage.binding.wallet,
    meter: usage.binding.meter,
    tariff: usage.tariff,
    period: line.period,
    tier: line.tier,
    qty: formatMicros(qty),
    price: formatMicros(line.price),
    amount: formatMicros(amount),
  };
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}
