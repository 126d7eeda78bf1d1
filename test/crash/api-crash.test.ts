import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { issueToken, tokenKeyFile } from '../../api/tokens.ts';
import { formatTime, parseTime } from '../../ledger/core/time.ts';
import { verifyBundle } from '../../ledger/core/verdict.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import type { SignedBatch } from '../support/sample-device.ts';
import { SampleLedger, SITE } from '../support/sample-ledger.ts';
import { loadServiceProcess } from './api-process.ts';
import { CrashPlace, chosenStores, type StoreName } from './crash-place.ts';

/**
 * With those of the pair and of the bridge more than 200 in a run of the tests. In a database a round takes
 * seconds: the next process waits until the killed one is missed.
 */
const DEFAULT_ROUNDS: Readonly<Record<StoreName, number>> = { sqlite: 160, postgres: 4 };
const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);
const ACCOUNTS = ['a-1', 'a-2', 'a-3', 'a-4'];
const METERS = Array.from({ length: 20 }, (_, i) => `m-${i}`);
const START = '2026-07-31T16:00:00.000Z';
const NOW = '2027-06-01T00:00:00.000Z';
const QUARTER_MS = 15 * 60_000;
const TOP_UP = '1.250000';

/** What a bridge and a cashier have sent, and what of it was answered. */
class Senders {
  readonly #sample: SampleLedger;
  readonly #token: string;
  readonly #batches: SignedBatch[] = [];
  #acknowledged = 0;
  #topUps = 0;
  #payment = 0;
  replayed = 0;

  constructor(sample: SampleLedger, token: string) {
    this.#sample = sample;
    this.#token = token;
  }

  get quarters(): number {
    return this.#batches.length;
  }

  get payments(): number {
    return this.#topUps;
  }

  /** Whether a service lived until its writer answered; in a database that may take seconds. */
  async isServed(port: number): Promise<boolean> {
    const url = `http://127.0.0.1:${port}/v1/accounts/${ACCOUNTS[0]}/balance?site=${SITE}`;
    const headers = { authorization: `Bearer ${this.#token}` };
    const answer = await fetch(url, { headers }).catch(() => undefined);
    if (answer === undefined || answer.status === 503) return false;
    expect(answer.status).toBe(200);
    return true;
  }

