import { z } from 'zod';
import { chinaText } from '../china-time.ts';
import type { OrderState, ProviderPayment } from '../provider.ts';
import { readYuan } from './yuan-text.ts';

const yuan = z.string().transform((text, context) => {
  const fen = readYuan(text);
  if (fen !== undefined) return fen;
  context.addIssue({ code: 'custom', message: 'no amount' });
  return z.NEVER;
});

const tradeShape = z.object({
  out_trade_no: z.string().min(1),
  trade_no: z.string().min(1),
  trade_status: z.string(),
  total_amount: yuan,
  /** When the money was taken; none while it was not. */
  send_pay_date: z.string().optional(),
});

/**
 * What alipay.trade.query answers. `TRADE_CLOSED` is an order that nobody has paid in time, and also a
 * payment that was given back as a whole: only the time of the payment tells them apart.
 */
export function readTrade(json: unknown): OrderState | undefined {
  const { data } = tradeShape.safeParse(json);
  if (data === undefined) return undefined;
  const { out_trade_no: order, trade_status: status, send_pay_date: paidAt } = data;
  const isPaid = status === 'TRADE_SUCCESS' || status === 'TRADE_FINISHED';
  if (isPaid || (status === 'TRADE_CLOSED' && paidAt !== undefined)) {
    const payment = paymentOf(data, paidAt);
    return payment === undefined ? undefined : { order, state: 'paid', payment };
  }
  if (status === 'WAIT_BUYER_PAY') return { order, state: 'open' };
  return status === 'TRADE_CLOSED' ? { order, state: 'closed' } : undefined;
}

const noticeShape = z.object({
  out_trade_no: z.string().min(1),
  trade_no: z.string().min(1),
  trade_status: z.string(),
  total_amount: yuan,
  gmt_payment: z.string().optional(),
  /** Only in notices of refunds: our number of the refund, and all that was given back so far. */
  out_biz_no: z.string().min(1).optional(),
  refund_fee: yuan.optional(),
});

/** What a notification says once it is known to be ours. */
export interface TradeNotice {
  readonly order: string;
  readonly status: string;
  readonly payment: ProviderPayment | undefined;
  /** Alipay's number of the trade, which its refunds share. */
  readonly trade: string;
  readonly isRefund: boolean;
  /** Our number of the refund; undefined where it has none. */
  readonly refund: string | undefined;
}

export function readNotice(fields: unknown): TradeNotice | undefined {
  const { data } = noticeShape.safeParse(fields);
  if (data === undefined) return undefined;
  return {
    order: data.out_trade_no,
    status: data.trade_status,
    payment: paymentOf(data, data.gmt_payment),
    trade: data.trade_no,
    isRefund: data.refund_fee !== undefined,
    refund: data.out_biz_no,
  };
}

/** `2026-09-01 10:00:00` in China; undefined where there is no such time. */
export function readChinaText(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return undefined;
  const ms = Date.parse(`${text.replace(' ', 'T')}+08:00`);
  return Number.isNaN(ms) || chinaText(ms) !== text ? undefined : ms;
}

function paymentOf(
  trade: {
    readonly trade_no: string;
    readonly out_trade_no: string;
    readonly total_amount: bigint;
  },
  paidAt: string | undefined,
): ProviderPayment | undefined {
  const paidMs = readChinaText(paidAt ?? '');
  if (paidMs === undefined) return undefined;
  return {
    id: trade.trade_no,
    order: trade.out_trade_no,
    amount: { minor: trade.total_amount, currency: 'CNY' },
    paidMs,
  };
}

const refundShape = z.object({
  out_request_no: z.string().optional(),
  trade_no: z.string().min(1).optional(),
  refund_status: z.string().optional(),
  refund_amount: yuan.optional(),
});

/** What alipay.trade.fastpay.refund.query answers; `isDone` false also where there is no such refund. */
export interface QueriedRefund {
  readonly refund: string | undefined;
  readonly trade: string | undefined;
  readonly isDone: boolean;
  readonly fen: bigint | undefined;
}

export function readQueriedRefund(json: unknown): QueriedRefund | undefined {
  const { data } = refundShape.safeParse(json);
  if (data === undefined) return undefined;
  return {
    refund: data.out_request_no,
    trade: data.trade_no,
    isDone: data.refund_status === 'REFUND_SUCCESS',
    fen: data.refund_amount,
  };
}
