import Stripe from 'stripe';
import { ProviderUnavailable, type SettlementFile } from '../provider.ts';
import { askProvider } from '../provider-request.ts';
import { readList } from './stripe-records.ts';
import type { StripeSettings } from './stripe-settings.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PAGE = 100;

/** A day of Stripe's is one of UTC; an hour later nothing is written into it any more. */
export function stripeDayReadyMs(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) + DAY_MS + HOUR_MS;
}

/**
 * `PaymentProvider.settlementFile`: the balance transactions that were created on a day of UTC, the pages
 * as they came with a line end between them, with `source` expanded so that rows have our numbers. They
 * are asked for without Stripe's client, which does not give away the bytes that it has parsed.
 */
export async function fetchBalancePages(
  settings: StripeSettings,
  day: string,
): Promise<SettlementFile | undefined> {
  if (settings.nowMs() < stripeDayReadyMs(day)) return undefined;
  const beginsAt = Date.parse(`${day}T00:00:00Z`) / 1_000;
  const parts: Uint8Array[] = [];
  let after: string | undefined;
  for (;;) {
    const query = new URLSearchParams({
      limit: String(PAGE),
      'created[gte]': String(beginsAt),
      'created[lt]': String(beginsAt + DAY_MS / 1_000),
      'expand[]': 'data.source',
      ...(after === undefined ? {} : { starting_after: after }),
    });
    const bytes = await fetchPage(settings, query);
    const page = readList(jsonOf(bytes));
    if (page === undefined) throw new ProviderUnavailable('an answer is no list');
    if (parts.length > 0) parts.push(Buffer.from('\n'));
    parts.push(bytes);
    after = page.data.at(-1)?.id;
    if (!page.has_more) return { bytes: Uint8Array.from(Buffer.concat(parts)), rows: true };
    if (after === undefined) throw new ProviderUnavailable('a page with more behind it is empty');
  }
}

async function fetchPage(
  { url, secretKey, timeoutMs }: StripeSettings,
  query: URLSearchParams,
): Promise<Uint8Array> {
  const headers = {
    accept: 'application/json',
    authorization: `Bearer ${secretKey}`,
    'stripe-version': Stripe.API_VERSION,
    'user-agent': 'billproof',
  };
  const address = `${url}/v1/balance_transactions?${query}`;
  const reply = await askProvider({ method: 'GET', url: address, headers }, timeoutMs);
  if (reply.status !== 200) throw new ProviderUnavailable(`no page: HTTP ${reply.status}`);
  return reply.body;
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
