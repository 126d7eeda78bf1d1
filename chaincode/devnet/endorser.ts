import { status } from '@grpc/grpc-js';
import { common, peer } from '@hyperledger/fabric-protos';
import type { ChaincodeStream, Execution } from './chaincode-stream.ts';
import { CHAINCODE_VERSION } from './channel.ts';
import type { FaultMenu } from './faults.ts';
import { GatewayError, type PeerError } from './gateway-error.ts';
import type { PeerOrganisation } from './organisations.ts';
import type { Proposal } from './proposal.ts';
import { signParts } from './signing.ts';
import { Simulation } from './simulation.ts';
import type { WorldState } from './world-state.ts';

/** A peer of one organisation with its own chaincode server. */
export interface EndorsingPeer {
  readonly organisation: PeerOrganisation;
  readonly chaincode: ChaincodeStream;
}

/** Executes proposals on the peers, and collects what they sign into a prepared transaction. */
export class Endorser {
  readonly #peers: readonly EndorsingPeer[];
  readonly #chaincode: string;
  readonly #state: WorldState;
  readonly #faults: FaultMenu;
  /** The last prepared transaction, which a lying gateway hands out again. */
  #prepared: common.Envelope | undefined;

  constructor(parts: {
    readonly peers: readonly EndorsingPeer[];
    readonly chaincode: string;
    readonly state: WorldState;
    readonly faults: FaultMenu;
  }) {
    this.#peers = parts.peers;
    this.#chaincode = parts.chaincode;
    this.#state = parts.state;
    this.#faults = parts.faults;
  }

  /**
   * A transaction that waits for the client's signature, endorsed by the named organisations, or by
   * all of them. Fails with `ABORTED` and the words of the peers, or `UNAVAILABLE`.
   */
  async endorse(proposal: Proposal, organisations: readonly string[]): Promise<common.Envelope> {
    const peers = this.#choose(organisations);
    this.#requireKnown(proposal.chaincode);
    const stale = this.#faults.take('stale-reads') !== undefined;
    const liars = this.#takeLiars(peers);
    const attempts = await Promise.allSettled(
      peers.map(async (endorsing) => {
        const simulation = new Simulation(this.#state);
        const execution = await endorsing.chaincode.execute(proposal, simulation);
        if (stale) simulation.outdateReads();
        if (liars.includes(endorsing)) simulation.falsifyWrites(withOtherRoot);
        return responsePayload(proposal, execution, simulation);
      }),
    );
    const payloads = attempts.flatMap((attempt) =>
      attempt.status === 'fulfilled' ? [attempt.value] : [],
    );
    const errors = attempts.flatMap((attempt, index): PeerError[] => {
      if (attempt.status === 'fulfilled') return [];
      return [{ mspId: mspIdOf(peers[index]), message: messageOf(attempt.reason) }];
    });
    const [payload] = payloads;
    if (payload === undefined || errors.length > 0) {
      const words = attempts[0]?.status === 'rejected' ? 'failed to endorse transaction' : TOO_FEW;
      throw aborted(words, errors);
    }
    const differs = payloads.findIndex((other) => !other.equals(payload));
    if (differs !== -1 || this.#faults.take('payloads-differ') !== undefined) {
      const mspId = mspIdOf(peers[differs] ?? peers.at(-1));
      throw aborted(TOO_FEW, [{ mspId, message: 'ProposalResponsePayloads do not match' }]);
    }
    return this.#handOut(prepare(proposal, payload, peers));
  }

  /**
   * The answer of one peer, that nobody signs. Fails with `UNKNOWN` and the words of the chaincode.
   */
  async evaluate(proposal: Proposal, organisations: readonly string[]): Promise<peer.Response> {
    const [first] = this.#choose(organisations);
    this.#requireKnown(proposal.chaincode);
    try {
      if (first === undefined) throw new Error('no peer');
      const { response } = await first.chaincode.execute(proposal, new Simulation(this.#state));
      requireSuccess(response);
      return response;
    } catch (error) {
      const words = `evaluate call to endorser returned error: ${messageOf(error)}`;
      const peers = [{ mspId: mspIdOf(first), message: messageOf(error) }];
      throw new GatewayError(status.UNKNOWN, words, peers);
    }
  }

  #choose(organisations: readonly string[]): readonly EndorsingPeer[] {
    if (organisations.length === 0) return this.#peers;
    const chosen = this.#peers.filter(({ organisation: { mspId } }) =>
      organisations.includes(mspId),
    );
    if (chosen.length === new Set(organisations).size) return chosen;
    const words = `no endorsers found for ${organisations.join(', ')}`;
    throw new GatewayError(status.UNAVAILABLE, words);
  }

  #requireKnown(chaincode: string): void {
    if (chaincode === this.#chaincode) return;
    const words = `no combination of peers can be derived: chaincode ${chaincode} is not there`;
    throw new GatewayError(status.FAILED_PRECONDITION, words);
  }

  #takeLiars(peers: readonly EndorsingPeer[]): readonly EndorsingPeer[] {
    const fault = this.#faults.take('other-root');
    if (fault === undefined) return [];
    return fault.peers === 'all' ? peers : peers.slice(-1);
  }

