import type { Primitives } from '../primitives.ts';
import { Refusal } from '../refusal.ts';
import type { Block } from './block.ts';
import { Membership } from './membership.ts';
import { Message } from './protobuf.ts';
import { CONFIGURATION, readHeader } from './transaction-header.ts';

/** Who may order and endorse in a channel, by the configuration block that says so. */
export interface ChannelConfig {
  /** Number of its block. */
  readonly block: number;
  readonly sequence: number;
  readonly channel: string;
  /** Who signs blocks, by their identifiers. */
  readonly consenters: ReadonlyMap<number, Consenter>;
  /** How many of them must have signed: ceil((n + f + 1) / 2), f = floor((n - 1) / 3). */
  readonly quorum: number;
  /** The organisations that endorse, by their MSP ids. */
  readonly organisations: ReadonlyMap<string, Membership>;
  /** Whether it says of itself that one machine plays every organisation. */
  readonly isDevelopment: boolean;
}

export interface Consenter {
  /** Undefined where no orderer organisation has this name. */
  readonly membership: Membership | undefined;
  readonly certificate: Uint8Array;
}

/** Name of the consortium by which a development network must say that it is one. */
export const DEVELOPMENT_CONSORTIUM = 'billproof-development';

/**
 * Reads the configuration of a block. Believed only when the block is pinned, or signed by a quorum of the
 * configuration before it. Refusals `fabric-format`, `fabric-config`.
 */
export function readChannelConfig(block: Block, primitives: Primitives): ChannelConfig {
  const [envelope, ...others] = block.envelopes;
  if (envelope === undefined || others.length > 0) throw unusable('one-transaction');
  const header = readHeader(envelope.payload);
  if (header.type !== CONFIGURATION) throw unusable('configuration');
  // The update that led to this configuration was judged by the orderers; the outcome is what counts.
  const config = new Message(header.data, 'bb').inner(1, 'nb');
  const root = new Group(config.bytes(2));
  const ordering = root.group('Orderer');
  const application = root.group('Application');
  root.needCapability('V3_0');
  ordering.needCapability('V2_0');
  application.needCapability('V2_0', 'V2_5');
  if (ordering.value('ConsensusType', 'bbn').text(1) !== 'BFT') throw unusable('consensus');
  const consenters = readConsenters(
    ordering.value('Orderers', '*').list(1),
    ordering.memberships(primitives),
  );
  const count = consenters.size;
  return {
    block: block.number,
    sequence: config.number(1),
    channel: header.channel,
    consenters,
    quorum: Math.ceil((count + Math.floor((count - 1) / 3) + 1) / 2),
    organisations: application.memberships(primitives),
    isDevelopment: root.value('Consortium', 'b').text(1) === DEVELOPMENT_CONSORTIUM,
  };
}

export const MAX_CONSENTERS = 64;

export function unusable(reason: string): Refusal {
  return new Refusal(
    'fabric-config',
    `The configuration block cannot be used: ${reason} is not as a BFT channel of Fabric 3 has it.`,
    { reason },
  );
}

/** A `common.ConfigGroup`. Policies and who may change what are for those who change it. */
class Group {
  readonly #message: Message;
  readonly #groups: ReadonlyMap<string, Uint8Array>;
  readonly #values: ReadonlyMap<string, Uint8Array>;

  constructor(bytes: Uint8Array) {
    this.#message = new Message(bytes, 'n***b');
    this.#groups = this.#message.map(2);
    this.#values = this.#message.map(3);
  }

  group(name: string): Group {
    return new Group(this.#groups.get(name) ?? new Uint8Array(0));
  }

  /** The message that a value holds; an empty one where there is no such value. */
  value(name: string, fields: string): Message {
    const value = new Message(this.#values.get(name) ?? new Uint8Array(0), 'nbb');
    return value.inner(2, fields);
  }

  /** Another set of capabilities would mean other rules than the ones that are checked here. */
  needCapability(...known: readonly string[]): void {
    const names = [...this.value('Capabilities', '*').map(1).keys()];
    if (names.length === 0 || names.some((name) => !known.includes(name))) {
      throw unusable('capabilities');
    }
  }

  memberships(primitives: Primitives): ReadonlyMap<string, Membership> {
    const all = [...this.#groups.keys()].map(
      (name) => new Membership(this.group(name).value('MSP', '-b').bytes(2), primitives),
    );
    const byName = new Map(all.map((membership) => [membership.name, membership]));
    if (byName.size < all.length) throw unusable('organisation-twice');
    return byName;
  }
}

/** Counted whether or not they are members: who may not sign is missing from a quorum, not from n. */
function readConsenters(
  list: readonly Uint8Array[],
  memberships: ReadonlyMap<string, Membership>,
): ReadonlyMap<number, Consenter> {
  const consenters = new Map<number, Consenter>();
  for (const bytes of list) {
    const consenter = new Message(bytes, 'nbnbbbb');
    const membership = memberships.get(consenter.text(4));
    consenters.set(consenter.number(1), { membership, certificate: consenter.bytes(5) });
  }
  if (list.length < 1 || list.length > MAX_CONSENTERS || consenters.size < list.length) {
    throw unusable('consenters');
  }
  return consenters;
}
