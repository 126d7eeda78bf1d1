import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatTime } from '../../ledger/core/time.ts';
import { SampleDevice } from '../support/sample-device.ts';
import { sampleTariff } from '../support/sample-ledger.ts';

/**
 * A tariff is published before it applies; what is metered earlier has no price. Where a process takes
 * longer to publish it, as while a new site finds its owner, it is published again with more notice.
 */
const NOTICE_MS = 1_500;
const ACCOUNT = 'a-1';
/** Before what was refused is sent again. */
const AGAIN_MS = 50;

/** What a service answered to one reading. */
interface BatchReply {
  readonly accepted: Readonly<Record<string, number>>;
}

/** A site with one tenant and one meter, used over HTTP through whichever process is asked. */
export class TenantedSite {
  readonly site: string;
  readonly device: SampleDevice;
  readonly #token: string;
  #beginMs = 0;
  #lastMs = 0;
  #value = 100;
  /** Readings that were made, and the last one that was acknowledged. */
  made = 0;
  acknowledged = -1;
  /** Micros of top-ups that were acknowledged. */
  paid = 0n;
  /** What was refused, as `503 store-unavailable, 1 s: Why.`: status, code, time until it may be sent again. */
  readonly refusals: string[] = [];

  constructor(site: string, token: string) {
    this.site = site;
    this.device = new SampleDevice(`br-${site}`);
    this.#token = token;
  }

  get meter(): string {
    return `m-${this.site}`;
  }

  /** Opens site, tariff, bridge, account and meter, through the process at `url`. */
  async open(url: string): Promise<void> {
    const { site, meter } = this;
    const { bridge, jwk } = this.device;
    await this.post(url, '/v1/sites', { site, currency: 'CNY', zone: 'Asia/Shanghai' });
    for (let noticeMs = NOTICE_MS; this.#beginMs === 0; noticeMs *= 3) {
      const beginMs = Date.now() + noticeMs;
      const body = { site, tariff: sampleTariff(1, formatTime(beginMs)) };
      const answer = await ask(`${url}/v1/tariffs`, this.#headers(randomUUID()), body);
      if (answer?.ok) this.#beginMs = beginMs;
      else if (answer?.text.includes('"tariff-late"') !== true)
        throw refusedBy('/v1/tariffs', answer);
    }
    const { token } = await this.post(url, '/v1/bridges', { site, bridge });
    const proof = this.device.enrolmentProof(String(token));
    await this.post(url, `/v1/bridges/${bridge}/enrol`, { token, jwk, proof });
    await this.post(url, '/v1/accounts', { site, account: ACCOUNT });
    await this.post(url, '/v1/bindings', {
      ...{ site, account: ACCOUNT, meter, serial: `S-${meter}`, bridge, register: '1-0:1.8.0' },
      ...{ unit: 'kWh', wallet: 'electricity', ct: '1', pt: '1', tariff: 'office' },
      modulus: '1000000.00',
    });
  }

  /** The meter's reading as of now, signed. */
  async nextBatch() {
    await sleep(Math.max(0, Math.max(this.#beginMs, this.#lastMs + 1) - Date.now()));
    this.#lastMs = Date.now();
    const at = formatTime(this.#lastMs);
    this.#value += 25;
    this.made += 1;
    const value = (this.#value / 100).toFixed(2);
    return this.device.batch([this.device.record({ meter: this.meter, at, value })]);
  }

  /** Sends one batch until it is acknowledged, as a bridge does; how often it was refused. */
  async send(urls: readonly string[]): Promise<number> {
    const batch = await this.nextBatch();
    for (let tries = 0; ; tries += 1) {
      const url = urls[tries % urls.length] ?? '';
      const path = `${url}/v1/bridges/${this.device.bridge}/batches`;
      const answer = await ask(path, { 'content-type': 'application/json' }, batch);
      if (answer?.ok) {
        const { accepted }: BatchReply = JSON.parse(answer.text);
        this.acknowledged = Math.max(this.acknowledged, accepted[this.meter] ?? -1);
        return tries;
      }
      await this.#refused(answer);
    }
  }

  /** Pays one yuan, with one key until it is acknowledged. */
  async pay(urls: readonly string[]): Promise<void> {
    const key = randomUUID();
    const body = {
      ...{ site: this.site, account: ACCOUNT, wallet: 'electricity', amount: '1.000000' },
      method: 'cash',
    };
    for (let tries = 0; ; tries += 1) {
      const url = urls[tries % urls.length] ?? '';
      const answer = await ask(`${url}/v1/top-ups`, this.#headers(key), body);
      if (answer?.ok) break;
      await this.#refused(answer);
    }
    this.paid += 1_000_000n;
  }

  /** Throws what no other attempt can change. */
  async #refused(answer: Answer | undefined): Promise<void> {
    this.refusals.push(answer === undefined ? 'unreachable' : refusalIn(answer));
    if (answer !== undefined && answer.status < 500) throw new Error(this.refusals.at(-1));
    await sleep(AGAIN_MS);
  }

  async get(url: string, path: string): Promise<unknown> {
    const answer = await fetch(`${url}${path}`, { headers: this.#headers() });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return await answer.json();
  }

  async post(url: string, path: string, body: unknown): Promise<Record<string, unknown>> {
    const answer = await ask(`${url}${path}`, this.#headers(randomUUID()), body);
    if (!answer?.ok) throw refusedBy(path, answer);
    return Object(JSON.parse(answer.text));
  }

  #headers(key?: string): Record<string, string> {
    return {
      authorization: `Bearer ${this.#token}`,
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
    };
  }
}

function refusalIn({ status, text, after }: Answer): string {
  const { code, detail }: { code?: string; detail?: string } = Object(JSON.parse(text));
  return `${status} ${code}, ${after} s: ${detail}`;
}

function refusedBy(path: string, answer: Answer | undefined): Error {
  return new Error(`${path}: ${answer?.status} ${answer?.text}`);
}

interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly text: string;
  /** Of its header `retry-after`. */
  readonly after: string | null;
}

/** Undefined when the process could not be reached, or ended before it had answered all. */
async function ask(
  url: string,
  headers: Record<string, string>,
  body: unknown,
): Promise<Answer | undefined> {
  try {
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    const { ok, status } = answer;
    return { ok, status, text: await answer.text(), after: answer.headers.get('retry-after') };
  } catch {
    return undefined;
  }
}
