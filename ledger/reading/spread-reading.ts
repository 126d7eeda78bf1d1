import { StoreUnavailable } from '../store/store-errors.ts';
import type { Answered, Asked, Question, ReadingDoor } from './questions.ts';

/** What the public log is read by: much, by anybody, and as well a moment later. */
const OF_THE_LOG: ReadonlySet<Question> = new Set<Question>([
  ...(['logs', 'published', 'hashTile', 'entriesTile'] as const),
]);

export interface Replica {
  readonly door: ReadingDoor;
  /** Whether what it answers now is young enough. */
  readonly isFresh: () => boolean;
  close(): Promise<void>;
}

/**
 * A reading of a database in several threads: one for the public log, from a replica as long as that is
 * fresh, and one for all else, so that a bill that is collected holds up no tile.
 */
export class SpreadReading implements ReadingDoor {
  readonly #log: ReadingDoor;
  readonly #rest: ReadingDoor;
  readonly #replica: Replica | undefined;

  constructor(log: ReadingDoor, rest: ReadingDoor, replica: Replica | undefined) {
    this.#log = log;
    this.#rest = rest;
    this.#replica = replica;
  }

  async ask<Q extends Question>(question: Q, ...asked: Asked[Q]): Promise<Answered[Q]> {
    if (!OF_THE_LOG.has(question)) return await this.#rest.ask(question, ...asked);
    const replica = this.#replica;
    if (replica?.isFresh()) {
      try {
        const answer = await replica.door.ask(question, ...asked);
        // Who has seen a newer checkpoint elsewhere asks for tiles that are not here yet.
        if (answer !== undefined) return answer;
      } catch (error) {
        // It is away, or had to give up reading to keep up: the primary knows it too.
        if (!(error instanceof StoreUnavailable)) throw error;
      }
    }
    return await this.#log.ask(question, ...asked);
  }

  async close(): Promise<void> {
    const replica = this.#replica;
    await Promise.all([
      ...[this.#log.close(), this.#rest.close()],
      ...(replica === undefined ? [] : [replica.door.close(), replica.close()]),
    ]);
  }
}
