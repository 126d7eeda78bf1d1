import { Refusal } from '../core/refusal.ts';
import { StoreFenced, StoreUnavailable } from '../store/store-errors.ts';
import type { Body } from '../writer/thread-messages.ts';
import type { Membership } from './membership.ts';
import { PeerLink, PeerLost } from './peer-link.ts';
import { mayRepeat, siteOf, type WriterPort } from './writer-port.ts';

/** How long a request waits for a site that is nobody's at present: longer than a takeover lasts. */
const PATIENCE_MS = 15_000;
const LOOK_MS = 250;

export interface WritersParts {
  readonly membership: Membership;
  readonly secret: Buffer;
  /** The writer of this process; absent where nothing writes. */
  readonly local: WriterPort | undefined;
}

/**
 * All writers of a ledger as one: each request goes to the process that writes for its site, and again
 * to the next one when it has moved meanwhile. Nobody is refused because a process ended, unless it
 * cannot be known whether it did what it was asked.
 */
export class Writers implements WriterPort {
  readonly #parts: WritersParts;
  readonly #links = new Map<string, PeerLink>();
  #isClosing = false;

  constructor(parts: WritersParts) {
    this.#parts = parts;
    parts.membership.onLook(() => this.#forgetGone());
  }

  get waiting(): number {
    const own = this.#parts.local?.waiting ?? 0;
    return [...this.#links.values()].reduce((sum, link) => sum + link.waiting, own);
  }

  async ask(body: Body): Promise<unknown> {
    const site = siteOf(body);
    if (site !== undefined) return await this.askOwner(site, body, mayRepeat(body));
    const { local } = this.#parts;
    if (local !== undefined) return await askedOnce(local.ask(body));
    if (body.kind === 'create-site') return await this.#askAnybody(body);
    throw new Error(`no process here does ${body.kind}`);
  }

  /** Asks whoever writes for a site; `atHome` answers where it is this process. */
  async askOwner(
    site: string,
    body: unknown,
    repeat: boolean,
    atHome: () => Promise<unknown> = () => this.#askLocal(body as Body),
  ): Promise<unknown> {
    const { membership } = this.#parts;
    const untilMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const owner = membership.owner(site);
      const isMine = owner !== undefined && owner.writer === membership.writer;
      try {
        if (isMine) return await atHome();
        if (owner !== undefined) return await this.#link(owner.address).ask(body);
      } catch (error) {
        if (!hasMoved(error)) throw error;
        if (!repeat && !isUntouched(error)) throw unknownOutcome();
      }
      await this.#waitForOwner(site, untilMs);
    }
  }

  /** Asks every other process that writes, and leaves out who does not answer. */
  async askOthers(body: unknown): Promise<unknown[]> {
    const { writers } = this.#parts.membership.view;
    const others = writers.filter(({ writer }) => writer !== this.#parts.membership.writer);
    const answers = others.map(async ({ address }) => await this.#link(address).ask(body));
    const settled = await Promise.allSettled(answers);
    return settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    for (const link of this.#links.values()) link.close();
    await this.#parts.local?.close();
  }

  async #waitForOwner(site: string, untilMs: number): Promise<void> {
    const { membership } = this.#parts;
    if (this.#isClosing) throw new StoreUnavailable('This process is about to end; ask again.');
    const isSeen = await membership.refresh();
    if (isSeen && !membership.view.sites.some((each) => each.site === site)) {
      const params = { site: site.slice(0, 64) };
      throw new Refusal('site-unknown', `There is no site ${params.site}.`, params);
    }
    if (performance.now() >= untilMs) {
      throw new StoreUnavailable(`No process writes for site ${site} at present; send again.`);
    }
    await membership.changed(LOOK_MS);
  }

  /** Lets go of links to processes that are there no more: who waits for them asks elsewhere. */
  #forgetGone(): void {
    const there = new Set(this.#parts.membership.view.writers.map(({ address }) => address));
    for (const [address, link] of this.#links) if (!there.has(address)) link.close();
  }

  async #askAnybody(body: Body): Promise<unknown> {
    const [first] = this.#parts.membership.view.writers.filter(({ address }) => address !== null);
    if (first === undefined) {
      throw new StoreUnavailable('No process writes to this database at present; send again.');
    }
    return await askedOnce(this.#link(first.address).ask(body));
  }

  async #askLocal(body: Body): Promise<unknown> {
    const { local } = this.#parts;
    if (local === undefined) throw new PeerLost('Nothing writes in this process.');
    return await local.ask(body);
  }

  #link(address: string | null): PeerLink {
    if (address === null) {
      throw new StoreUnavailable('A command of an operator writes at present; send again later.');
    }
    const known = this.#links.get(address);
    if (known !== undefined) return known;
    const link = new PeerLink(address, this.#parts.secret, () => {
      if (this.#links.get(address) === link) this.#links.delete(address);
    });
    this.#links.set(address, link);
    return link;
  }
}

/** What may not be asked twice, and of no site that could tell. */
async function askedOnce(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    throw hasMoved(error) ? unknownOutcome() : error;
  }
}

/** It was asked of one that does not write for this site any more, or is gone. */
function hasMoved(error: unknown): boolean {
  return error instanceof StoreFenced || error instanceof PeerLost || isUntouched(error);
}

/** Nothing was done. */
function isUntouched(error: unknown): boolean {
  return error instanceof Refusal && error.code === 'site-moved';
}

function unknownOutcome(): StoreUnavailable {
  return new StoreUnavailable(
    'The process that was asked has ended, and it is not known whether it did it. Look, then ask again.',
  );
}
