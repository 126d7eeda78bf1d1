import { assert } from '../../ledger/core/assert.ts';
import type { CommandResult, Idempotency } from '../ledger-commands.ts';
import type { Reply } from '../route.ts';

/** A command's result as a reply: that it is a repetition is told in a header. */
export function replyOf(result: CommandResult): Reply {
  const { replayed = false, ...body } = result;
  return { body, replayed };
}

/** Of a route that is `once`: the router has seen to it that there is one. */
export function keyOf(idempotency: Idempotency | undefined): Idempotency {
  assert(idempotency !== undefined, 'the route demands an Idempotency-Key');
  return idempotency;
}