  #handOut(prepared: common.Envelope): common.Envelope {
    const another = this.#prepared;
    this.#prepared = prepared;
    if (another === undefined || this.#faults.take('other-transaction') === undefined) {
      return prepared;
    }
    return another;
  }
}

const TOO_FEW = 'failed to collect enough transaction endorsements';
/** Fabric's threshold: from here on a response is never endorsed. */
const FIRST_FAILURE = 400;

function aborted(words: string, peers: readonly PeerError[]): GatewayError {
  const message = `${words}, see attached details for more info`;
  return new GatewayError(status.ABORTED, message, peers);
}

function mspIdOf(endorsing: EndorsingPeer | undefined): string {
  return endorsing?.organisation.mspId ?? '';
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

function requireSuccess(response: peer.Response): void {
  if (response.getStatus() < FIRST_FAILURE) return;
  throw new Error(`chaincode response ${response.getStatus()}, ${response.getMessage()}`);
}

/** What a peer signs: the proposal, the sets, the answer and the event. */
function responsePayload(
  proposal: Proposal,
  { response, event }: Execution,
  simulation: Simulation,
): Buffer {
  requireSuccess(response);
  const id = new peer.ChaincodeID();
  id.setName(proposal.chaincode);
  id.setVersion(CHAINCODE_VERSION);
  const action = new peer.ChaincodeAction();
  action.setChaincodeId(id);
  action.setResults(simulation.results(proposal.chaincode));
  action.setResponse(response);
  if (event !== undefined) {
    event.setChaincodeId(proposal.chaincode);
    event.setTxId(proposal.txId);
    action.setEvents(event.serializeBinary());
  }
  const payload = new peer.ProposalResponsePayload();
  payload.setProposalHash(proposal.hash);
  payload.setExtension$(action.serializeBinary());
  return Buffer.from(payload.serializeBinary());
}

function prepare(
  proposal: Proposal,
  payload: Buffer,
  peers: readonly EndorsingPeer[],
): common.Envelope {
  const endorsed = new peer.ChaincodeEndorsedAction();
  endorsed.setProposalResponsePayload(payload);
  endorsed.setEndorsementsList(
    peers.map(({ organisation: { peer: member } }) => {
      const endorsement = new peer.Endorsement();
      endorsement.setEndorser(member.identity);
      endorsement.setSignature(signParts(member.key, payload, member.identity));
      return endorsement;
    }),
  );
  const actionPayload = new peer.ChaincodeActionPayload();
  actionPayload.setChaincodeProposalPayload(proposal.payload);
  actionPayload.setAction(endorsed);
  const action = new peer.TransactionAction();
  action.setHeader(proposal.header.getSignatureHeader_asU8());
  action.setPayload(actionPayload.serializeBinary());
  const transaction = new peer.Transaction();
  transaction.setActionsList([action]);
  const envelopePayload = new common.Payload();
  envelopePayload.setHeader(proposal.header);
  envelopePayload.setData(transaction.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(envelopePayload.serializeBinary());
  return envelope;
}

/** The same record with another first byte of its root. */
function withOtherRoot(value: Buffer): Buffer {
  return Buffer.from(
    value.toString().replace(/"root":"(..)/, (_, byte) => `"root":"${byte === '00' ? 'ff' : '00'}`),
  );
}
