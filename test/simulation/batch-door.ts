import { statusOf } from '../../api/problem-status.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { verifyIncomingBatch } from '../../ledger/verify-batch.ts';
import type { PostAnswer } from '../../meter-bridge/sender.ts';
import type { BridgeNode } from './bridge-node.ts';
import { type LedgerNode, Refused } from './ledger-node.ts';
import { SITE, type World } from './world.ts';

/** Of a log that is elsewhere or barred: another process, or people, make it right. */
const NOT_HERE: ReadonlySet<string> = new Set([
  ...['site-moved', 'log-behind', 'log-forked', 'checkpoint-taken', 'site-unknown'],
]);

export interface DoorAnswer {
  readonly status: number;
  readonly code: string;
  readonly body: string;
}

/** What the API does with a batch: everything that needs no writer, then the writer. */
export async function acceptBatch(
  world: World,
  node: LedgerNode,
  bridge: string,
  text: string,
): Promise<DoorAnswer> {
  try {
    const { jws, records }: { jws: string; records: string[] } = JSON.parse(text);
    const find = (_: string, id: string, epoch: number) => node.findKey(id, epoch);
    const batch = verifyIncomingBatch(SITE, bridge, jws, records, find, world.primitives);
    const answer = await node.ask({ kind: 'batch', batch });
    return { status: 200, code: 'accepted', body: String(answer) };
  } catch (error) {
    if (error instanceof Refused) return problem(error.kind, error.code);
    // A process that has not learned the keys yet does not know the site either.
    if (error instanceof Refusal) return problem('refusal', codeAt(world, node, error.code));
    throw error;
  }
}

/** Carries batches between bridges and ledgers, over a network that may lose each way. */
export class BatchDoor {
  readonly #world: World;
  readonly #nodes: readonly LedgerNode[];
  /** What was sent last, for who wants to change it. */
  lastSent: { readonly bridge: string; readonly body: string } | undefined;
  /** Done once, as soon as the next batch has left and before it arrives. */
  onNext: (() => void) | undefined;

  constructor(world: World, nodes: readonly LedgerNode[]) {
    this.#world = world;
    this.#nodes = nodes;
  }

  readonly send = (bridge: BridgeNode, body: string, answer: (it: PostAnswer) => void): void => {
    this.lastSent = { bridge: bridge.name, body };
    const { onNext } = this;
    this.onNext = undefined;
    onNext?.();
    const { network } = this.#world;
    const node = this.#world.random.pick(this.#nodes);
    network.send(bridge.name, node.name, () =>
      node.run(() => {
        void acceptBatch(this.#world, node, bridge.name, body).then((given) => {
          this.#world.trace(`${node.name} to ${bridge.name}: ${given.code}`);
          network.send(node.name, bridge.name, () => answer(postAnswer(given)));
        });
      }),
    );
  };
}

function postAnswer({ status, body }: DoorAnswer): PostAnswer {
  return {
    ...{ status, ok: status === 200 },
    headers: { get: () => null },
    text: () => Promise.resolve(body),
  };
}

function problem(kind: Refused['kind'], code: string): DoorAnswer {
  const isOurs = kind === 'store' || NOT_HERE.has(code);
  const status = kind === 'fault' ? 500 : isOurs ? 503 : statusOf(code);
  return { status, code, body: JSON.stringify({ code }) };
}

function codeAt(world: World, node: LedgerNode, code: string): string {
  if (code !== 'device-key-unknown' || !world.building.isShared) return code;
  node.seek();
  return 'site-moved';
}
