import { parseCheckpoint } from '../core/checkpoint.ts';
import type { Primitives } from '../core/primitives.ts';
import { formatNote, type NoteSignature } from '../core/signed-note.ts';
import type { TrustPolicy } from '../core/trust-policy.ts';
import { type Asked, askWitness, type SendToWitness, type Target } from './ask-witness.ts';
import { recallWitnessed } from './recall-witnessed.ts';
import { areQuorum, fewestForQuorum } from './site-policy.ts';
import { WitnessLink, type WitnessNews, type WitnessState } from './witness-link.ts';
import type { WitnessedCheckpoint, WitnessedStore } from './witnessed-store.ts';

/** The log as the gatherer sees it. */
export interface WitnessedLog {
  readonly site: string;
  readonly policy: TrustPolicy;
  /** The latest signed checkpoint. */
  latest(): Promise<{ readonly size: number; readonly note: string } | undefined>;
  /** Consistency proof between two sizes of signed trees. */
  prove(from: number, to: number): Promise<readonly Uint8Array[]>;
  /** Root of the first `size` events; undefined when there are not so many. */
  rootAt(size: number): Promise<Uint8Array | undefined>;
}

export interface GathererParts {
  readonly send: SendToWitness;
  readonly tell: (news: WitnessNews) => void;
  readonly nowMs: () => number;
  readonly primitives: Primitives;
  readonly stop: AbortSignal;
  readonly store: Pick<WitnessedStore, 'last'>;
  /** Every checkpoint that gets its quorum, one at a time, and of those that wait the last only. Must not throw. */
  readonly keep: (checkpoint: WitnessedCheckpoint) => Promise<void>;
}

/** A target and what has been gathered for it. */
interface Round {
  readonly target: Target;
  /** When the target was the latest checkpoint. */
  readonly atMs: number;
  readonly lines: Map<string, NoteSignature>;
}

/**
 * Gathers cosignatures of one log, a checkpoint at a time. All witnesses are asked for the same
 * checkpoint at once; a newer one takes its place when it has its quorum, or when nobody is left who
 * might still answer. So the slowest witness delays nothing that the others can do without it.
 */
export class QuorumGatherer {
  readonly #log: WitnessedLog;
  readonly #parts: GathererParts;
  readonly #links: readonly WitnessLink[];
  readonly #asking = new Set<Promise<void>>();
  readonly #waiting = new Set<() => void>();
  /** One turn at a time: the last one that was asked for. */
  #turns: Promise<void> = Promise.resolve();
  #keeping: Promise<void> = Promise.resolve();
  #toKeep: WitnessedCheckpoint | undefined;
  /** Counts them, so that none is missed by who waits for something else meanwhile. */
  #answers = 0;
  #hasRecalled = false;
  #isRetired = false;
  #round: Round | undefined;
  #witnessed: WitnessedCheckpoint | undefined;
  #signedSize = 0;
  /** The last moment of which everything that was signed by then is known to be witnessed. */
  #coveredMs: number;

