import type { LogReading } from './log-reading.ts';
import { openLogReading, type ReadingSetup } from './open-log-reading.ts';
import {
  type Answered,
  type Asked,
  answerOf,
  type Question,
  type ReadingDoor,
} from './questions.ts';

/** A reading in the thread that asks: for a store that answers at once. */
export class ReadingInPlace implements ReadingDoor {
  readonly #reading: LogReading;

  constructor(setup: ReadingSetup) {
    this.#reading = openLogReading(setup);
  }

  async ask<Q extends Question>(question: Q, ...asked: Asked[Q]): Promise<Answered[Q]> {
    return answerOf(this.#reading, question, asked);
  }

  async close(): Promise<void> {
    this.#reading.close();
  }
}
