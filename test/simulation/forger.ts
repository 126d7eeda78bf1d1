import { formatTime } from '../../ledger/core/time.ts';
import { NEW_CHAIN, sealBatch } from '../../meter-bridge/batch-sealer.ts';
import { acceptBatch, type BatchDoor } from './batch-door.ts';
import type { BridgeNode } from './bridge-node.ts';
import type { LedgerNode } from './ledger-node.ts';
import { START_MS, type World } from './world.ts';

const HASH = 'ab'.repeat(32);
const VALUE = /"value":"([0-9]+)\./;

/** Somebody on the line, or with a copy of a bridge's key: what such people send is refused. */
export class Forger {
  readonly #world: World;
  readonly #nodes: readonly LedgerNode[];
  readonly #bridges: readonly BridgeNode[];
  readonly #door: BatchDoor;

  constructor(
    world: World,
    nodes: readonly LedgerNode[],
    bridges: readonly BridgeNode[],
    door: BatchDoor,
  ) {
    this.#world = world;
    this.#nodes = nodes;
    this.#bridges = bridges;
    this.#door = door;
  }

  forge(kind: 'tampered' | 'cloned'): void {
    if (kind === 'cloned') this.#send(kind, this.#cloned());
    // What was changed overtakes what it was made from: a record that is known is compared in another place.
    else this.#door.onNext = () => this.#send(kind, this.#tampered());
  }

  #send(
    kind: string,
    forged: { readonly bridge: string; readonly body: string } | undefined,
  ): void {
    if (forged === undefined) return;
    const { bridge, body } = forged;
    const node = this.#world.random.pick(this.#nodes);
    node.run(() => {
      void acceptBatch(this.#world, node, bridge, body).then(({ status, code }) => {
        this.#world.trace(`${kind} batch: ${code}`);
        if (status < 500 && status >= 400) this.#world.model.refusedForgeries += 1;
        if (status === 200 && kind === 'tampered') {
          this.#world.model.violate('forgery', 'A batch was taken that was changed on its way.');
        }
      });
    });
  }

  /** A batch as it was sent, with one value changed. */
  #tampered() {
    const sent = this.#door.lastSent;
    if (sent === undefined) return undefined;
    const { jws, records }: { jws: string; records: string[] } = JSON.parse(sent.body);
    const changed = records.map((text, i) => (i === 0 ? withOtherValue(text) : text));
    if (changed[0] === records[0]) return undefined;
    return { bridge: sent.bridge, body: JSON.stringify({ jws, records: changed }) };
  }

  /** Another record at a place that is taken, properly signed by the bridge's own key. */
  #cloned() {
    const { random, model, time } = this.#world;
    const bridge = random.pick(this.#bridges);
    const meter = random.pick(bridge.meters);
    const epoch = model.log.epochOf(meter);
    const chain = model.log.chains.get(meter)?.filter(({ reading }) => reading.epoch === epoch);
    if (chain === undefined || chain.length === 0) return undefined;
    const { text } = random.pick(chain);
    const other = withOtherValue(text);
    if (other === text) return undefined;
    const identity = { bridge: bridge.name, epoch, software: HASH, map: HASH, config: HASH };
    const at = formatTime(START_MS + Math.floor(time.nowMs));
    const { jws, records } = sealBatch(bridge.key, identity, NEW_CHAIN, [other], at);
    return { bridge: bridge.name, body: JSON.stringify({ jws, records }) };
  }
}

function withOtherValue(text: string): string {
  return text.replace(VALUE, (_, whole: string) => `"value":"${Number(whole) + 1}.`);
}
