import { z } from 'zod';
import type { OrderState, ProviderPayment, RefundState } from '../provider.ts';

const fen = z.int().nonnegative();
const rfc3339 = z.iso.datetime({ offset: true });

const transactionShape = z.object({
  appid: z.string(),
  mchid: z.string(),
  out_trade_no: z.string(),
  trade_state: z.string(),
  transaction_id: z.string().min(1).optional(),
  success_time: rfc3339.optional(),
  amount: z.object({ total: fen, currency: z.string().default('CNY') }).optional(),
});

/** What the query of an order answers and a notification of a payment carries. */
export interface Transaction {
  readonly application: string;
  readonly merchant: string;
  readonly order: string;
  readonly tradeState: string;
  readonly payment: ProviderPayment | undefined;
}

/** Undefined where it is none. `total` is what the order was for, whoever paid how much of it. */
export function readTransaction(json: unknown): Transaction | undefined {
  const { data } = transactionShape.safeParse(json);
  if (data === undefined) return undefined;
  const { out_trade_no: order, transaction_id: id, success_time: paidAt, amount } = data;
  const isWhole = id !== undefined && paidAt !== undefined && amount !== undefined;
  return {
    application: data.appid,
    merchant: data.mchid,
    order,
    tradeState: data.trade_state,
    payment: isWhole
      ? {
          id,
          order,
          amount: { minor: BigInt(amount.total), currency: amount.currency },
          paidMs: Date.parse(paidAt),
        }
      : undefined,
  };
}

/** `REFUND` is a paid order of which something was given back. */
export function stateOf({ order, tradeState, payment }: Transaction): OrderState | undefined {
  if (tradeState === 'SUCCESS' || tradeState === 'REFUND') {
    return payment === undefined ? undefined : { order, state: 'paid', payment };
  }
  if (['NOTPAY', 'USERPAYING', 'PAYERROR'].includes(tradeState)) return { order, state: 'open' };
  if (['CLOSED', 'REVOKED'].includes(tradeState)) return { order, state: 'closed' };
  return undefined;
}

const refundShape = z.object({
  refund_id: z.string().min(1),
  out_refund_no: z.string(),
  out_trade_no: z.string(),
  /** Only in a notification. */
  mchid: z.string().optional(),
  /** `status` in an answer, `refund_status` in a notification. */
  status: z.string().optional(),
  refund_status: z.string().optional(),
  amount: z.object({ refund: fen, currency: z.string().default('CNY') }),
});

export interface RefundRecord {
  readonly merchant: string | undefined;
  readonly order: string;
  readonly refund: RefundState;
}

/**
 * Undefined where it is none. `ABNORMAL` (the payer's card is gone) waits: the money is still held for
 * the payer, until somebody ends it by hand in WeChat's console.
 */
export function readRefund(json: unknown): RefundRecord | undefined {
  const { data } = refundShape.safeParse(json);
  const state = REFUND_STATES.get(data?.status ?? data?.refund_status ?? '');
  if (data === undefined || state === undefined) return undefined;
  return {
    merchant: data.mchid,
    order: data.out_trade_no,
    refund: {
      refund: data.out_refund_no,
      state,
      id: data.refund_id,
      amount: { minor: BigInt(data.amount.refund), currency: data.amount.currency },
    },
  };
}

const REFUND_STATES: ReadonlyMap<string, RefundState['state']> = new Map([
  ['SUCCESS', 'paid'],
  ['PROCESSING', 'waiting'],
  ['ABNORMAL', 'waiting'],
  ['CLOSED', 'failed'],
]);
