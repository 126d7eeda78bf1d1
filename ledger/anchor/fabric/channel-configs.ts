import { assert } from '../../core/assert.ts';
import { readBlock } from '../../core/fabric/block.ts';
import type { ChannelConfig } from '../../core/fabric/channel-config.ts';
import type { FabricNetwork } from '../../core/fabric/network.ts';
import { MAX_CONFIG_BLOCKS } from '../../core/fabric/receipt.ts';
import { readConfigs } from '../../core/fabric/verify-receipt.ts';
import type { Primitives } from '../../core/primitives.ts';
import { Refusal } from '../../core/refusal.ts';
import type { GatewayLink } from './gateway-link.ts';

/** The configuration of a channel at one time, with all before it that lead back to the pinned one. */
export interface ConfigChain {
  /** Configuration blocks, the pinned one first. */
  readonly blocks: readonly Uint8Array[];
  /** What they say, in the same order. */
  readonly configs: readonly ChannelConfig[];
  /** The last of them. */
  readonly newest: ChannelConfig;
}

/** Follows the configuration of a channel from the block that is pinned. */
export class ChannelConfigs {
  readonly #link: GatewayLink;
  readonly #network: FabricNetwork;
  readonly #pinnedBlock: number;
  readonly #primitives: Primitives;
  #known: ConfigChain | undefined;

  constructor(link: GatewayLink, network: FabricNetwork, pinned: number, primitives: Primitives) {
    this.#link = link;
    this.#network = network;
    this.#pinnedBlock = pinned;
    this.#primitives = primitives;
  }

  /** The configurations up to now. Refuses what `readConfigs` refuses, and `fabric-configs`. */
  async current(): Promise<ConfigChain> {
    const newest = await this.#link.ask('cscc', 'GetConfigBlock');
    const { number } = this.#read(newest);
    if (this.#known?.newest.block === number) return this.#known;
    const blocks = await this.#walkBack(newest);
    const check = { network: this.#network, primitives: this.#primitives, enter: () => undefined };
    const configs = readConfigs(blocks, check);
    const last = configs.at(-1);
    assert(last !== undefined, 'a channel has a configuration');
    this.#known = { blocks, configs, newest: last };
    return this.#known;
  }

  /** Every block says under which configuration it was ordered: so the one before one is found. */
  async #walkBack(newest: Uint8Array): Promise<Uint8Array[]> {
    const blocks = [newest];
    let { number } = this.#read(newest);
    while (number > this.#pinnedBlock) {
      if (blocks.length === MAX_CONFIG_BLOCKS) throw tooMany();
      const before = this.#read(await this.block(number - 1));
      const bytes = await this.block(before.lastConfig);
      number = this.#read(bytes).number;
      blocks.unshift(bytes);
    }
    return blocks;
  }

  block(number: number): Promise<Uint8Array> {
    return this.#link.ask('qscc', 'GetBlockByNumber', String(number));
  }

  #read(bytes: Uint8Array) {
    return readBlock(bytes, this.#primitives.sha256);
  }
}

function tooMany(): Refusal {
  return new Refusal(
    'fabric-configs',
    `The channel has more than ${MAX_CONFIG_BLOCKS} configurations since the pinned one: pin a later one.`,
    { limit: MAX_CONFIG_BLOCKS },
  );
}