  constructor(log: WitnessedLog, parts: GathererParts) {
    this.#log = log;
    this.#parts = parts;
    this.#coveredMs = parts.nowMs();
    this.#links = log.policy.witnesses.map(
      (witness) => new WitnessLink(log.site, witness, parts.tell),
    );
  }

  /** The latest checkpoint with a quorum, as far as it was read from the store yet: `tick` reads it. */
  get witnessed(): WitnessedCheckpoint | undefined {
    return this.#witnessed;
  }

  /** Signed events, at the last turn, that no quorum has cosigned. */
  get lag(): number {
    return Math.max(0, this.#signedSize - (this.#witnessed?.size ?? 0));
  }

  /** The oldest of them is no older than this, counted from the start at most. */
  get lagMs(): number {
    return this.lag === 0 ? 0 : Math.max(0, this.#parts.nowMs() - this.#coveredMs);
  }

  /** How many cosignatures a quorum has at least; 0 when none is asked for. */
  get needed(): number {
    return fewestForQuorum(this.#log.policy);
  }

  get states(): readonly WitnessState[] {
    return this.#links.map(({ state }) => state);
  }

  /**
   * Asks whoever may be asked, for the latest checkpoint or for the one under way; resolves when they are
   * asked. Begins when the turn before has ended, so it sees what was signed before the call. Rejects with
   * what the log or the store throws.
   */
  tick(): Promise<void> {
    const turn = this.#turns.then(() => this.#turn());
    this.#turns = turn.catch(() => undefined);
    return turn;
  }

  /** Asks nobody any more. What is under way may end, and is kept. */
  retire(): void {
    this.#isRetired = true;
    this.#wake();
  }

  /**
   * The witnessed checkpoint once it holds at least `size` events, or the one that there is after
   * `patienceMs`. Nobody waits for a quorum that cannot come at present.
   */
  async covering(size: number, patienceMs: number): Promise<WitnessedCheckpoint | undefined> {
    await this.#recall();
    if (this.#log.policy.quorum === undefined) return this.#witnessed;
    const untilMs = performance.now() + patienceMs;
    while ((this.#witnessed?.size ?? -1) < size && this.#isWithinReach()) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) break;
      const answers = this.#answers;
      await this.tick();
      if (this.#answers !== answers) continue;
      if (this.#asking.size === 0) break;
      await this.#nextAnswer(leftMs);
    }
    return this.#witnessed;
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    await this.#turns;
    await Promise.all(this.#asking);
    await this.#keeping;
  }

  async #turn(): Promise<void> {
    if (this.#isOver) return;
    await this.#recall();
    const round = await this.#currentRound();
    // Whatever was waited for, it may have to end now.
    if (round === undefined || this.#isOver) return;
    const nowMs = this.#parts.nowMs();
    for (const link of this.#links) {
      if (round.lines.has(link.witness.name) || !link.mayBeAsked(nowMs)) continue;
      const asked = this.#ask(link, round).finally(() => this.#asking.delete(asked));
      this.#asking.add(asked);
    }
  }

  get #isOver(): boolean {
    return this.#isRetired || this.#parts.stop.aborted;
  }

  /** The round under way while it may still succeed, else one for the latest checkpoint if that is news. */
  async #currentRound(): Promise<Round | undefined> {
    // Before it is read, so that nothing which was signed by then is missing in it.
    const atMs = this.#parts.nowMs();
    const latest = await this.#log.latest();
    this.#signedSize = latest?.size ?? 0;
    if (this.lag === 0) this.#coveredMs = atMs;
    const round = this.#round;
    const isOpen = round !== undefined && round.target.size > (this.#witnessed?.size ?? 0);
    if (isOpen && this.#asking.size > 0) return round;
    if (latest === undefined || latest.size === 0) return undefined;
    if (isOpen && latest.size === round.target.size) return round;
    if (latest.size <= (this.#witnessed?.size ?? 0)) return undefined;
    const { size, note } = parseCheckpoint(latest.note);
    const target = { size, text: note.text, note: latest.note };
    this.#round = { target, atMs, lines: new Map() };
    return this.#round;
  }

  async #ask(link: WitnessLink, round: Round): Promise<void> {
    const { nowMs, stop } = this.#parts;
    link.busy = true;
    const asked = await this.#askFor(link, round.target);
    link.busy = false;
    if (stop.aborted) return;
    link.answered(asked, round.target.size, nowMs());
    if (asked.ok) this.#gathered(link.witness.name, asked.line, round);
    this.#wake();
  }

  async #askFor({ witness, knownSize }: WitnessLink, target: Target): Promise<Asked> {
    const { key, url = '' } = witness;
    const { send, nowMs, primitives, stop } = this.#parts;
    try {
      return await askWitness({
        ...{ target, witness: key, nowMs, primitives },
        oldSize: Math.min(knownSize, target.size),
        prove: (from) => this.#log.prove(from, target.size),
        send: (body) => send(url, body, stop),
      });
    } catch (error) {
      // A store that cannot be read is told of; it is no reason to end whatever else runs here.
      return { ok: false, code: 'failed', why: error instanceof Error ? error.message : '' };
    }
  }

  #gathered(name: string, line: NoteSignature, round: Round): void {
    if (round !== this.#round) return;
    const { target, lines } = round;
    lines.set(name, line);
    if (!areQuorum(this.#log.policy, new Set(lines.keys()))) return;
    const { text } = target;
    const { note } = parseCheckpoint(target.note);
    // In the order of the policy, so that the same cosignatures make the same note.
    const cosigned = this.#links.flatMap(({ witness }) => lines.get(witness.name) ?? []);
    const signed = formatNote({ text, signatures: [...note.signatures, ...cosigned] });
    this.#witnessed = { size: target.size, note: signed };
    this.#coveredMs = round.atMs;
    this.#keep(this.#witnessed);
  }

  /** A store that is slow misses some, and holds nobody up. */
  #keep(checkpoint: WitnessedCheckpoint): void {
    const isIdle = this.#toKeep === undefined;
    this.#toKeep = checkpoint;
    if (!isIdle) return;
    this.#keeping = this.#keeping.then(async () => {
      const next = this.#toKeep;
      this.#toKeep = undefined;
      if (next !== undefined) await this.#parts.keep(next);
    });
  }

  /** Whether the witnesses that are well would be a quorum. */
  #isWithinReach(): boolean {
    const well = this.#links.filter((link) => link.isWell && link.witness.url !== undefined);
    return areQuorum(this.#log.policy, new Set(well.map(({ witness }) => witness.name)));
  }

  async #nextAnswer(patienceMs: number): Promise<void> {
    let patience: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#waiting.add(resolve);
      patience = setTimeout(resolve, patienceMs);
      patience.unref();
    });
    clearTimeout(patience);
  }

  #wake(): void {
    this.#answers += 1;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }

  /** Takes up what an earlier run or another machine left, once that could be read. */
  async #recall(): Promise<void> {
    if (this.#hasRecalled) return;
    const found = await recallWitnessed(this.#log, this.#parts);
    // Of two that have waited for it the first counts: there may be a newer one by now.
    if (this.#hasRecalled) return;
    this.#hasRecalled = true;
    this.#witnessed = found;
    for (const link of this.#links) link.knownSize = found?.size ?? 0;
  }
}
