import { equalBytes } from '../core/bytes.ts';
import { parseCheckpoint, type SignedCheckpoint } from '../core/checkpoint.ts';
import type { Primitives } from '../core/primitives.ts';
import { Refusal } from '../core/refusal.ts';
import { formatNote } from '../core/signed-note.ts';
import { checkPolicy, type TrustPolicy } from '../core/trust-policy.ts';
import type { WitnessedCheckpoint, WitnessedStore } from './witnessed-store.ts';

/** What a kept note is held against. */
export interface RecallingLog {
  readonly site: string;
  readonly policy: TrustPolicy;
  /** Root of the first `size` events; undefined when there are not so many. */
  rootAt(size: number): Promise<Uint8Array | undefined>;
}

/** The checkpoint that was put last, if this policy and this log still bear it out. */
export async function recallWitnessed(
  log: RecallingLog,
  { store, primitives }: Readonly<{ store: Pick<WitnessedStore, 'last'>; primitives: Primitives }>,
): Promise<WitnessedCheckpoint | undefined> {
  const kept = parsed(await store.last(log.site));
  if (kept === undefined || !checkPolicy(log.policy, kept, primitives).ok) return undefined;
  const root = await log.rootAt(kept.size);
  if (root === undefined || !equalBytes(root, kept.root)) return undefined;
  return { size: kept.size, note: formatNote(kept.note) };
}

function parsed(note: string | undefined): SignedCheckpoint | undefined {
  if (note === undefined) return undefined;
  try {
    return parseCheckpoint(note);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
