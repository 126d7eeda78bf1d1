import { Refusal } from '../../ledger/core/refusal.ts';

/** The demonstration was asked to end before it was ready. */
export function stopped(): Refusal {
  return new Refusal('stopped', 'Stopped as asked. The next start goes on from here.');
}
