import Stripe from 'stripe';
import { ProviderUnavailable } from '../provider.ts';
import { type ListPage, readList } from './stripe-records.ts';
import type { StripeSettings } from './stripe-settings.ts';

/** What Stripe answered: an object, or why it does not do what it was asked for. */
export type StripeAnswer =
  | { readonly ok: true; readonly json: unknown; readonly replayed: boolean }
  | { readonly ok: false; readonly code: string; readonly message: string };

type Asking = (client: Stripe) => Promise<{
  readonly lastResponse: { readonly headers: Readonly<Record<string, string>> };
}>;

const PAGE = 100;
/** Of 400, 402 and 404: answers that time alone does not change. All others tell nothing. */
const REFUSALS = new Set([
  'StripeInvalidRequestError',
  'StripeCardError',
  'StripeIdempotencyError',
]);

/** Asks through Stripe's own client, once: whoever asks again is the caller. */
export class StripeLink {
  readonly #client: Stripe;

  constructor({ url, secretKey, timeoutMs }: StripeSettings) {
    const { protocol, hostname, port } = new URL(url);
    this.#client = new Stripe(secretKey, {
      host: hostname,
      port: port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port),
      protocol: protocol === 'http:' ? 'http' : 'https',
      timeout: timeoutMs,
      maxNetworkRetries: 0,
      telemetry: false,
    });
  }

  async ask(asking: Asking): Promise<StripeAnswer> {
    try {
      const json = await asking(this.#client);
      const { headers } = json.lastResponse;
      return { ok: true, json, replayed: headers['idempotent-replayed'] === 'true' };
    } catch (error) {
      return readError(error);
    }
  }

  /**
   * Goes through the pages of a list, newest first, until `find` has found something. `none` is the code
   * by which Stripe says that there is nothing to list.
   */
  async search<Found>(
    page: (client: Stripe, options: PageOptions) => ReturnType<Asking>,
    find: (item: unknown) => Found | undefined,
    none?: string,
  ): Promise<Found | undefined> {
    let after: string | undefined;
    for (;;) {
      const options = { limit: PAGE, ...(after === undefined ? {} : { starting_after: after }) };
      const answer = await this.ask((client) => page(client, options));
      if (!answer.ok && answer.code === none) return undefined;
      const { data, has_more: hasMore } = listOf(answer);
      for (const item of data) {
        const found = find(item);
        if (found !== undefined) return found;
      }
      after = data.at(-1)?.id;
      if (!hasMore || after === undefined) return undefined;
    }
  }
}

export interface PageOptions {
  readonly limit: number;
  readonly starting_after?: string;
}

function listOf(answer: StripeAnswer): ListPage {
  if (!answer.ok) throw new ProviderUnavailable(`no list: ${answer.code}`);
  const list = readList(answer.json);
  if (list === undefined) throw new ProviderUnavailable('an answer is no list');
  return list;
}

/** Stripe's messages are left out where they may quote a part of the key. */
function readError(error: unknown): StripeAnswer {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const { type, statusCode, code = '', message } = error;
  if (!REFUSALS.has(type)) {
    throw new ProviderUnavailable(`Stripe answered with ${type} ${statusCode ?? ''}`.trimEnd());
  }
  return { ok: false, code: code === '' ? type : code, message };
}
