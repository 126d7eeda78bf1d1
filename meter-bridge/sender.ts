import * as z from 'zod';
import { type Later, realLater } from './bridge-clock.ts';
import type { Outbox } from './outbox.ts';
import type { HeldBatch } from './outbox-contents.ts';

/** The part of `fetch` that sending needs. */
export type Post = (
  url: string,
  request: {
    readonly method: 'POST';
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly signal: AbortSignal;
  },
) => Promise<PostAnswer>;
export interface PostAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

export interface SenderOptions {
  /** Base URL of the API, without a trailing slash. */
  readonly url: string;
  readonly bridge: string;
  readonly outbox: Outbox;
  /** Uniform in [0, 1); spreads the retries of many bridges. */
  readonly random: () => number;
  readonly onAlarm: (alarm: SenderAlarm) => void;
  readonly fetch?: Post;
  readonly later?: Later;
  readonly firstRetryMs?: number;
  readonly maxRetryMs?: number;
  readonly timeoutMs?: number;
}

/** What a person has to look at. Nothing is deleted because of it. */
export interface SenderAlarm {
  readonly code: 'refused' | 'wanted-not-held' | 'outbox-damaged';
  readonly detail: string;
}

export type SenderState = 'idle' | 'sending' | 'waiting' | 'stopped';

const ANSWER = z.object({
  accepted: z.record(z.string(), z.number().int().min(-1)),
  /** Records of the batch that the ledger had already. */
  known: z.number().int().min(0).optional(),
  wanted: z.record(z.string(), z.number().int().min(0)).optional(),
});
type Answer = z.infer<typeof ANSWER>;

