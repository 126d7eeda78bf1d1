import { hex } from '../../ledger/core/bytes.ts';
import type { AnchoredRoot } from '../../ledger/core/fabric/anchor-state.ts';
import type { FabricNetwork } from '../../ledger/core/fabric/network.ts';
import type { FabricReceipt } from '../../ledger/core/fabric/receipt.ts';
import { type Holder, TestAuthority } from './fabric-authority.ts';
import { blockHeader, bytesOf, join, message, sha256, signDer } from './fabric-bytes.ts';

/*
 * A channel of four orderers and two organisations whose keys the test holds, so that it can make a block
 * in which everything but one named thing is right, and sign it again.
 */

/** One organisation as the configuration of a channel names it. */
export interface Organisation {
  readonly name: string;
  /** Of its group in the configuration, where that is not its name. */
  readonly group?: string;
  readonly authority: TestAuthority;
  readonly roots?: readonly Uint8Array[];
  readonly intermediates?: readonly Uint8Array[];
  readonly revocations?: readonly Uint8Array[];
  readonly nodeUnits?: boolean;
  /** Certificate that issues its peers, where the configuration insists on one. */
  readonly peersFrom?: Uint8Array;
}

/** Somebody who signs: a certificate of an organisation and its key. */
export interface Signer extends Holder {
  readonly organisation: string;
}

export interface Consenter {
  readonly id: number;
  readonly signer: Signer;
}

export interface ChannelOptions {
  readonly channel?: string;
  readonly sequence?: number;
  readonly endorsers?: readonly Organisation[];
  readonly orderers?: readonly Organisation[];
  readonly consenters?: readonly Consenter[];
  readonly consensus?: string;
  /** Of the channel, its orderers and its application; an empty text for none. */
  readonly capabilities?: readonly [channel: string, orderer: string, application: string];
  readonly consortium?: string;
}

export interface TransactionOptions {
  readonly type?: number;
  readonly channel?: string;
  readonly transactionId?: string;
  readonly asked?: string;
  readonly executed?: string;
  readonly namespace?: string;
  readonly namespaces?: number;
  readonly status?: number;
  readonly creator?: Signer;
  readonly creatorSigns?: Uint8Array;
  readonly actionHeader?: Uint8Array;
  readonly actions?: number;
  readonly proposalHash?: Uint8Array;
  readonly reads?: readonly Uint8Array[];
  readonly writes?: readonly Uint8Array[];
  readonly endorsers?: readonly Signer[];
  readonly endorsersSign?: Uint8Array;
  readonly half?: 'low' | 'high';
}

export interface BlockOptions {
  readonly number?: number;
  readonly lastConfig?: number;
  readonly signers?: readonly Consenter[];
  readonly signHeader?: Uint8Array;
  readonly previous?: Uint8Array;
  readonly signatureHeader?: Uint8Array;
  readonly half?: 'low' | 'high';
}

export const ORIGIN = 'billproof.test/property-1';
export const ANCHORED: AnchoredRoot = { origin: ORIGIN, size: 300, root: sha256(bytesOf('root')) };
export const KEY = anchorKey(ANCHORED);

/** The organisations and signers of the sample channel; keys are made once, tests change configurations. */
export class SampleChannel {
  readonly property = organisation('PropertyMSP');
  readonly auditor = organisation('AuditorMSP');
  readonly orderers = ['Property', 'Auditor', 'Tenants', 'Notary'].map((name) =>
    organisation(`${name}OrdererMSP`),
  );
  readonly client = signer(this.property, 'client');
  readonly propertyPeer = signer(this.property, 'peer');
  readonly auditorPeer = signer(this.auditor, 'peer');
  readonly auditorClient = signer(this.auditor, 'client');
  readonly consenters: readonly Consenter[] = this.orderers.map((orderer, i) => ({
    id: i + 1,
    signer: signer(orderer, 'orderer'),
  }));
  readonly genesis = this.configBlock({});

  /** What a verifier knows beforehand, trusting `genesis` or another first configuration block. */
  network(genesis: Uint8Array = this.genesis): FabricNetwork {
    return {
      channel: 'anchors',
      chaincode: 'anchor',
      endorsement: { threshold: 2, organisations: ['PropertyMSP', 'AuditorMSP'] },
      pinned: headerHash(genesis),
    };
  }

  receipt(change: Partial<FabricReceipt> = {}): FabricReceipt {
    return {
      channel: 'anchors',
      chaincode: 'anchor',
      block: this.block([this.transaction()]),
      index: 0,
      config: [this.genesis],
      ...change,
    };
  }

