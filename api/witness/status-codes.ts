import type { WitnessAnswer } from '../../ledger/witness/answer.ts';

/** What each answer of a witness is in HTTP (C2SP tlog-witness, "add-checkpoint"). */
export const STATUS: Readonly<Record<WitnessAnswer['kind'], number>> = {
  cosigned: 200,
  malformed: 400,
  'not-signed': 403,
  'unknown-log': 404,
  conflict: 409,
  inconsistent: 422,
};

/** Type of the body of a conflict: the size in decimal, and a newline. */
export const SIZE_TYPE = 'text/x.tlog.size';