/** Answers that another attempt can change: RFC 6585 429, 408 and the 5xx class. */
const RETRY: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * Sends the outbox in order, one batch at a time, and lets go only of what an answer names. Silence,
 * 429 and 5xx are tried again for ever, slower and slower; any other refusal (401 unknown key, 409
 * equivocation, 422 broken chain) stops the sender with an alarm and keeps everything.
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #stop = new AbortController();
  readonly #alarmed = new Set<string>();
  #state: SenderState = 'idle';
  #failures = 0;
  #running: Promise<void> | undefined;
  #idle: (() => void)[] = [];
  /** Position behind the batch that was sent last. */
  #sent: { readonly epoch: number; readonly batch: number } = { epoch: -1, batch: -1 };

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  get #later(): Later {
    return this.#options.later ?? realLater;
  }

  get state(): SenderState {
    return this.#state;
  }

  /** Something may be there to send. */
  wake(): void {
    if (this.#running || this.#state === 'stopped') return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** True once the outbox holds nothing; false when the time is over or the sender has stopped. */
  async drained(timeoutMs: number): Promise<boolean> {
    let isOver = false;
    const cancel = this.#later(timeoutMs, () => {
      isOver = true;
      this.#settle();
    });
    this.wake();
    while (this.#options.outbox.held.length > 0 && this.#state !== 'stopped' && !isOver) {
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
    cancel();
    return this.#options.outbox.held.length === 0;
  }

  /** Ends the attempt under way; the batch stays and is sent again at the next start. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.#settle();
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted && this.#state !== 'stopped') {
      const batch = this.#next();
      if (batch === undefined) {
        if (this.#options.outbox.held.length === 0) break;
        // All was sent, not all was acknowledged: from the start again, but not at once.
        this.#sent = { epoch: -1, batch: -1 };
        await this.#pause();
        continue;
      }
      this.#state = 'sending';
      await this.#send(batch);
      this.#settle();
    }
    if (this.#state !== 'stopped') this.#state = 'idle';
    this.#settle();
  }

  #next(): HeldBatch | undefined {
    const { epoch, batch } = this.#sent;
    return this.#options.outbox.held.find(
      (held) => held.epoch > epoch || (held.epoch === epoch && held.batch > batch),
    );
  }

  async #send(batch: HeldBatch): Promise<void> {
    const { url, bridge, outbox } = this.#options;
    let body: string;
    try {
      body = JSON.stringify(outbox.read(batch));
    } catch (error) {
      this.#halt('outbox-damaged', error instanceof Error ? error.message : 'unreadable');
      return;
    }
    const path = `${url}/v1/bridges/${encodeURIComponent(bridge)}/batches`;
    const late = new AbortController();
    const cancel = this.#later(this.#options.timeoutMs ?? 30_000, () => late.abort());
    let response: PostAnswer;
    let text: string;
    try {
      response = await (this.#options.fetch ?? fetch)(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.any([this.#stop.signal, late.signal]),
      });
      text = await response.text();
    } catch {
      await this.#pause();
      return;
    } finally {
      cancel();
    }
    if (RETRY.has(response.status) || response.status >= 500) {
      await this.#pause(Number(response.headers.get('retry-after') ?? 0) * 1_000);
      return;
    }
    const answer = response.ok ? parseAnswer(text) : undefined;
    if (answer === undefined) {
      const detail = `batch ${batch.batch}: ${response.status} ${text.slice(0, 500)}`;
      this.#halt('refused', detail);
      return;
    }
    await this.#settleAnswer(batch, answer);
  }

  async #settleAnswer(batch: HeldBatch, answer: Answer): Promise<void> {
    const { outbox } = this.#options;
    const before = outbox.held.length;
    outbox.acknowledge(batch.epoch, acceptedOf(batch, answer));
    const progress = outbox.held.length < before;
    if (progress) this.#failures = 0;
    this.#sent = { epoch: batch.epoch, batch: batch.batch };
    const from = this.#rewind(batch.epoch, answer.wanted ?? {});
    if (from === undefined) return;
    this.#sent = { epoch: from.epoch, batch: from.batch - 1 };
    // The same wish again after it was granted would spin.
    if (!progress) await this.#pause();
  }

  /** The earliest held batch with a wanted record; an alarm for each record that is gone. */
  #rewind(epoch: number, wanted: Readonly<Record<string, number>>): HeldBatch | undefined {
    const { held } = this.#options.outbox;
    let earliest: HeldBatch | undefined;
    for (const [meter, seq] of Object.entries(wanted)) {
      const holder = held.find((batch) => {
        const span = batch.epoch === epoch ? batch.span.get(meter) : undefined;
        return span !== undefined && span.first <= seq && seq <= span.last;
      });
      if (holder === undefined) {
        this.#alarm('wanted-not-held', `${meter} from ${seq} in epoch ${epoch}`);
      } else if (earliest === undefined || holder.batch < earliest.batch) {
        earliest = holder;
      }
    }
    return earliest;
  }

  #halt(code: SenderAlarm['code'], detail: string): void {
    this.#state = 'stopped';
    this.#alarm(code, detail);
  }

  #alarm(code: SenderAlarm['code'], detail: string): void {
    if (this.#alarmed.has(`${code} ${detail}`)) return;
    this.#alarmed.add(`${code} ${detail}`);
    this.#options.onAlarm({ code, detail });
  }

  /** Exponential, capped, with full jitter above half; at least what the server asked for. */
  async #pause(atLeastMs = 0): Promise<void> {
    const { firstRetryMs = 500, maxRetryMs = 60_000, random } = this.#options;
    const ceiling = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(this.#failures, 20));
    this.#failures += 1;
    const asked = Number.isFinite(atLeastMs) ? Math.min(atLeastMs, maxRetryMs) : 0;
    const waitMs = Math.max(asked, Math.floor((ceiling * (1 + random())) / 2));
    this.#state = 'waiting';
    if (this.#stop.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const wakeUp = () => {
        cancel();
        this.#stop.signal.removeEventListener('abort', wakeUp);
        resolve();
      };
      const cancel = this.#later(waitMs, wakeUp);
      this.#stop.signal.addEventListener('abort', wakeUp);
    });
  }

  #settle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

function parseAnswer(text: string): Answer | undefined {
  try {
    return ANSWER.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * What the answer names as durable in the batch's epoch. A batch whose every record was known already
 * is acknowledged as it stands: after a new epoch the ledger names sequence numbers of that one.
 */
function acceptedOf(batch: HeldBatch, answer: Answer): ReadonlyMap<string, number> {
  let count = 0;
  for (const { first, last } of batch.span.values()) count += last - first + 1;
  if (answer.known !== count) return new Map(Object.entries(answer.accepted));
  return new Map([...batch.span].map(([meter, { last }]) => [meter, last]));
}
