import type { LogReading } from './log-reading.ts';

/** What a reading can be asked: its methods by name, with what they take and give. */
export type Question = Exclude<keyof LogReading, 'close'>;
export type Asked = { readonly [Q in Question]: Parameters<LogReading[Q]> };
export type Answered = { readonly [Q in Question]: ReturnType<LogReading[Q]> };

type Questions = { readonly [Q in Question]: (...asked: Asked[Q]) => Answered[Q] };

/** Asks a reading that is at hand. */
export function answerOf<Q extends Question>(
  reading: Questions,
  question: Q,
  asked: Asked[Q],
): Answered[Q] {
  return reading[question](...asked);
}

/** The way to a reading, in this thread or another. */
export interface ReadingDoor {
  ask<Q extends Question>(question: Q, ...asked: Asked[Q]): Promise<Answered[Q]>;
  /** Answers what was asked before, then lets go of the store. Whoever asks later is an error. */
  close(): Promise<void>;
}
