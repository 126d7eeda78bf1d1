import { z } from 'zod';
import { paymentOrder, paymentTaken } from '../../ledger/core/orders.ts';
import { paymentRefund } from '../../ledger/core/payment-refund.ts';
import { parseTime } from '../../ledger/core/time.ts';
import type { OurPayment, OurRefund } from '../../payments/reconcile/our-side.ts';
import { TextIndex } from '../../payments/reconcile/text-index.ts';
import type { LedgerPort } from '../ledger-port.ts';
import { minorOf } from './money.ts';
import { ordersFrom } from './order-number.ts';

const DAY_MS = 86_400_000;
/** So long before its payment an order is looked for in one go; older ones are asked for one by one. */
const ORDER_LIFE_MS = 2 * DAY_MS;
/** So long a refund may have waited for its approval. */
const APPROVAL_LIFE_MS = 60 * DAY_MS;
/** Few at a time: what lives no longer than a page costs no lasting memory. */
const PAGE = 200;
const STATES = ['open', 'paid', 'closed'] as const;

interface Side {
  readonly ledger: LedgerPort;
  readonly site: string;
  readonly source: string;
  readonly span: { readonly fromMs: number; readonly toMs: number };
}

/** The ledger's own side of one provider's day, and of the days beside it, from its documents. */
export class OurDay {
  readonly #side: Side;
  readonly #names = new TextIndex();
  #amounts = new BigInt64Array(1_024);
  #states = new Uint8Array(1_024);

  private constructor(side: Side) {
    this.#side = side;
  }

  static async read(side: Side): Promise<OurDay> {
    const day = new OurDay(side);
    const { site, span } = side;
    const after = ordersFrom(site, span.fromMs - DAY_MS - ORDER_LIFE_MS);
    const until = ordersFrom(site, span.toMs + DAY_MS);
    for await (const { id, doc } of documents(side, 'order', after)) {
      if (id >= until) break;
      day.#keep(doc);
    }
    return day;
  }

  /** Money that the provider told us of, whatever became of it. */
  async *payments(): AsyncGenerator<OurPayment> {
    const { source } = this.#side;
    for await (const { id, doc } of documents(this.#side, 'payment', `${source}/`)) {
      if (!id.startsWith(`${source}/`)) return;
      const { payment, order, state, amount, currency, paidAt } = paymentTaken(doc, '');
      const paidMs = parseTime(paidAt);
      if (!this.#isNear(paidMs)) continue;
      const ordered = await this.#ordered(order);
      yield { id: payment, order, amount: minorOf(amount, currency), ordered, paidMs, state };
    }
  }

  /** Refunds that the provider paid, sent by us or by hand in its console, by our number of them. */
  async refunds(): Promise<readonly OurRefund[]> {
    const { source, span, site, ledger } = this.#side;
    const currency = (await ledger.findSite(site))?.currency ?? '';
    const after = idFrom(span.fromMs - APPROVAL_LIFE_MS);
    const found = new Map<string, OurRefund>();
    for await (const { doc } of documents(this.#side, 'refund', after.replaceAll('-', ''))) {
      const { refund, provider, state, amount, endedAt } = paymentRefund(doc, '');
      if (provider !== source || state !== 'paid' || endedAt === undefined) continue;
      const paidMs = parseTime(endedAt);
      if (this.#isNear(paidMs)) {
        found.set(refund, { refund, amount: minorOf(amount, currency), paidMs });
      }
    }
    for await (const { doc } of documents(this.#side, 'approval', after)) {
      const { data } = paidRefund.safeParse(doc);
      if (data === undefined || data.what.method !== source) continue;
      const paidMs = parseTime(data.decidedAt);
      if (!this.#isNear(paidMs)) continue;
      const { reference: refund, amount } = data.what;
      const { minor } = minorOf(amount, currency);
      // Several events of one refund, such as one a wallet, are one row of the file.
      const before = found.get(refund)?.amount.minor ?? 0n;
      found.set(refund, { refund, amount: { minor: before + minor, currency }, paidMs });
    }
    return [...found.values()];
  }

  async stateOf(order: string): Promise<(typeof STATES)[number] | undefined> {
    const at = await this.#find(order);
    return at < 0 ? undefined : STATES[this.#states[at] ?? 0];
  }

  async #ordered(order: string): Promise<bigint | undefined> {
    const at = await this.#find(order);
    return at < 0 ? undefined : this.#amounts[at];
  }

  async #find(order: string): Promise<number> {
    const known = this.#names.find(order);
    if (known >= 0) return known;
    const doc = await this.#side.ledger.documents.find(this.#side.site, 'order', order);
    return doc === undefined ? -1 : this.#keep(doc);
  }

  #keep(doc: unknown): number {
    const { order, amount, currency, state } = paymentOrder(doc, '');
    const at = this.#names.add(order);
    this.#growFor(at);
    this.#amounts[at] = minorOf(amount, currency).minor;
    this.#states[at] = STATES.indexOf(state);
    return at;
  }

  #growFor(at: number): void {
    if (at < this.#amounts.length) return;
    const length = this.#amounts.length * 2;
    const [amounts, states] = [new BigInt64Array(length), new Uint8Array(length)];
    amounts.set(this.#amounts);
    states.set(this.#states);
    [this.#amounts, this.#states] = [amounts, states];
  }

  #isNear(ms: number): boolean {
    const { fromMs, toMs } = this.#side.span;
    return ms >= fromMs - DAY_MS && ms < toMs + DAY_MS;
  }
}

const paidRefund = z.object({
  act: z.literal('pay-refund'),
  state: z.literal('done'),
  decidedAt: z.string(),
  what: z.object({ method: z.string(), amount: z.string(), reference: z.string() }),
});

async function* documents({ ledger, site }: Side, kind: string, from: string) {
  let after = from;
  for (;;) {
    const page = await ledger.documents.page(site, kind, { after, limit: PAGE });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last.id;
  }
}

/** Before every UUIDv7 of that time or later, in the order of texts. */
function idFrom(ms: number): string {
  const time = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}`;
}
