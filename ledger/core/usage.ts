import { type AccountTerms, NO_TERMS } from './charges/terms.ts';
import { parseDecimal, toMicros } from './decimal.ts';
import type { MeterInstalled, TariffRef } from './event-data.ts';
import { type CompiledTariff, LONGEST_MS, type RatedLine, rateInterval } from './rating.ts';
import { Refusal } from './refusal.ts';
import type { TariffBook, TariffVersion } from './tariff-book.ts';

/** How far a meter register has been billed: the state that one interval hands to the next. */
export interface BillingProgress {
  /** Bill that the last interval went into, as `2026-09`; empty before the first. */
  period: string;
  /** Tier window that `usedMicros` counts, as `2026-09` or `2026`. */
  window: string;
  usedMicros: bigint;
  /** Quantity billed on this bill by line key. */
  billed: Map<string, bigint>;
}

/** A part of an interval that lies in one local month and one tariff version. */
export interface BilledSpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly version: TariffVersion;
  /** What the version charges for use under the terms of the span's month. */
  readonly energy: CompiledTariff;
  readonly quantityMicros: bigint;
  /** Local month of the span, as `2026-09`; an instant at its very end belongs to it. */
  readonly month: string;
}

/** What a span costs, given what was billed before. Quantities and money in micros. */
export interface SpanCharge {
  /** Use in the tier window before this span. */
  readonly usedMicros: bigint;
  readonly lines: readonly RatedLine[];
  readonly amountMicros: bigint;
}

export interface Consumption {
  readonly quantityMicros: bigint;
  /** Set when the register started again between the readings. */
  readonly rollover: boolean;
}

/**
 * Quantity between two values of a cumulative register, times both transformer ratios. A value that
 * fell is a rollover only if the meter declares a modulus and the use would be at most a tenth of it;
 * otherwise `register-fell`: reset, exchange or manipulation, for people to judge.
 */
export function consumption(
  binding: Pick<MeterInstalled, 'ct' | 'pt' | 'modulus'>,
  from: string,
  to: string,
): Consumption {
  const ratio = BigInt(binding.ct) * BigInt(binding.pt);
  const delta = toMicros(parseDecimal(to)) - toMicros(parseDecimal(from));
  if (delta >= 0n) return { quantityMicros: delta * ratio, rollover: false };
  const modulus = binding.modulus === undefined ? 0n : toMicros(parseDecimal(binding.modulus));
  const wrapped = delta + modulus;
  if (wrapped < 0n || wrapped * 10n > modulus) {
    throw new Refusal(
      'register-fell',
      `The register fell from ${from} to ${to}; confirm an exchange or a reset.`,
      { from, to },
    );
  }
  return { quantityMicros: wrapped * ratio, rollover: true };
}

/** The terms of an account in a local month. */
export type TermsOf = (month: string) => AccountTerms;

function noTerms(): AccountTerms {
  return NO_TERMS;
}

export function freshProgress(): BillingProgress {
  return { period: '', window: '', usedMicros: 0n, billed: new Map() };
}

/**
 * Cuts the interval (fromMs, toMs] where a local month or a tariff version ends. Quantity is shared by
 * time, cumulative and floored, so that the parts sum to the whole. Refuses (`no-tariff`) an interval
 * that no version covers, one of more than ten years (`interval-too-long`), and what `compileEnergy` does.
 */
export function planInterval(
  book: TariffBook,
  tariffId: string,
  interval: { readonly fromMs: number; readonly toMs: number; readonly quantityMicros: bigint },
  termsOf: TermsOf = noTerms,
): BilledSpan[] {
  const { fromMs, toMs, quantityMicros } = interval;
  const spans: BilledSpan[] = [];
  let shared = 0n;
  if (toMs - fromMs > LONGEST_MS) {
    throw new Refusal('interval-too-long', 'An interval is longer than ten years.', {});
  }
  for (let at = fromMs; at < toMs; ) {
    const version = book.versionAt(tariffId, at);
    if (version === undefined) {
      throw new Refusal('no-tariff', `No version of tariff ${tariffId} covers the interval.`, {
        tariff: tariffId,
      });
    }
    const end = Math.min(toMs, version.toMs, version.zone.nextMonthStart(at));
    const upTo =
      end === toMs
        ? quantityMicros
        : (quantityMicros * BigInt(end - fromMs)) / BigInt(toMs - fromMs);
    const month = version.zone.monthOf(at);
    const energy = version.energy(termsOf(month));
    spans.push({ fromMs: at, toMs: end, version, energy, quantityMicros: upTo - shared, month });
    shared = upTo;
    at = end;
  }
  return spans;
}

/**
 * Charges a span to the bill of `period` and moves `progress` on. `period` is the span's month, or the
 * first open one when that bill is closed already.
 */
export function chargeSpan(
  progress: BillingProgress,
  span: BilledSpan,
  period: string,
): SpanCharge {
  enterPeriod(progress, period, span.version.tariff.window);
  const { ref, lineKeys } = span.version;
  const { usedMicros } = progress;
  const keys: string[] = [];
  const { lines, amountMicros } = rateInterval({
    tariff: span.energy,
    fromMs: span.fromMs,
    toMs: span.toMs,
    quantityMicros: span.quantityMicros,
    usedMicros,
    billedMicros: (key) => {
      let full = lineKeys.get(key);
      if (full === undefined) {
        full = `${ref.id}/${ref.version}/${key}`;
        lineKeys.set(key, full);
      }
      keys.push(full);
      return progress.billed.get(full) ?? 0n;
    },
  });
  // `rateInterval` asks once a line, in the order of the lines.
  for (const [i, line] of lines.entries()) {
    progress.billed.set(keys[i] ?? lineKey(ref, line), line.before + line.qty);
  }
  progress.usedMicros = usedMicros + span.quantityMicros;
  return { usedMicros, lines, amountMicros };
}

/** Key under which a bill adds up quantities: one line of the bill. */
export function lineKey(tariff: TariffRef, line: Pick<RatedLine, 'period' | 'tier'>): string {
  return `${tariff.id}/${tariff.version}/${line.period}/${line.tier}`;
}

/** Starts a new bill and, where one ends, a new tier window. */
function enterPeriod(
  progress: BillingProgress,
  period: string,
  windowKind: 'month' | 'year',
): void {
  if (progress.period !== period) {
    progress.period = period;
    progress.billed = new Map();
  }
  const window = windowKind === 'month' ? period : period.slice(0, 4);
  if (progress.window !== window) {
    progress.window = window;
    progress.usedMicros = 0n;
  }
}
