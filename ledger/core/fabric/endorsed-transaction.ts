import { concat, equalBytes, hex } from '../bytes.ts';
import type { Primitives } from '../primitives.ts';
import { Refusal } from '../refusal.ts';
import type { ChannelConfig } from './channel-config.ts';
import { isSignedBy, type Member } from './membership.ts';
import type { EndorsementPolicy, FabricNetwork } from './network.ts';
import { Message } from './protobuf.ts';
import { ENDORSED, readHeader, type TransactionHeader } from './transaction-header.ts';
import { unreadable } from './unreadable.ts';

/** A transaction that the chaincode accepted and that enough organisations endorsed. */
export interface EndorsedTransaction {
  readonly id: string;
  /** By the creator's own clock. */
  readonly timeMs: number;
  /** `msp.SerializedIdentity` */
  readonly creator: Uint8Array;
  /** MSP ids of the organisations of the policy whose peers endorsed, sorted. */
  readonly endorsers: readonly string[];
  /** `kvrwset.KVRWSet` of the chaincode's namespace: what was read and written, as endorsed. */
  readonly state: Message;
}

/**
 * Reads and judges the payload of an envelope. What counts is what the endorsers signed, which is the
 * outcome; of the arguments only the hash. Refusals `fabric-format`, `fabric-channel`,
 * `fabric-transaction`, `fabric-chaincode`, `fabric-proposal-hash`, `fabric-endorsements`.
 */
export function readEndorsedTransaction(
  payload: Uint8Array,
  network: FabricNetwork,
  config: ChannelConfig,
  primitives: Primitives,
): EndorsedTransaction {
  const header = readHeader(payload);
  checkHeader(header, network, primitives);
  const actions = new Message(header.data, '*').list(1);
  const action = new Message(actions[0] ?? new Uint8Array(0), 'bb');
  if (actions.length !== 1 || !equalBytes(action.bytes(1), header.signatureHeader)) {
    throw notOurs('action');
  }
  const proposed = action.inner(2, 'bb');
  const endorsed = proposed.inner(2, 'b*');
  const response = endorsed.inner(1, 'bb');
  const { channelHeader, signatureHeader } = header;
  const proposal = concat(channelHeader, signatureHeader, proposed.bytes(1));
  if (!equalBytes(primitives.sha256(proposal), response.bytes(1))) {
    throw new Refusal(
      'fabric-proposal-hash',
      'The endorsements are of another proposal than the transaction carries.',
    );
  }
  const outcome = response.inner(2, 'bbbb');
  // Shim's OK; a contract that refuses answers 500, and nothing that it wrote counts.
  const status = outcome.inner(3, 'nbb').number(1);
  if (outcome.inner(4, 'bbb').text(2) !== network.chaincode || status !== 200) {
    throw otherChaincode(network);
  }
  return {
    id: header.transactionId,
    timeMs: header.timeMs,
    creator: header.creator,
    endorsers: endorsersOf(endorsed, network.endorsement, config, primitives),
    state: stateOf(outcome.inner(1, '-*'), network),
  };
}

/** The member of an organisation of the channel that a `msp.SerializedIdentity` names. */
export function memberOf(identity: Uint8Array, config: ChannelConfig): Member | undefined {
  const message = new Message(identity, 'bb');
  return config.organisations.get(message.text(1))?.member(message.bytes(2));
}

function checkHeader(
  header: TransactionHeader,
  network: FabricNetwork,
  { sha256 }: Primitives,
): void {
  checkChannel(header, network);
  if (header.type !== ENDORSED) throw notOurs('type');
  if (header.transactionId !== hex(sha256(concat(header.nonce, header.creator)))) {
    throw notOurs('id');
  }
  const asked = new Message(header.extension, '-b').inner(2, 'bbb');
  if (asked.text(2) !== network.chaincode) throw otherChaincode(network);
}

/** Orderers do not sign the name of the channel; the creator of each transaction does. */
export function checkChannel(named: { readonly channel: string }, network: FabricNetwork): void {
  if (named.channel === network.channel) return;
  throw new Refusal(
    'fabric-channel',
    `The receipt is of another channel than ${network.channel}.`,
    { expected: network.channel },
  );
}

/** Organisations of the policy of which a peer endorsed: ProposalResponsePayload || endorser. */
function endorsersOf(
  endorsed: Message,
  { organisations, threshold }: EndorsementPolicy,
  config: ChannelConfig,
  primitives: Primitives,
): readonly string[] {
  const response = endorsed.bytes(1);
  const found = new Set<string>();
  const endorsements = endorsed.list(2);
  if (endorsements.length > MAX_ENDORSEMENTS) throw unreadable();
  for (const bytes of endorsements) {
    const endorsement = new Message(bytes, 'bb');
    const endorser = endorsement.bytes(1);
    const organisation = new Message(endorser, 'bb').text(1);
    const member = memberOf(endorser, config);
    if (member?.role !== 'peer' || !organisations.includes(organisation)) continue;
    const signed = concat(response, endorser);
    if (isSignedBy(member.key, signed, endorsement.bytes(2), primitives)) found.add(organisation);
  }
  const endorsers = [...found].sort();
  if (endorsers.length === 0 || !(endorsers.length >= threshold)) {
    const names = endorsers.join(' ');
    throw new Refusal(
      'fabric-endorsements',
      `Endorsed by peers of ${names || 'no organisation'}; ${threshold} of ${organisations.join(' ')} have to.`,
      { found: names, threshold, organisations: organisations.join(' ') },
    );
  }
  return endorsers;
}

/** What the chaincode read and wrote in its own namespace, of a `rwset.TxReadWriteSet`. */
function stateOf(results: Message, { chaincode }: FabricNetwork): Message {
  const spaces = results.list(2).map((bytes) => new Message(bytes, 'bb*'));
  const own = spaces.filter((space) => space.text(1) === chaincode);
  if (own.length > 1) throw unreadable();
  return own[0]?.inner(2, '****') ?? new Message(new Uint8Array(0), '');
}

const MAX_ENDORSEMENTS = 32;

function notOurs(reason: string): Refusal {
  return new Refusal(
    'fabric-transaction',
    `The transaction is not one endorsed call of a chaincode: its ${reason} is another.`,
    { reason },
  );
}

export function otherChaincode({ chaincode }: FabricNetwork): Refusal {
  return new Refusal(
    'fabric-chaincode',
    `The transaction is not a call that the chaincode ${chaincode} accepted.`,
    { expected: chaincode },
  );
}
