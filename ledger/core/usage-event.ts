import { formatMicros } from './decimal.ts';
import type { MeterInstalled, RegisterRef, TariffRef } from './event-data.ts';
import type { RatedLine } from './rating.ts';
import { formatTime } from './time.ts';
import type { BilledSpan, SpanCharge } from './usage.ts';

/** Everything that a `usage.deducted` event says. Money and quantities in micros. */
export interface UsageEvent {
  readonly log: string;
  readonly account: string;
  readonly n: number;
  readonly prev: string;
  readonly id: string;
  readonly currency: string;
  readonly binding: MeterInstalled;
  readonly from: RegisterRef;
  readonly to: RegisterRef;
  readonly rollover: boolean;
  readonly span: Omit<BilledSpan, 'energy'>;
  /** True when the span is not the whole interval between the readings. */
  readonly partial: boolean;
  readonly period: string;
  readonly charge: SpanCharge;
  /** Balance of the wallet after the deduction. */
  readonly balanceMicros: bigint;
}

/**
 * The canonical text of a `usage.deducted` event. Its shape is fixed and none of its texts needs an
 * escape, so it is written directly in RFC 8785 order; a test holds it against `canonicalize`. The
 * verifier writes the same text from readings and tariff and compares: equal bytes prove every member.
 */
export function usageEventText(event: UsageEvent): string {
  const { binding, span, charge } = event;
  const amount = formatMicros(charge.amountMicros);
  const opposite = formatMicros(-charge.amountMicros);
  const partial = event.partial
    ? `"span":{"from":"${formatTime(span.fromMs)}","to":"${formatTime(span.toMs)}"},`
    : '';
  return (
    `{"account":"${event.account}","at":"${formatTime(span.toMs)}","data":{"amount":"${amount}",` +
    `"balance":"${formatMicros(event.balanceMicros)}","ct":"${binding.ct}","from":${refText(event.from)},` +
    `${event.period === span.month ? '' : '"late":true,'}"lines":[${charge.lines.map(lineText).join()}],` +
    `"meter":"${binding.meter}","period":"${event.period}","postings":[` +
    `{"account":"prepaid:${event.account}:${binding.wallet}","amount":"${amount}",` +
    `"currency":"${event.currency}"},{"account":"revenue:${binding.wallet}","amount":"${opposite}",` +
    `"currency":"${event.currency}"}],"pt":"${binding.pt}",` +
    `"quantity":"${formatMicros(span.quantityMicros)}","register":"${binding.register}",` +
    `${event.rollover ? `"rollover":"${binding.modulus}",` : ''}${partial}` +
    `"tariff":${tariffText(span.version.ref)},"to":${refText(event.to)},` +
    `"used":"${formatMicros(charge.usedMicros)}","wallet":"${binding.wallet}"},"id":"${event.id}",` +
    `"log":"${event.log}","n":${event.n},"prev":"${event.prev}","type":"usage.deducted","v":1}`
  );
}

function refText(ref: RegisterRef): string {
  return `{"at":"${ref.at}","hash":"${ref.hash}","seq":${ref.seq},"value":"${ref.value}"}`;
}

function tariffText(ref: TariffRef): string {
  return `{"hash":"${ref.hash}","id":"${ref.id}","version":${ref.version}}`;
}

function lineText(line: RatedLine): string {
  return (
    `{"amount":"${formatMicros(line.amount)}","before":"${formatMicros(line.before)}",` +
    `"period":"${line.period}","price":"${formatMicros(line.price)}",` +
    `"qty":"${formatMicros(line.qty)}","tier":"${line.tier}"}`
  );
}
