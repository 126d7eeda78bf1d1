import { confirmCommand } from '../../ledger/anchor/anchor-event.ts';
import type { AnchorPlace, AnchorStore } from '../../ledger/anchor/anchor-store.ts';
import { type AnchoredLog, Anchorer } from '../../ledger/anchor/anchorer.ts';
import { hasNews } from '../../ledger/anchor/news.ts';
import { type BridgeKeyRow, BridgeKeys } from '../../ledger/bridge-keys.ts';
import type { CheckpointStore } from '../../ledger/checkpoint-store.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { proveGrowth, rootIfStored } from '../../ledger/log-reader.ts';
import type { SharedStore } from '../../ledger/store/port.ts';
import { StoreFull, StoreUnavailable } from '../../ledger/store/store-errors.ts';
import type { Answer } from '../../ledger/wire-error.ts';
import { answerGroup, takeGroup } from '../../ledger/writer/group-answers.ts';
import { Keeper } from '../../ledger/writer/keeper.ts';
import type { Command } from '../../ledger/writer/messages.ts';
import type { Request } from '../../ledger/writer/thread-messages.ts';
import { guardCalls } from './guard-calls.ts';
import { Ended, Life } from './life.ts';
import { meetFaults } from './simulated-store.ts';
import { ORIGIN, SITE, type World } from './world.ts';

type Body = Request extends infer R ? (R extends Request ? Omit<R, 'id'> : never) : never;
interface Waiting {
  readonly request: Request;
  resolve(value: unknown): void;
  reject(error: Refused): void;
}

/** Why a request was not done, as its sender is told. */
export class Refused extends Error {
  readonly kind: 'refusal' | 'store' | 'fault';
  readonly code: string;

  constructor(kind: Refused['kind'], code: string, message: string) {
    super(message);
    this.kind = kind;
    this.code = code;
  }
}

const START_AGAIN_MS = 5_000;
const ANCHOR_MS = 3_600_000;
const ANCHOR_AGAIN_MS = 120_000;
export const ANCHOR_PLACE: AnchorPlace = { site: SITE, chain: 'simulated' };

/** A ledger's process: the real keeper, with the thread about it and the anchorer beside it. */
export class LedgerNode {
  readonly name: string;
  readonly #world: World;
  readonly #random;
  #life: Life | undefined;
  #keeper: Keeper | undefined;
  #keys = new BridgeKeys();
  #queue: Request[] = [];
  #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #isScheduled = false;
  #isTaking = false;
  #isPausing = false;
  #isPaused = false;
  /** It ends at every start until people have changed something. */
  isBarred = false;

  constructor(world: World, name: string) {
    this.name = name;
    this.#world = world;
    this.#random = world.random.fork();
  }

  get isUp(): boolean {
    return this.#life?.isAlive === true && this.#keeper !== undefined;
  }

  get isWriter(): boolean {
    return this.isUp && this.#world.database.isOwner(SITE, this.#life);
  }

