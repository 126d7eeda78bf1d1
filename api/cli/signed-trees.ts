import { isObject, type Json } from '../../ledger/core/canonical-json.ts';
import { parseCheckpoint, type SignedCheckpoint } from '../../ledger/core/checkpoint.ts';
import { Refusal } from '../../ledger/core/refusal.ts';

/** The key that a bundle names as its log's, and the checkpoints in it. Nothing of it is believed. */
export interface ClaimedTrees {
  readonly vkey: string;
  readonly checkpoints: readonly SignedCheckpoint[];
}

/** Those of a bundle; undefined for a text that is none. What is no checkpoint in it is passed over. */
export function claimedTrees(text: string): ClaimedTrees | undefined {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value) || !isObject(value['log'])) return undefined;
  const { vkey } = value['log'];
  if (typeof vkey !== 'string') return undefined;
  const earlier = Array.isArray(value['earlier']) ? value['earlier'] : [];
  const notes = [value, ...earlier].map((holder) => isObject(holder) && holder['checkpoint']);
  return { vkey, checkpoints: notes.flatMap(readCheckpoint) };
}

function readCheckpoint(note: unknown): SignedCheckpoint[] {
  if (typeof note !== 'string') return [];
  try {
    return [parseCheckpoint(note)];
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return [];
  }
}
