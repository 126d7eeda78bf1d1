import { canonicalize } from '../../ledger/core/canonical-json.ts';
import { formatMicros } from '../../ledger/core/decimal.ts';
import { thumbprint } from '../../ledger/core/device-key.ts';
import type { RegisterRef, StatementIssued } from '../../ledger/core/event-data.ts';
import { StatementSums } from '../../ledger/core/statement.ts';
import { TariffBook } from '../../ledger/core/tariff-book.ts';
import { parseTime } from '../../ledger/core/time.ts';
import { chargeSpan, consumption, freshProgress, planInterval } from '../../ledger/core/usage.ts';
import { usageEventText } from '../../ledger/core/usage-event.ts';
import {
  BINDING,
  deviceJwk,
  ExampleLog,
  type ExampleRecord,
  exampleBatch,
  exampleCheckpoint,
  exampleRecords,
  exampleTariff,
  type LoggedEvent,
  ORIGIN,
} from './example-bill.ts';

const METER = { ...BINDING, modulus: '170.00' };
const MONTHS = { '2026-09': '2026-08-31T16:00:00.000Z', '2026-10': '2026-09-30T16:00:00.000Z' };

/** One account over two months: what its bills share is what the second one is judged by. */
class TwoMonths {
  readonly log = new ExampleLog((draft) => [draft]);
  readonly book = new TariffBook();
  readonly records = exampleRecords([
    ['2026-09-30T15:00:00.000Z', '160.00'],
    ['2026-10-01T02:00:00.000Z', '163.21'],
    ['2026-10-20T02:00:00.000Z', undefined],
    ['2026-10-25T02:00:00.000Z', '3.21'],
  ]);
  readonly firstUses = new Map<string, LoggedEvent>();
  readonly #bills: ((sums: StatementSums, period: string) => void)[] = [];
  readonly #progress = freshProgress();
  #balance = 0n;

