import { parseReading } from '../../ledger/core/reading.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import type { Command } from '../../ledger/writer/messages.ts';
import type { Request } from '../../ledger/writer/thread-messages.ts';
import { DurableLog } from './durable-log.ts';
import { ANCHOR_PLACE } from './ledger-node.ts';
import { Watcher } from './watcher.ts';
import type { World } from './world.ts';

export interface Violation {
  readonly code: string;
  readonly detail: string;
  readonly atMs: number;
}

/** A poll that the bridge has said to have kept. */
export interface KeptPoll {
  readonly meter: string;
  readonly raw: string;
}

/**
 * The oracle: what every acknowledgement has promised, and who breaks it. It knows requests and answers
 * and reads the log from the disk; of the code that it judges it uses formats only.
 */
export class Model {
  readonly violations: Violation[] = [];
  readonly log = new DurableLog();
  readonly watcher: Watcher;
  /** Where the event stands that a request was acknowledged with, by its key. */
  readonly acknowledged = new Map<string, { readonly command: Command; readonly leaf: number }>();
  readonly sentKeys = new Set<string>();
  readonly kept: KeptPoll[] = [];
  /** Everything that a meter has ever shown to a bridge, as `meter/raw`. */
  readonly shown = new Set<string>();
  /** Transactions that the anchorer has given up. */
  readonly dropped: string[] = [];
  /** Polls whose fate a crash has left open. */
  openPolls = 0;
  /** Failed polls that are kept: they have no value by which one could tell them apart. */
  keptFailures = 0;
  /** Refuses what a restored copy must refuse; undefined while the right data is there. */
  restored: { readonly leaves: number } | undefined;
  refusedRestores = 0;
  refusedForgeries = 0;
  readonly #world: World;
  #seenChanges = 0;

  constructor(world: World) {
    this.#world = world;
    this.watcher = new Watcher(world, this.log);
  }

  violate(code: string, detail: string): void {
    this.violations.push({ code, detail, atMs: this.#world.time.nowMs });
    this.#world.trace(`VIOLATION ${code}: ${detail}`);
  }

  /** A checkpoint was signed. */
  signed(): void {
    if (this.restored !== undefined && this.restored.leaves < this.watcher.latest) {
      this.violate('signed-old-copy', 'A restored copy that is behind was signed.');
      return;
    }
    this.#refresh();
    this.watcher.look();
  }

  /** The writer is about to say that a request is done: it must be on the disk by now. */
  answered(request: Request, value: unknown): void {
    const { kind } = request;
    if (this.restored !== undefined && (kind === 'command' || kind === 'batch')) {
      this.violate('served-old-copy', `A ${kind} was done on a copy that is behind.`);
    }
    if (request.kind === 'command') this.#answeredCommand(request.command, Object(value));
    if (request.kind === 'batch') this.#answeredBatch(request.batch.records, String(value));
  }

  /** The process ends at its start because it must. */
  expectsRefusal(error: unknown): boolean {
    const isBehind = error instanceof Refusal && error.code === 'log-behind';
    const { restored } = this;
    if (!isBehind || restored === undefined) return false;
    this.refusedRestores += 1;
    return restored.leaves < this.watcher.latest;
  }

  /** A request is refused: some codes say that the ledger takes its own log for another one. */
  refused(code: string, message: string): void {
    if (code === 'log-behind' && this.restored !== undefined) this.refusedRestores += 1;
    else if (code === 'log-behind' || code === 'log-forked' || code === 'store-damaged') {
      this.violate(code, message);
    }
  }

  /** A transaction is about to leave for the chain. */
  submits(id: string): void {
    void Promise.resolve(this.#world.anchors.pending(ANCHOR_PLACE)).then((pending) => {
      if (pending?.id !== id) this.violate('sent-before-kept', `${id} leaves and is not kept.`);
    });
  }

  drops(): void {
    void Promise.resolve(this.#world.anchors.pending(ANCHOR_PLACE)).then((pending) => {
      if (pending !== undefined) this.dropped.push(pending.id);
    });
  }

  toldOfAnchors(code: string, why: string): void {
    this.#world.trace(`anchors: ${code}`);
    if (code === 'anchor-fork' && this.restored !== undefined) return;
    const isBroken = code === 'anchor-fork' || code === 'anchor-lost' || /assertion/.test(why);
    if (isBroken) this.violate(code, why);
  }

  #answeredCommand(command: Command, result: Readonly<Record<string, unknown>>): void {
    const key = command.idempotency?.key;
    const { leaf } = result;
    if (key === undefined || typeof leaf !== 'number') return;
    this.#refresh();
    const before = this.acknowledged.get(key);
    if (before !== undefined && before.leaf !== leaf) {
      this.violate('answered-twice', `${key} was done at ${before.leaf} and at ${leaf}.`);
    }
    this.acknowledged.set(key, { command, leaf });
    const event = this.log.events[leaf];
    if (event === undefined) {
      this.violate('answered-not-stored', `${key} is to stand at ${leaf} of ${this.log.size}.`);
    } else if (command.do === 'credit-top-up' && event.data['reference'] !== key) {
      this.violate('answered-other', `Event ${leaf} is not of ${key}.`);
    }
  }

  #answeredBatch(records: readonly string[], text: string): void {
    const answer: { accepted: Record<string, number> } = JSON.parse(text);
    this.#refresh();
    for (const record of records) {
      const reading = parseReading(record);
      const { meter, seq, epoch } = reading;
      if (seq > (answer.accepted[meter] ?? -1) || epoch < this.log.epochOf(meter)) continue;
      if (this.log.recordAt(reading) === record) continue;
      this.violate('accepted-not-stored', `${meter} ${epoch}/${seq} is not what was accepted.`);
    }
  }

  #refresh(): void {
    const { database } = this.#world;
    if (this.restored !== undefined || database.changes === this.#seenChanges) return;
    this.#seenChanges = database.changes;
    this.log.refresh(database.reader());
  }
}
