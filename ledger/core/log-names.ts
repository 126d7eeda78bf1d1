import { parseCheckpoint } from './checkpoint.ts';
import { type LedgerEvent, SITE_ACCOUNT } from './event.ts';
import { logSucceeded } from './event-data.ts';

/** From which event on a log has a name, and the log whose first events it took over, if any. */
export interface LogName {
  readonly origin: string;
  readonly from: number;
  /** Of the log before, how many events its key had signed. */
  readonly signed: number;
}

/**
 * The names that the events of a log bear, the newest first. A log that took the place of another one
 * (`log.succeeded`) has that one's first events as they were written, under the old name. What does not
 * fit is passed over; then an event bears another name than the log had at its place, this one included.
 */
export function logNames(
  origin: string,
  facts: readonly { readonly event: LedgerEvent; readonly index: number }[],
): readonly LogName[] {
  const names: LogName[] = [];
  let name = origin;
  for (const { event, index } of [...facts].sort((a, b) => b.index - a.index)) {
    if (event.type !== 'log.succeeded' || event.account !== SITE_ACCOUNT) continue;
    const { kept, checkpoint } = logSucceeded(event.data, '/data');
    if (kept.size !== index) continue;
    const before = parseCheckpoint(checkpoint);
    names.push({ origin: name, from: index, signed: before.size });
    name = before.origin;
  }
  return [...names, { origin: name, from: 0, signed: 0 }];
}

/** The name that an event at this place bears. */
export function nameAt(names: readonly LogName[], leaf: number): string | undefined {
  return names.find(({ from }) => from <= leaf)?.origin;
}
