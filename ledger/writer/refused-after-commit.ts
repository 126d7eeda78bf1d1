import type { Refusal } from '../core/refusal.ts';

/** A refusal that has left evidence in the group, so it is answered only once that is durable. */
export class RefusedAfterCommit extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}
