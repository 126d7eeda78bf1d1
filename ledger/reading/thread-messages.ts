import type { Asked, Question } from './questions.ts';

/** What is asked of the reading's thread; each is answered once, by `id`, in the order of asking. */
export type ReadingRequest = { readonly id: number } & (
  | { readonly kind: 'ask'; readonly question: Question; readonly asked: Asked[Question] }
  | { readonly kind: 'close' }
);