  start(): void {
    if (this.#life?.isAlive === true) return;
    const life = new Life(this.#world.time, (error) => this.#ended(life, error));
    this.#life = life;
    this.#isPaused = false;
    life.run(() => this.#open(life));
  }

  end(): void {
    this.#life?.end();
  }

  /** Stops it right after its next commit, when there is most left to do. */
  pause(): void {
    this.#isPausing = true;
  }

  resume(): void {
    this.#isPausing = false;
    this.#isPaused = false;
    this.#life?.resume();
  }

  /** Asks the writer; answered after the commit, or never when the process ends before. */
  ask(body: Body): Promise<unknown> {
    const request: Request = Object.assign({ id: this.#nextId++ }, body);
    return new Promise((resolve, reject) => {
      this.#waiting.set(request.id, { request, resolve, reject });
      this.#queue.push(request);
      this.#schedule();
    });
  }

  async execute(command: Command): Promise<Record<string, unknown>> {
    const result: Record<string, unknown> = Object(await this.ask({ kind: 'command', command }));
    if (command.do === 'enrol-device') await this.#relearn();
    return result;
  }

  findKey(bridge: string, epoch: number) {
    return this.#keys.find(SITE, bridge, epoch);
  }

  /** Somebody asks here for a site that is elsewhere, or nowhere. */
  seek(): void {
    this.#life?.later(500, () => this.#take());
  }

  /** Runs as this process, when something reaches it. */
  run(work: () => void): void {
    this.#life?.run(work);
  }

  #open(life: Life): void {
    const { building, database, wrap, signer, storeFaults, time } = this.#world;
    const raw = database.open(life, () => !life.isAlive || this.#isPaused);
    const store = guardCalls<SharedStore>(raw, meetFaults(life, storeFaults, this.#random));
    if (!building.isShared) raw.take(raw.sites().map(({ site }) => site));
    this.#reset();
    const keeper = new Keeper({
      ...{ store, wrap, checkpointMs: 500, simulatedClock: false },
      shared: building.isShared ? store : undefined,
      last: this.#checkpointStore(life),
      signerOf: () => signer,
      clock: {
        nowMs: () => this.#world.ledgerNowMs(),
        elapsedMs: () => time.nowMs,
        later: (ms, work) => ({ cancel: life.later(ms, work) }),
      },
      close: () => raw.close(),
    });
    this.isBarred = false;
    const { keys }: { keys: BridgeKeyRow[] } = Object(keeper.ready());
    for (const key of keys) this.#keys.learn(key);
    keeper.onIdle();
    this.#keeper = keeper;
    this.#world.trace(`${this.name} is up`);
    if (building.isShared) this.#take();
    this.#anchorFrom(life);
  }

  #checkpointStore(life: Life): CheckpointStore {
    const { checkpoints, checkpointFaults, model } = this.#world;
    const around = meetFaults(life, checkpointFaults, this.#random);
    return guardCalls<CheckpointStore>(checkpoints, (method, call) =>
      around(method, () => {
        const result = call();
        if (method === 'replace') model.signed();
        return result;
      }),
    );
  }

  #reset(): void {
    this.#keys = new BridgeKeys();
    this.#queue = [];
    // Who waits is told nothing: the connection is gone with the process.
    this.#waiting = new Map();
    this.#isScheduled = false;
    this.#isTaking = false;
  }

  #ended(life: Life, error: unknown): void {
    if (life !== this.#life) return;
    const wasUp = this.#keeper !== undefined;
    this.#keeper = undefined;
    this.#reset();
    const why = error instanceof Error ? error.message : String(error);
    this.#world.trace(`${this.name} ends: ${why}`);
    this.isBarred = error instanceof Refusal;
    const isExpected =
      error instanceof Ended ||
      (!wasUp && (error instanceof StoreUnavailable || error instanceof StoreFull)) ||
      this.#world.model.expectsRefusal(error);
    if (!isExpected) {
      const stack = error instanceof Error ? (error.stack ?? why) : why;
      this.#world.model.violate('writer-ended', `${this.name}: ${stack}`);
    }
    this.#world.time.later(START_AGAIN_MS, () => {
      if (this.#life === life && !this.isBarred) this.start();
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#life?.later(this.#random.int(0, 3), () => {
      this.#isScheduled = false;
      this.#work();
    });
  }

  /** As `ledger/writer/thread.ts` does it. */
  #work(): void {
    const keeper = this.#keeper;
    if (keeper === undefined) return;
    const group = takeGroup(this.#queue);
    const answers = answerGroup(keeper, group);
    for (const answer of answers) this.#told(answer);
    if (this.#queue.length > 0) this.#schedule();
    if (!this.#isPausing || !group.some(({ kind }) => kind === 'batch' || kind === 'command'))
      return;
    this.#isPausing = false;
    this.#isPaused = true;
    this.#life?.pause();
    this.#world.trace(`${this.name} stands still`);
  }

  #told(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (waiting === undefined) return;
    const { request } = waiting;
    if (answer.ok) {
      this.#world.model.answered(request, answer.value);
      this.#life?.later(1, () => waiting.resolve(answer.value));
      return;
    }
    const { kind, code, message } = answer.error;
    this.#world.model.refused(code, message);
    if (kind === 'fault') this.#world.model.violate('fault', `${request.kind}: ${message}`);
    if (code === 'site-moved' || code === 'checkpoint-taken') this.seek();
    this.#life?.later(1, () => waiting.reject(new Refused(kind, code, message)));
  }

  /** Becomes the writer where nobody else is. */
  #take(): void {
    if (this.#isTaking || this.#keeper === undefined) return;
    this.#isTaking = true;
    const done = () => {
      this.#isTaking = false;
    };
    // Who was taken over comes again as another writer; who has the site only lacks its keys.
    const taking: Promise<unknown> = this.isWriter
      ? Promise.resolve([SITE])
      : this.ask({ kind: 'rejoin' }).then(() => this.ask({ kind: 'take-sites', sites: [SITE] }));
    void taking.then((value) => {
      const taken: string[] = Object(value);
      if (taken.length === 0) {
        done();
        return undefined;
      }
      this.#world.trace(`${this.name} writes`);
      return this.#relearn().then(done, done);
    }, done);
  }

  async #relearn(): Promise<void> {
    const bridges = await this.ask({ kind: 'query', query: { site: SITE, ask: 'bridges' } });
    const list: { bridge: string; keys: Omit<BridgeKeyRow, 'site' | 'bridge'>[] }[] =
      Object(bridges);
    for (const { bridge, keys } of list) {
      for (const key of keys) this.#keys.learn({ site: SITE, bridge, ...key });
    }
  }

  #anchorFrom(life: Life): void {
    const { chain, model } = this.#world;
    const store = this.#anchorStore(life);
    const connected = chain.connect(life, (id) => model.submits(id));
    const anchorer = new Anchorer(this.#anchoredLog(), {
      ...{ chain: connected, store, nowMs: () => Math.round(this.#world.time.nowMs) },
      tell: ({ code, why }) => model.toldOfAnchors(code, why),
    });
    const round = () => {
      if (!this.isWriter) {
        life.later(ANCHOR_AGAIN_MS, round);
        return;
      }
      void anchorer.round().then((done) => {
        life.later(done ? ANCHOR_MS : ANCHOR_AGAIN_MS, round);
      });
    };
    life.later(this.#random.int(1_000, ANCHOR_AGAIN_MS), round);
  }

  #anchorStore(life: Life): AnchorStore {
    const { anchors, anchorFaults, model } = this.#world;
    const around = meetFaults(life, anchorFaults, this.#random);
    return guardCalls<AnchorStore>(anchors, (method, call) =>
      around(method, () => {
        if (!this.isWriter) throw new StoreUnavailable('Another process anchors.');
        if (method === 'drop') model.drops();
        return call();
      }),
    );
  }

  #anchoredLog(): AnchoredLog {
    const { database } = this.#world;
    const reader = () => database.reader();
    return {
      ...{ site: SITE, origin: ORIGIN },
      async latest() {
        const row = reader().checkpoint(SITE);
        return row === undefined || row.size === 0 ? undefined : row;
      },
      hasNews: async (from, to) => hasNews(reader(), SITE, from, to),
      prove: async (from, to) => proveGrowth(reader(), SITE, from, to),
      rootAt: async (size) => rootIfStored(reader(), SITE, size),
      async noteAt(size) {
        const row = reader().checkpoint(SITE, size);
        return row?.size === size ? row.note : undefined;
      },
      confirm: async (anchor) => {
        await this.execute(confirmCommand(SITE, anchor));
      },
    };
  }
}
