import type { CommandResult } from '../ledger-port.ts';
import type { Reply } from '../route.ts';

/** A command's result as a reply: that it is a repetition is told in a header. */
export function replyOf(result: CommandResult): Reply {
  const { replayed = false, ...body } = result;
  return { body, replayed };
}
