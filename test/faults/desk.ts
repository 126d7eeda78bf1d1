import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { startThread } from '../../ledger/start-thread.ts';

export interface DeskPlace {
  readonly url: string;
  readonly token: string;
  readonly site: string;
  readonly accounts: readonly string[];
}

/** What people at a desk have waited for, in milliseconds, and how many payments of one yuan they took. */
export interface DeskDay {
  readonly times: readonly number[];
  readonly paid: number;
}

/** Looks at accounts, and takes a payment now and then; nothing may be refused. */
export class Desk implements DeskDay {
  readonly times: number[] = [];
  paid = 0;
  readonly #place: DeskPlace;

  constructor(place: DeskPlace) {
    this.#place = place;
  }

  async serve(isOver: () => boolean): Promise<void> {
    for (let i = 0; !isOver(); i += 1) {
      if (i % 4 === 0) await this.#pay(i);
      else
        await this.#timed(`/v1/accounts/${this.#account(i)}/balance?site=${this.#place.site}`, {});
      await sleep(50);
    }
  }

  #account(i: number): string {
    const { accounts } = this.#place;
    return accounts[i % accounts.length] ?? '';
  }

  async #pay(i: number): Promise<void> {
    const body = JSON.stringify({
      ...{ site: this.#place.site, account: this.#account(i), wallet: 'electricity' },
      ...{ amount: '1.000000', method: 'cash' },
    });
    const headers = { 'content-type': 'application/json', 'idempotency-key': `payment-${i}` };
    await this.#timed('/v1/top-ups', { method: 'POST', headers, body });
    this.paid += 1;
  }

  async #timed(path: string, init: RequestInit): Promise<void> {
    const { url, token } = this.#place;
    const beginMs = performance.now();
    const headers = { authorization: `Bearer ${token}`, ...Object(init.headers) };
    const answer = await fetch(`${url}${path}`, { ...init, headers });
    const text = await answer.text();
    this.times.push(performance.now() - beginMs);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  }
}

/** Opens a desk in another thread; call what this answers to close it. */
export function openDesk(place: DeskPlace): () => Promise<DeskDay> {
  const worker = startThread(new URL('./desk-thread.ts', import.meta.url), { workerData: place });
  const day = once(worker, 'message');
  return async () => {
    worker.postMessage('over');
    const [told]: DeskDay[] = await day;
    if (told === undefined) throw new Error('a desk tells of its day');
    return told;
  };
}
