import { assert } from '../core/assert.ts';
import type { Group, Segment } from './port.ts';

export interface LogSize {
  readonly leaves: number;
  readonly records: number;
}

/** A group must start where its site ends: a guard against two writers and lost groups. */
export function assertContinues(group: Group, known: LogSize): void {
  const continues = group.firstLeaf === known.leaves && group.firstRecord === known.records;
  assert(continues, `the group continues site ${group.site} at ${known.leaves}/${known.records}`);
  assert(group.commitments.length === group.events.length * 32, 'an event has one commitment');
}

/** Where the log ends after a group or segment. */
export function endAfter(group: Segment): LogSize {
  return {
    leaves: group.firstLeaf + group.events.length,
    records: group.batches.reduce((sum, { records }) => sum + records.length, group.firstRecord),
  };
}

/** A projection is never taken back, and holds what is in the log. */
export function assertFollows(
  next: { readonly leaf: number; readonly record: number },
  saved: { readonly leaf: number; readonly record: number },
  { leaves, records }: LogSize,
): void {
  const { leaf, record } = next;
  assert(leaf >= saved.leaf && record >= saved.record, 'a projection is never taken back');
  assert(leaf <= leaves && record <= records, 'a projection holds what is in the log');
}
