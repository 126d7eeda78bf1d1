import type { SentNotification } from './double.ts';

/** A notification as it leaves: made anew for each try, since it is signed with the time. */
export interface Outgoing {
  readonly kind: SentNotification['kind'];
  readonly order: string;
  readonly to: string;
  readonly make: () => MadeNotification;
  /** Sent when this one was taken or given up. */
  readonly next?: Outgoing | undefined;
}

export interface MadeNotification {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface DeliverySettings {
  readonly nowMs: () => number;
  /** Pauses before the second, third, … try, as the provider documents them. */
  readonly pausesMs: readonly number[];
  /** Pauses are divided by it. */
  readonly hurry: number;
  readonly isTaken: (status: number, body: string) => boolean;
}

/** After so long the real ones give up waiting for an answer and count it as not taken. */
const PATIENCE_MS = 5_000;

/** Sends notifications until they are taken or the provider's tries are used up. */
export class Deliveries {
  readonly #settings: DeliverySettings;
  readonly #sent: SentNotification[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(settings: DeliverySettings) {
    this.#settings = settings;
  }

  /** `copies` go out at the same time; only the first is tried again. */
  send(outgoing: Outgoing, copies = 1): void {
    for (let copy = 0; copy < copies; copy += 1) {
      const running: Promise<void> = this.#deliver(outgoing, copy === 0).finally(() => {
        this.#running.delete(running);
      });
      this.#running.add(running);
    }
  }

  sent(): readonly SentNotification[] {
    return this.#sent;
  }

  async quiet(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.quiet();
  }

  async #deliver(outgoing: Outgoing, again: boolean): Promise<void> {
    const pauses = again ? this.#settings.pausesMs : [];
    for (let tries = 0; tries <= pauses.length; tries += 1) {
      if (tries > 0) await this.#pause(pauses[tries - 1] ?? 0);
      if (this.#stopping.signal.aborted) return;
      if (await this.#try(outgoing)) break;
    }
    if (outgoing.next !== undefined) await this.#deliver(outgoing.next, again);
  }

  async #try(outgoing: Outgoing): Promise<boolean> {
    const { headers, body } = outgoing.make();
    const { kind, order, to } = outgoing;
    const sent = { kind, order, to, headers, body, sentMs: this.#settings.nowMs() };
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(PATIENCE_MS)]);
    try {
      const answer = await fetch(to, { method: 'POST', headers, body: Buffer.from(body), signal });
      const text = await answer.text();
      this.#sent.push({ ...sent, status: answer.status });
      return this.#settings.isTaken(answer.status, text);
    } catch {
      // Nobody there, or no answer in time: for the provider both are no answer.
      this.#sent.push({ ...sent, status: 0 });
      return false;
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#stopping;
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms / this.#settings.hurry);
      signal.addEventListener('abort', done);
      if (signal.aborted) done();
    });
  }
}
