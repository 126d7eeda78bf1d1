import type { Health, LedgerPort } from './ledger-port.ts';

const PATIENCE_MS = 2_000;

/** A ledger that does not answer is not well; who asks is not kept waiting to learn it. */
export async function promptHealth(ledger: LedgerPort): Promise<Health> {
  return await Promise.race([ledger.health(), silence()]);
}

async function silence(): Promise<Health> {
  await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS).unref());
  return { store: 'failed', writer: 'failed', checkpointAgeMs: 0 };
}