  /** A configuration block: the first one is not signed, as `configtxgen` makes it. */
  configBlock(
    options: ChannelOptions,
    block: BlockOptions = { number: 0, signers: [] },
  ): Uint8Array {
    return this.block([this.configEnvelope(options)], block);
  }

  configEnvelope(options: ChannelOptions): Uint8Array {
    const header = message(
      [1, message([1, 1], [4, options.channel ?? 'anchors'])],
      [2, message([2, bytesOf('nonce')])],
    );
    const config = message([1, options.sequence ?? 0], [2, this.#channelGroup(options)]);
    const payload = message([1, header], [2, message([1, config])]);
    return message([1, payload]);
  }

  transaction(options: TransactionOptions = {}): Uint8Array {
    const creator = options.creator ?? this.client;
    const payload = this.#payload(options, serializedIdentity(creator));
    return message(
      [1, payload],
      [2, signDer(creator.key, options.creatorSigns ?? payload, options.half)],
    );
  }

  /** A block over these envelopes, signed by three of the four. */
  block(envelopes: readonly Uint8Array[], options: BlockOptions = {}): Uint8Array {
    const { number = 6, lastConfig = 0, signers = this.consenters?.slice(0, 3) } = options;
    const previous =
      options.previous ?? (number === 0 ? new Uint8Array(0) : sha256(bytesOf('previous')));
    const data = sha256(...envelopes);
    const value = message([1, message([1, lastConfig])]);
    const header = options.signHeader ?? blockHeader(number, previous, data);
    const signatures = signers.map(({ id, signer: { key } }) => {
      const identifier = message([1, id], [2, bytesOf('nonce')]);
      const signature = signDer(key, join(value, identifier, header), options.half);
      return [2, message([1, options.signatureHeader], [2, signature], [3, identifier])] as const;
    });
    return message(
      [1, message([1, number], [2, previous.length ? previous : undefined], [3, data])],
      [2, message(...envelopes.map((envelope) => [1, envelope] as const))],
      [
        3,
        message([1, message([1, value], ...signatures)], [1, bytesOf('')], [1, Uint8Array.of(0)]),
      ],
    );
  }

  /** An endorsed query of the key, never ordered, that read this version of it. */
  statement(version: Uint8Array | undefined, options: TransactionOptions = {}): Uint8Array {
    return this.#statement(KEY, version, options);
  }

  /** The same about another checkpoint. */
  statementOf(anchored: AnchoredRoot, version: Uint8Array): Uint8Array {
    return this.#statement(anchorKey(anchored), version, {});
  }

  #statement(key: string, version: Uint8Array | undefined, options: TransactionOptions) {
    const read = message([1, key], [2, version]);
    const creator = serializedIdentity(options.creator ?? this.client);
    return message([1, this.#payload({ reads: [read], writes: [], ...options }, creator)]);
  }

  #payload(options: TransactionOptions, creator: Uint8Array): Uint8Array {
    const nonce = sha256(bytesOf('nonce')).subarray(0, 24);
    const { channel = 'anchors', asked = 'anchor' } = options;
    const signatureHeader = message([1, creator], [2, nonce]);
    const channelHeader = message(
      [1, options.type ?? 3],
      [3, message([1, 1_795_432_200], [2, 860_000_000])],
      [4, channel],
      [5, options.transactionId ?? hex(sha256(nonce, creator))],
      [7, message([2, message([2, asked])])],
    );
    const proposal = message([1, bytesOf('the arguments, which nobody looks at')]);
    const hash = options.proposalHash ?? sha256(channelHeader, signatureHeader, proposal);
    const response = message([1, hash], [2, outcome(options)]);
    const endorsers = options.endorsers ?? [this.propertyPeer, this.auditorPeer];
    const endorsements = endorsers.map((endorser) => {
      const identity = serializedIdentity(endorser);
      const signed = join(options.endorsersSign ?? response, identity);
      const signature = signDer(endorser.key, signed, options.half);
      return [2, message([1, identity], [2, signature])] as const;
    });
    const action = message(
      [1, options.actionHeader ?? signatureHeader],
      [2, message([1, proposal], [2, message([1, response], ...endorsements)])],
    );
    const actions = Array.from({ length: options.actions ?? 1 }, () => [1, action] as const);
    return message(
      [1, message([1, channelHeader], [2, signatureHeader])],
      [2, message(...actions)],
    );
  }

  #channelGroup(options: ChannelOptions): Uint8Array {
    const endorsers = options.endorsers ?? [this.property, this.auditor];
    const [ofChannel, ofOrderer, ofApplication] = options.capabilities ?? ['V3_0', 'V2_0', 'V2_5'];
    const consenters = (options.consenters ?? this.consenters).map(({ id, signer }) => {
      const identity = [4, signer.organisation] as const;
      return [1, message([1, id], [2, '127.0.0.1'], [3, 7050], identity, [5, signer.pem])] as const;
    });
    const application = group(
      endorsers.map((one) => [one.group ?? one.name, organisationGroup(one)]),
      [['Capabilities', capability(ofApplication)]],
    );
    const ordering = group(
      (options.orderers ?? this.orderers).map((one) => [one.name, organisationGroup(one)]),
      [
        ['ConsensusType', message([1, options.consensus ?? 'BFT'])],
        ['Orderers', message(...consenters)],
        ['Capabilities', capability(ofOrderer)],
      ],
    );
    const { consortium } = options;
    return group(
      [
        ['Application', application],
        ['Orderer', ordering],
      ],
      [
        ['Capabilities', capability(ofChannel)],
        ...(consortium === undefined ? [] : [['Consortium', message([1, consortium])] as const]),
      ],
    );
  }
}

export function organisation(name: string): Organisation {
  return { name, authority: new TestAuthority(`ca.${name}`) };
}

/** Somebody with a certificate of an organisation that says this role. */
export function signer({ name, authority }: Organisation, ...units: readonly string[]): Signer {
  return { organisation: name, ...authority.issue(`${units[0]}.${name}`, { units }) };
}

export function writeOf(anchored: AnchoredRoot, change: { isDelete?: number } = {}): Uint8Array {
  const { origin, size, root } = anchored;
  const value = `{"origin":"${origin}","size":${size},"root":"${hex(root)}"}`;
  return message([1, anchorKey(anchored)], [2, change.isDelete], [3, value]);
}

export function versionOf(block: number, index: number): Uint8Array {
  return message([1, block], [2, index]);
}

export function headerHash(block: Uint8Array): Uint8Array {
  // Block{header{number?, previous?, data}}: the sample channel's genesis block has the last only.
  const data = block.subarray(4, 36);
  return sha256(blockHeader(0, new Uint8Array(0), data));
}

function anchorKey({ origin, size }: AnchoredRoot): string {
  return `anchor/${origin}/${String(size).padStart(16, '0')}`;
}

function serializedIdentity({ organisation, pem }: Signer): Uint8Array {
  return message([1, organisation], [2, pem]);
}

function outcome(options: TransactionOptions): Uint8Array {
  const { status = 200, namespace = 'anchor', executed = 'anchor', reads = [] } = options;
  const { writes = [writeOf(ANCHORED)] } = options;
  const state = message(
    ...reads.map((read) => [1, read] as const),
    ...writes.map((write) => [3, write] as const),
  );
  const lifecycle = message([1, '_lifecycle'], [2, message([1, message([1, 'Sequence'])])]);
  const spaces = Array.from({ length: options.namespaces ?? 1 }, () => {
    return [2, message([1, namespace], [2, state])] as const;
  });
  const results = message([2, lifecycle], ...spaces);
  return message([1, results], [3, message([1, status])], [4, message([2, executed], [3, '1'])]);
}

type Named = readonly (readonly [name: string, bytes: Uint8Array])[];

function group(groups: Named, values: Named): Uint8Array {
  return message(
    ...groups.map(([name, bytes]) => [2, message([1, name], [2, bytes])] as const),
    ...values.map(([name, bytes]) => [3, message([1, name], [2, message([2, bytes])])] as const),
    [5, 'Admins'],
  );
}

function organisationGroup(one: Organisation): Uint8Array {
  const units = ['client', 'peer', 'admin', 'orderer'].map((unit, i) => {
    const from = unit === 'peer' ? one.peersFrom : undefined;
    return [i + 2, message([1, from], [2, unit])] as const;
  });
  const config = message(
    [1, one.name],
    ...(one.roots ?? [one.authority.pem]).map((root) => [2, root] as const),
    ...(one.intermediates ?? []).map((pem) => [3, pem] as const),
    ...(one.revocations ?? []).map((list) => [5, list] as const),
    [11, message([1, (one.nodeUnits ?? true) ? 1 : 0], ...units)],
  );
  return group([], [['MSP', message([2, config])]]);
}

function capability(name: string): Uint8Array {
  return name === '' ? message() : message([1, message([1, name], [2, new Uint8Array(0)])]);
}
