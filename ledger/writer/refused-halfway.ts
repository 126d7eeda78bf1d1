import type { Refusal } from '../core/refusal.ts';

/**
 * A refusal that came after something was appended. Nothing of a refused command may be kept, so its whole
 * group is taken back; the one who asked is told the refusal, and the others of the group to send again.
 */
export class RefusedHalfway extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}
