import { formatDecimal } from '../../ledger/core/decimal.ts';
import type { ExceptionFacts } from '../../ledger/core/reconciliation.ts';
import { formatTime } from '../../ledger/core/time.ts';
import type { DayException } from '../../payments/reconcile/day-exception.ts';
import { FINE } from '../../payments/reconcile/day-match.ts';
import { currencyDigits } from '../../payments/settlement/currency-digits.ts';

/** Ten-thousandths of a minor unit as the ledger's documents write them: 6 decimals or more. */
export function fineText(value: bigint, currency: string): string {
  const digits = currencyDigits(currency);
  const spare = Math.max(0, 2 - digits);
  return formatDecimal(value * 10n ** BigInt(spare), digits + 4 + spare);
}

/** The inverse; of an amount in whole minor units nothing is lost by the division that follows. */
export function fineOf(text: string, currency: string): bigint {
  const spare = Math.max(0, 2 - currencyDigits(currency));
  return BigInt(text.replace('.', '')) / 10n ** BigInt(spare);
}

/** An exception as the ledger keeps it. */
export function exceptionText(exception: DayException, currency: string): ExceptionFacts {
  const { bucket, reason, field, suggestion, difference, atMs, row, feeTenThousandths } = exception;
  const amount = (minor: bigint | undefined) =>
    minor === undefined ? undefined : fineText(minor * FINE, currency);
  const sides = {
    ...{ row, id: shownText(exception.id), order: shownText(exception.order) },
    ...{ refund: shownText(exception.refund), found: shownText(exception.found) },
    ...{ ordered: amount(exception.ordered), ledger: amount(exception.ledger) },
    ...{ provider: amount(exception.provider), bank: amount(exception.bank) },
    fee: feeTenThousandths === undefined ? undefined : fineText(feeTenThousandths, currency),
  };
  const known = Object.fromEntries(Object.entries(sides).filter(([, side]) => side !== undefined));
  return {
    ...{ bucket, reason, field, suggestion, difference: fineText(difference, currency) },
    ...{ at: formatTime(atMs), ...known },
  };
}

/** What a bank prints may hold anything; what cannot be shown is left out of a document. */
function shownText(text: string | undefined): string | undefined {
  const shown = text
    ?.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '')
    .slice(0, 128)
    .trim();
  return shown === '' ? undefined : shown;
}
