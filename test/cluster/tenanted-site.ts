import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatTime } from '../../ledger/core/time.ts';
import { SampleDevice } from '../support/sample-device.ts';
import { sampleTariff } from '../support/sample-ledger.ts';

/** A tariff is published before it applies; what is metered earlier has no price. */
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
    this.#beginMs = Date.now() + NOTICE_MS;
    const validFrom = formatTime(this.#beginMs);
    await this.post(url, '/v1/tariffs', { site, tariff: sampleTariff(1, validFrom) });
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
        const { accepted } = (await answer.json()) as BatchReply;
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
  async #refused(answer: Response | undefined): Promise<void> {
    this.refusals.push(answer === undefined ? 'unreachable' : await refusalIn(answer));
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
    if (!answer?.ok) throw new Error(`${path}: ${answer?.status} ${await answer?.text()}`);
    return Object((await answer.json()) as unknown);
  }

  #headers(key?: string): Record<string, string> {
    return {
      authorization: `Bearer ${this.#token}`,
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
    };
  }
}

async function refusalIn(answer: Response): Promise<string> {
  const { code, detail }: { code?: string; detail?: string } = Object(await answer.json());
  const after = answer.headers.get('retry-after');
  return `${answer.status} ${code}, ${after} s: ${detail}`;
}

/** Undefined when the process could not be reached, or ended before it answered. */
async function ask(
  url: string,
  headers: Record<string, string>,
  body: unknown,
): Promise<Response | undefined> {
  try {
    return await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  } catch {
    return undefined;
  }
}
