import { peer } from '@hyperledger/fabric-protos';
import { base64, fromHex, fromUtf8, hex } from '../../core/bytes.ts';
import type { Checkpoint } from '../../core/checkpoint.ts';
import { versionRead } from '../../core/fabric/anchor-write.ts';
import { readBlock } from '../../core/fabric/block.ts';
import { readEndorsedTransaction } from '../../core/fabric/endorsed-transaction.ts';
import { readFabricReceipt } from '../../core/fabric/receipt.ts';
import { verifyFabricReceipt } from '../../core/fabric/verify-receipt.ts';
import type { Primitives } from '../../core/primitives.ts';
import { Refusal } from '../../core/refusal.ts';
import type { TrustedAnchor } from '../../core/trusted-anchor.ts';
import {
  type AnchorChain,
  type AnchorOutcome,
  type AnchorReceipt,
  type AnchorTask,
  ChainUnavailable,
  type PreparedAnchor,
} from '../chain.ts';
import { ChannelConfigs, type ConfigChain } from './channel-configs.ts';
import type { FabricConnection } from './connection.ts';
import { GatewayLink } from './gateway-link.ts';
import { checkPrepared, envelopeBytes, preparedEnvelope } from './prepared-anchor.ts';

/** A channel of Hyperledger Fabric, real or for development: the client is the same. */
export class FabricChain implements AnchorChain {
  readonly kind = 'fabric';
  readonly name: string;
  readonly trusted: TrustedAnchor;
  readonly #connection: FabricConnection;
  readonly #primitives: Primitives;
  readonly #link: GatewayLink;
  readonly #configs: ChannelConfigs;

  constructor(connection: FabricConnection, primitives: Primitives) {
    const { network, pinnedBlock } = connection;
    this.name = `fabric/${network.channel}/${network.chaincode}/${hex(network.pinned).slice(0, 16)}`;
    this.trusted = { kind: 'fabric', network };
    this.#connection = connection;
    this.#primitives = primitives;
    this.#link = new GatewayLink(connection);
    this.#configs = new ChannelConfigs(this.#link, network, pinnedBlock, primitives);
  }

  async head(origin: string): Promise<Checkpoint | undefined> {
    const text = fromUtf8(await this.#link.evaluate('Latest', origin));
    if (text === '') return undefined;
    const head: { origin: string; size: number; root: string } = JSON.parse(text);
    return { origin: head.origin, size: head.size, root: fromHex(head.root) };
  }

  async prepare({ checkpoint, note, proof }: AnchorTask): Promise<PreparedAnchor> {
    const { network } = this.#connection;
    const { newest: config } = await this.#configs.current();
    const lines = proof.map(base64).join('\n');
    const asked = await this.#link.endorse('Submit', checkpoint.origin, note, lines);
    const prepared = asked.transaction.getBytes();
    const primitives = this.#primitives;
    checkPrepared({ proposal: asked.proposal, prepared, network, config, primitives }, checkpoint);
    return { id: asked.transaction.getTransactionId(), bytes: prepared };
  }

  async submit({ bytes }: PreparedAnchor): Promise<void> {
    await this.#link.submit(bytes);
  }

  async outcome({ id }: PreparedAnchor, patienceMs: number): Promise<AnchorOutcome> {
    if (patienceMs > 0) {
      try {
        const { code, successful } = await this.#link.commitStatus(id, patienceMs);
        return successful ? ANCHORED : voidBy(code);
      } catch (error) {
        // Also for an id that is not known: then this waits until the deadline.
        if (!(error instanceof ChainUnavailable)) throw error;
      }
    }
    return await this.#lookUp(id);
  }

  async receipt(checkpoint: Checkpoint): Promise<AnchorReceipt> {
    const { network } = this.#connection;
    const chain = await this.#configs.current();
    const { statement, block: number, index } = await this.#validity(checkpoint, chain);
    const block = await this.#configs.block(number);
    const { lastConfig } = readBlock(block, this.#primitives.sha256);
    const config = chain.blocks.filter((_, i) => (chain.configs[i]?.block ?? 0) <= lastConfig);
    const { channel, chaincode } = network;
    const receipt = {
      ...{ channel, chaincode, index, block: base64(block), config: config.map(base64) },
      validity: base64(statement),
    };
    // As a reader does, limits included: a block is as large as the channel lets its members make it.
    const read = readFabricReceipt(receipt, '');
    const found = verifyFabricReceipt(read, checkpoint, network, this.#primitives);
    if (!found.ok) throw new Refusal(found.code, found.detail, found.params);
    return {
      receipt,
      network: found.network,
      atMs: found.claimedTimeMs,
      place: { channel, chaincode, block: number, transaction: found.transactionId },
    };
  }

  close(): void {
    this.#link.close();
  }

  /** The peers' signed word on which transaction wrote the anchor, and so was valid. */
  async #validity(checkpoint: Checkpoint, { newest: config }: ConfigChain) {
    const { network } = this.#connection;
    const { origin, size } = checkpoint;
    const asked = await this.#link.endorse('At', origin, String(size));
    const prepared = asked.transaction.getBytes();
    const payload = preparedEnvelope(prepared).bytes(1);
    const { state } = readEndorsedTransaction(payload, network, config, this.#primitives);
    try {
      return { statement: envelopeBytes(prepared), ...versionRead(state, checkpoint) };
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'fabric-statement-absent') throw error;
      throw new Refusal('anchor-missing', `No checkpoint of ${size} events is anchored.`, { size });
    }
  }

  /** What our own peer knows of a transaction: for what to do next. A receipt proves it. */
  async #lookUp(id: string): Promise<AnchorOutcome> {
    try {
      const bytes = await this.#link.ask('qscc', 'GetTransactionByID', id);
      const code = peer.ProcessedTransaction.deserializeBinary(bytes).getValidationcode();
      return code === VALID ? ANCHORED : voidBy(code);
    } catch (error) {
      if (error instanceof ChainUnavailable && NOT_KNOWN.test(error.message)) return UNKNOWN;
      throw error;
    }
  }
}

const VALID = 0;
const ANCHORED: AnchorOutcome = { state: 'anchored' };
const UNKNOWN: AnchorOutcome = { state: 'unknown' };
const NOT_KNOWN = /no such transaction ID|transaction .*not found/i;

function voidBy(code: number): AnchorOutcome {
  return { state: 'void', why: `the peers marked it with ${code}` };
}
