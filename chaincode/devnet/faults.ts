import { z } from 'zod';

const ms = z.number().int().min(0).optional();

/** What a real network was seen to do to a client, and worse that a dishonest one could do. */
const faults = z.discriminatedUnion('kind', [
  /** The submission fails, and the transaction is committed all the same. */
  z.strictObject({ kind: z.literal('submit-error') }),
  /** The submission fails, and the transaction is committed so much later (17 s when not told). */
  z.strictObject({ kind: z.literal('commit-late'), ms }),
  /** The submission succeeds, and the transaction is never ordered: its id stays unknown. */
  z.strictObject({ kind: z.literal('submit-lost') }),
  /** The transaction stands in two blocks, in the second as a duplicate. */
  z.strictObject({ kind: z.literal('ordered-twice') }),
  /** Ordering stops for so long (7.1 s when not told), as with a new leader. */
  z.strictObject({ kind: z.literal('leader-dead'), ms }),
  /** The question for the commit status fails. */
  z.strictObject({ kind: z.literal('status-lost') }),
  /** The chaincode process dies at once, and is started again so much later (2 s when not told). */
  z.strictObject({ kind: z.literal('chaincode-gone'), ms }),
  /** The two peers endorse different payloads, as when one of them is some milliseconds behind. */
  z.strictObject({ kind: z.literal('payloads-differ') }),
  /** Both peers endorse out-of-date reads, so the transaction is committed as a conflict. */
  z.strictObject({ kind: z.literal('stale-reads') }),
  /** Peers endorse another root than the contract wrote: the auditor's alone, or all of them. */
  z.strictObject({ kind: z.literal('other-root'), peers: z.enum(['one', 'all']) }),
  /** The gateway hands back a prepared transaction that the client did not propose. */
  z.strictObject({ kind: z.literal('other-transaction') }),
]);

export type Fault = z.infer<typeof faults>;

/** Throws on anything that is no fault of the menu. */
export function parseFault(value: unknown): Fault {
  return faults.parse(value);
}

export type FaultKind = Fault['kind'];

/**
 * Faults that wait for the next call that they concern; each happens once for each time it was set.
 */
export class FaultMenu {
  readonly #waiting: Fault[] = [];

  set(fault: Fault, times = 1): void {
    for (let n = 0; n < times; n += 1) this.#waiting.push(fault);
  }

  /** The fault of this kind that happens now, if one was set. */
  take<Kind extends FaultKind>(kind: Kind): Extract<Fault, { kind: Kind }> | undefined {
    const index = this.#waiting.findIndex((fault) => fault.kind === kind);
    if (index === -1) return undefined;
    const [fault] = this.#waiting.splice(index, 1);
    return isOfKind(fault, kind) ? fault : undefined;
  }
}

function isOfKind<Kind extends FaultKind>(
  fault: Fault | undefined,
  kind: Kind,
): fault is Extract<Fault, { kind: Kind }> {
  return fault?.kind === kind;
}
