import { z } from 'zod';
import { type PaymentTaken, paymentTaken } from '../../ledger/core/orders.ts';
import { parseTime } from '../../ledger/core/time.ts';
import type { LedgerPort } from '../ledger-port.ts';
import { id, time } from '../shapes.ts';
import { fitting, type List } from './list-reply.ts';

export const paymentFilters = {
  state: z.enum(['credited', 'suspense', 'resolved']).optional(),
  provider: id.optional(),
  account: id.optional(),
  from: time.optional().describe('Paid then or later'),
  to: time.optional().describe('And before then'),
};

interface Asked {
  readonly ledger: LedgerPort;
  readonly site: string;
  readonly query: {
    readonly [name in keyof typeof paymentFilters]?: string | undefined;
  };
}

interface Row {
  readonly id: string;
  readonly payment: PaymentTaken;
}

/** The payments of a site, by provider and the provider's own number. */
export function paymentList({ ledger, site, query }: Asked): List<Row> {
  const { state, provider, account, from, to } = query;
  const [fromMs, toMs] = [from, to].map((text) =>
    text === undefined ? undefined : parseTime(text),
  );
  const fits = ({ payment }: Row) => {
    const paidMs = parseTime(payment.paidAt);
    return (
      payment.state === (state ?? payment.state) &&
      payment.provider === (provider ?? payment.provider) &&
      payment.account === (account ?? payment.account) &&
      paidMs >= (fromMs ?? paidMs) &&
      (toMs === undefined || paidMs < toMs)
    );
  };
  const keyOf = (row: Row) => row.id;
  const read = async (after: string | undefined, limit: number): Promise<Row[]> => {
    const page = { limit, ...(after === undefined ? {} : { after }) };
    const rows = await ledger.documents.page(site, 'payment', page);
    return rows.map((row) => ({ id: row.id, payment: paymentTaken(row.doc, '') }));
  };
  return {
    name: `payments-${site}`,
    filter: `payments ${site} ${JSON.stringify({ state, provider, account, from, to })}`,
    read: async (after, limit) => await fitting(read, keyOf, fits, { after, limit }),
    keyOf,
    view: ({ payment }) => payment,
    columns: [
      { head: 'provider', of: ({ payment }) => payment.provider },
      { head: 'payment', of: ({ payment }) => payment.payment },
      { head: 'order', of: ({ payment }) => payment.order },
      { head: 'account', of: ({ payment }) => payment.account },
      { head: 'amount', of: ({ payment }) => payment.amount },
      { head: 'currency', of: ({ payment }) => payment.currency },
      { head: 'paidAt', of: ({ payment }) => payment.paidAt },
      { head: 'takenAt', of: ({ payment }) => payment.takenAt },
      { head: 'state', of: ({ payment }) => payment.state },
      { head: 'reason', of: ({ payment }) => payment.reason },
    ],
  };
}
