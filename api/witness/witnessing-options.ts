import type { Logger } from 'pino';
import type { Policies } from '../../ledger/witness/site-policy.ts';
import type { WitnessNews } from '../../ledger/witness/witness-link.ts';
import type { WitnessingOptions } from '../../ledger/witness/witnessing.ts';
import { sendToWitness } from './send-to-witness.ts';

/** Asks witnesses over HTTP, and logs what turns up, once for each turn of events. */
export function witnessingOptions(
  policies: Policies,
  everyMs: number,
  log: Logger,
): WitnessingOptions {
  const tell = ({ site, witness, code, why }: WitnessNews) => {
    const event = { site, witness, code, why };
    if (code === 'cosigns-again') log.info(event, 'witness');
    // The witness knows another history of this log than we do.
    else if (code === 'inconsistent' || code === 'ahead') log.error(event, 'witness');
    else log.warn(event, 'witness');
  };
  return { policies, everyMs, tell, send: sendToWitness() };
}