  /** After a restart: the last batch that was answered is there, and each in doubt is taken once. */
  async resume(port: number): Promise<void> {
    const last = this.#batches[this.#acknowledged - 1];
    if (last !== undefined) {
      const answer = await this.#send(port, last);
      // One batch more may have become durable before its answer was lost.
      const [seqs, more] = [this.#seqs(this.#acknowledged - 1), this.#seqs(this.#acknowledged)];
      const rest = { known: METERS.length, wanted: {} };
      expect([
        { accepted: seqs, ...rest },
        { accepted: more, ...rest },
      ]).toContainEqual(answer);
    }
    if (this.#payment === this.#topUps + 1) await this.#pay(port);
  }

  /** Sends until the service is gone. */
  async flow(port: number): Promise<void> {
    for (;;) {
      const at = this.#acknowledged;
      const batch = this.#batches[at] ?? this.#nextBatch();
      const paid = at % 3 === 0 ? this.#pay(port) : Promise.resolve();
      const [answer] = await Promise.all([this.#send(port, batch), paid]);
      expect(answer).toMatchObject({ accepted: this.#seqs(at), wanted: {} });
      this.#acknowledged += 1;
    }
  }

  #nextBatch(): SignedBatch {
    const { device } = this.#sample;
    const quarter = this.#batches.length;
    const at = formatTime(parseTime(START) + quarter * QUARTER_MS);
    const value = (10 + quarter / 4).toFixed(2);
    const batch = device.batch(METERS.map((meter) => device.record({ meter, at, value })));
    this.#batches.push(batch);
    return batch;
  }

  #seqs(batch: number): Record<string, number> {
    return Object.fromEntries(METERS.map((meter) => [meter, batch]));
  }

  async #send(port: number, batch: SignedBatch): Promise<unknown> {
    return await post(port, '/v1/bridges/br-1/batches', batch, {});
  }

  /** The same key until it was answered: a payment in doubt is never made twice. */
  async #pay(port: number): Promise<void> {
    this.#payment = this.#topUps + 1;
    const account = ACCOUNTS[this.#topUps % ACCOUNTS.length];
    const body = { site: SITE, account, wallet: 'electricity', amount: TOP_UP, method: 'cash' };
    const headers = {
      authorization: `Bearer ${this.#token}`,
      'idempotency-key': `payment-${this.#payment}`,
    };
    const answer = await post(port, '/v1/top-ups', body, headers);
    if (answer['replayed'] === true) this.replayed += 1;
    this.#topUps += 1;
  }
}

it.each(chosenStores())(
  `loses and doubles nothing in kills on %s, seed ${SEED}`,
  {
    timeout: 300_000 + Number(process.env['CRASH_ROUNDS'] ?? 200) * 20_000,
  },
  async (store) => {
    const rounds = Number(process.env['CRASH_ROUNDS'] ?? DEFAULT_ROUNDS[store]);
    const random = randomFrom(SEED);
    const place = await CrashPlace.make(store);
    const sample = await SampleLedger.make(undefined, place.database);
    const { dataDir } = sample.options;
    for (const [i, meter] of METERS.entries()) {
      const account = ACCOUNTS[i % ACCOUNTS.length] ?? '';
      if (i < ACCOUNTS.length) await sample.account(account, meter);
      else await sample.meter(account, meter);
    }
    await sample.ledger.close();
    const key = tokenKeyFile(join(dataDir, 'keys', 'token.key'), () => new Uint8Array(32).fill(7));
    const life = { nowMs: Date.now(), seconds: 24 * 3600 };
    const token = await issueToken(key, { id: 'desk', role: 'cashier', site: SITE }, life);
    const senders = new Senders(sample, token);
    const what = { ...{ dataDir, database: place.database }, nowMs: parseTime(NOW), port: 0 };
    let reached = 0;
    let next = loadServiceProcess();
    try {
      for (let round = 0; round < rounds; round += 1) {
        const service = next.open(what);
        next = loadServiceProcess();
        // Never the first: of few rounds chance could let all be cut short.
        const early = random() < 0.25 && round > 0;
        const gone = sleep(early ? random() * place.comesUpMs : 0).then(() =>
          early ? service.kill() : undefined,
        );
        const port = await service.ready.catch(() => undefined);
        if (port !== undefined && (await senders.isServed(port))) {
          reached += 1;
          const killed = sleep(10 + random() * 90).then(() => service.kill());
          await ignoringLoss(senders.resume(port).then(() => senders.flow(port)));
          await killed;
        }
        await gone;
        expect(service.errors()).toBe('');
        if (round % 50 === 49) await place.expectSound(dataDir);
      }
      expect(reached).toBeGreaterThan(rounds < 20 ? 0 : rounds / 3);
      await finish(sample, senders, place);
    } finally {
      await next.discard();
      await place.remove();
      rmSync(sample.dir, { recursive: true, force: true });
    }
  },
);

/** Everything that was answered is there once, the store is sound, and the bills verify. */
async function finish(sample: SampleLedger, senders: Senders, place: CrashPlace): Promise<void> {
  const { dataDir, database } = sample.options;
  const what = { dataDir, database, nowMs: parseTime(NOW), port: 0 };
  const service = loadServiceProcess().open(what);
  const port = await service.ready;
  expect(await senders.isServed(port)).toBe(true);
  await senders.resume(port);
  const drained = ignoringLoss(senders.flow(port));
  await sleep(200);
  expect(await service.stop()).toBe(0);
  await drained;
  await place.expectSound(dataDir);
  sample.ledger = await Ledger.open(sample.options);
  const { ledger } = sample;
  await ledger.setClock(parseTime(NOW));
  let credited = 0;
  for (const account of ACCOUNTS) {
    const events = await ledger.events(SITE, account, { limit: 1_000_000 });
    const top = events.filter(({ text }) => text.includes('"type":"topup.credited"'));
    credited += top.length;
    const id = await sample.statement(account, '2026-08');
    const verdict = verifyBundle(await ledger.bundle(SITE, id), { primitives: nativePrimitives() });
    expect(verdict.overall).toBe('verified');
  }
  expect([senders.payments, senders.payments + 1]).toContain(credited);
  for (const meter of METERS) {
    const view = await ledger.meter(SITE, meter);
    expect([senders.quarters - 1, senders.quarters - 2]).toContain(view?.['seq']);
  }
  await ledger.close();
}

class ConnectionLost extends Error {}

async function post(
  port: number,
  path: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Record<string, unknown>> {
  let status: number;
  let answer: Record<string, unknown>;
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    status = response.status;
    answer = Object(await response.json());
  } catch {
    throw new ConnectionLost();
  }
  if (status === 503) throw new ConnectionLost();
  expect([status, answer]).toEqual([path.endsWith('batches') ? 200 : 201, answer]);
  return answer;
}

async function ignoringLoss(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof ConnectionLost)) throw error;
  });
}

/** A linear congruential generator (Numerical Recipes): enough to choose moments. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