  topUp(at: string, micros: bigint, period: string): void {
    this.#balance += micros;
    const amount = formatMicros(micros);
    const own = { account: 'prepaid:acc-7:electricity', amount: formatMicros(-micros) };
    const postings = [{ account: 'cash:cash', amount }, own].map((posting) => ({
      ...posting,
      currency: 'CNY',
    }));
    const fixed = { wallet: 'electricity', method: 'cash', period, postings };
    const data = { ...fixed, amount, balance: formatMicros(this.#balance) };
    this.log.write('acc-7', 'topup.credited', at, data);
    this.#bills.push((sums, bill) => bill === period && sums.addCredit('electricity', micros));
  }

  /** Charges the interval between two records; `only` a part of it, `into` another bill, to lie. */
  use(from: RegisterRef, to: RegisterRef, only?: number, into?: string): void {
    const { quantityMicros, rollover } = consumption(METER, from.value, to.value);
    const interval = { fromMs: parseTime(from.at), toMs: parseTime(to.at), quantityMicros };
    const spans = planInterval(this.book, METER.tariff, interval);
    for (const [i, span] of spans.entries()) {
      if (only !== undefined && i !== only) continue;
      const period = into ?? span.month;
      const charge = chargeSpan(this.#progress, span, period);
      this.#balance -= charge.amountMicros;
      const { ref, tariff } = span.version;
      const text = usageEventText({
        ...this.log.head('acc-7'),
        ...{ currency: 'CNY', binding: METER, from, to, rollover, span, period, charge },
        partial: spans.length > 1,
        balanceMicros: this.#balance,
      });
      const logged = this.log.append('acc-7', text);
      const key = `${period}/${ref.version}`;
      if (!this.firstUses.has(key)) this.firstUses.set(key, logged);
      const use = { binding: METER, from, to, tariff: ref, window: tariff.window, ...charge };
      const billed = { ...use, quantityMicros: span.quantityMicros };
      this.#bills.push((sums, bill) => bill === period && sums.addUsage(billed));
    }
  }

  issue(period: keyof typeof MONTHS, to: string, before?: { n: number; data: StatementIssued }) {
    const first = before === undefined ? 0 : (before.data.open ?? before.n);
    const place = { zone: 'Asia/Shanghai', currency: 'CNY', first, previous: before?.data };
    const sums = new StatementSums({ period, from: MONTHS[period], to, ...place });
    for (const bill of this.#bills) bill(sums, period);
    for (const [i, { text }] of this.log.chain('acc-7').slice(first).entries()) {
      const { type, data } = JSON.parse(text);
      sums.range.note(first + i, type, data);
    }
    const data = sums.issue();
    const n = this.log.chain('acc-7').length;
    const logged = this.log.write('acc-7', 'statement.issued', to, JSON.parse(canonicalize(data)));
    return { n, data, logged };
  }
}

/**
 * The bundle of a second bill: an interval over the border of the months, a new tariff version, a
 * register that starts again, and events of this bill that came before the statement before. With
 * `again`, the part of that interval before the border is charged a second time, as late.
 */
export function secondBill(again = false): string {
  const account = new TwoMonths();
  const { log, book, records, firstUses } = account;
  const jwk = deviceJwk();
  const kid = thumbprint(jwk);
  const old = exampleTariff();
  const change = { version: 2, validFrom: '2026-10-10T00:00:00.000Z' };
  const next = { ...old, ...change, prices: old.prices.map((p) => ({ ...p, price: '0.400001' })) };
  const facts = [
    log.write('site', 'device.key-enrolled', '2026-08-20T01:00:00.000Z', {
      ...{ bridge: 'br-1', epoch: 1, thumbprint: kid, jwk: { ...jwk } },
    }),
    ...[old, next].map((tariff) => {
      book.add(tariff);
      const data = { tariff: JSON.parse(canonicalize(tariff)) };
      return log.write('site', 'tariff.published', '2026-08-20T02:00:00.000Z', data);
    }),
  ];
  log.write('acc-7', 'account.opened', '2026-08-25T00:00:00.000Z', { currency: 'CNY' });
  facts.push(log.write('acc-7', 'meter.installed', '2026-08-25T01:00:00.000Z', { ...METER }));
  account.topUp('2026-09-01T00:10:00.000Z', 300_000_000n, '2026-09');
  const [r0, r1, r3, r4, r5, r7] = records.flatMap(refOf);
  if (!r0 || !r1 || !r3 || !r4 || !r5 || !r7) throw new Error('six polls showed a value');
  account.use(r0, r1);
  account.use(r1, r3);
  account.use(r3, r4);
  account.use(r4, r5, 0);
  if (again) account.use(r4, r5, 0, '2026-10');
  account.use(r4, r5, 1);
  account.topUp('2026-10-01T02:30:00.000Z', 11_000_000n, '2026-10');
  const september = account.issue('2026-09', MONTHS['2026-10']);
  account.use(r5, r7);
  const october = account.issue('2026-10', '2026-10-31T16:00:00.000Z', september);
  facts.push(...[...firstUses].flatMap(([key, use]) => (key.startsWith('2026-10') ? [use] : [])));
  const signed = exampleCheckpoint(log.entries);
  const { jws, path } = exampleBatch(records, kid);
  const opened = log.chain('acc-7').slice(october.data.first);
  return canonicalize({
    format: 'billproof/1',
    log: { vkey: signed.vkey, origin: ORIGIN },
    policy: signed.policy,
    checkpoint: signed.cosigned,
    statement: { index: october.logged.index },
    proof: log.proof(october.logged.index),
    openings: opened.map(({ text, salt }) => ({ event: text, salt })),
    readings: records.slice(4).map(({ text }) => text),
    batches: [{ jws, index: path.index, path: path.hashes }],
    site: facts.map(({ text, salt, index }) => ({
      event: text,
      salt,
      index,
      proof: log.proof(index),
    })),
    earlier: [],
    anchors: { fabric: [], ethereum: [] },
    produced: { by: 'an example', at: '2026-11-01T00:00:00.000Z' },
  });
}

function refOf({ reading, hash }: ExampleRecord): RegisterRef[] {
  const value = reading.registers?.[METER.register]?.value;
  return value === undefined ? [] : [{ seq: reading.seq, at: reading.at, value, hash }];
}
