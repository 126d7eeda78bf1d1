import { formatMicros, parseMicros, roundDiv } from '../decimal.ts';
import { topUpCredited } from '../event-data.ts';
import { Refusal } from '../refusal.ts';
import { formatTime } from '../time.ts';
import type { Bill, Finding, VerifyOptions } from '../verdict.ts';
import type { Case } from './case.ts';
import { dataOf } from './check-readings.ts';

/** What a page shows of the bill: claims of the bundle, to be read together with the verdict. */
export function billFacts(opened: Case): Bill {
  const { statement, bundle } = opened;
  return {
    origin: bundle.log.origin,
    account: opened.statementEvent.account,
    period: statement.period,
    from: statement.from,
    to: statement.to,
    zone: statement.zone,
    currency: statement.currency,
    statement,
    commitment: opened.openings.at(-1)?.commitment ?? '',
    readings: opened.records.length,
    events: opened.openings.length,
    failedPolls: opened.failedPolls,
    replayed: opened.replayed,
    producedBy: bundle.produced.by,
    producedAt: bundle.produced.at,
    usage: opened.charged.flatMap(({ meter, fromMs, toMs, lines }) =>
      lines.map(({ period, tier, qty, amount }) => ({
        meter,
        fromAt: formatTime(fromMs),
        toAt: formatTime(toMs),
        qty: formatMicros(qty),
        amount: formatMicros(amount),
        period,
        tier,
      })),
    ),
    posted: postedLines(opened),
    credits: opened.openings.flatMap(({ event, text }) => {
      const credit = event.type === 'topup.credited' ? creditIn(text) : undefined;
      if (credit?.period !== statement.period) return [];
      return [{ at: event.at, wallet: credit.wallet, amount: credit.amount }];
    }),
  };
}

function postedLines({ openings }: Case): Bill['posted'] {
  return openings.flatMap(({ event, text }) => {
    if (event.type !== 'charge.posted') return [];
    const { line }: { line?: unknown } = Object(dataOf(text));
    return [{ n: event.n, line }];
  });
}

/** Nothing for a top-up that cannot be read: layer 6 has said so, and facts are only for show. */
function creditIn(text: string) {
  try {
    return topUpCredited(dataOf(text), '/data');
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** Holds what the paper bill says (commitment prefix and total in minor units) against the bundle. */
export function paperFinding(opened: Case, options: VerifyOptions): Finding | undefined {
  const { commitment, minorUnits } = options.expected ?? {};
  const { total } = opened.statement;
  const ledger = minorUnitsOf(total).toString();
  if (minorUnits !== undefined && minorUnits !== ledger) {
    return {
      code: 'paper-differs',
      params: { paper: asMoney(minorUnits), ledger: asMoney(ledger) },
    };
  }
  const found = opened.openings.at(-1)?.commitment ?? '';
  if (commitment !== undefined && (commitment.length < 32 || !found.startsWith(commitment))) {
    return { code: 'paper-other-bill', params: { ledger: asMoney(ledger) } };
  }
  return undefined;
}

/** A total in hundredths, rounded half away from zero, as a printed bill carries it. */
export function minorUnitsOf(total: string): bigint {
  return roundDiv(parseMicros(total), 10_000n, 'half-up');
}

function asMoney(minorUnits: string): string {
  const value = /^-?[0-9]{1,15}$/.test(minorUnits) ? BigInt(minorUnits) : undefined;
  return value === undefined ? minorUnits.slice(0, 24) : formatMicros(value * 10_000n).slice(0, -4);
}
