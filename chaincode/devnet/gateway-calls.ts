import { setTimeout as delay } from 'node:timers/promises';
import {
  type handleUnaryCall,
  type ServerUnaryCall,
  type ServerWritableStream,
  status,
} from '@grpc/grpc-js';
import { gateway } from '@hyperledger/fabric-protos';
import type { Chain } from './chain.ts';
import { CHANNEL } from './channel.ts';
import type { Endorser } from './endorser.ts';
import { streamEvents } from './event-stream.ts';
import type { FaultMenu } from './faults.ts';
import { GatewayError } from './gateway-error.ts';
import type { Membership } from './membership.ts';
import type { Orderer } from './orderer.ts';
import { openProposal } from './proposal.ts';
import { answerSystemQuery, SYSTEM_CHAINCODES } from './system-queries.ts';
import { openTransaction } from './transaction.ts';
import { TxValidationCode, type ValidationCode } from './validation.ts';

/** What the gateway of one peer needs of the network behind it. */
export interface GatewayParts {
  readonly membership: Membership;
  readonly endorser: Endorser;
  readonly orderer: Orderer;
  readonly chain: Chain;
  readonly faults: FaultMenu;
}

/** `gateway.Gateway`, as the unmodified client library of Fabric calls it. */
export function gatewayCalls(parts: GatewayParts) {
  return {
    evaluate: unary((call: Unary<gateway.EvaluateRequest, gateway.EvaluateResponse>) =>
      evaluate(parts, call.request),
    ),
    endorse: unary((call: Unary<gateway.EndorseRequest, gateway.EndorseResponse>) =>
      endorse(parts, call.request),
    ),
    submit: unary((call: Unary<gateway.SubmitRequest, gateway.SubmitResponse>) =>
      submit(parts, call.request),
    ),
    commitStatus: unary((call: StatusCall) => commitStatus(parts, call)),
    chaincodeEvents(
      call: ServerWritableStream<
        gateway.SignedChaincodeEventsRequest,
        gateway.ChaincodeEventsResponse
      >,
    ): void {
      try {
        const request = openEventsRequest(parts.membership, call.request);
        streamEvents(parts.chain, request, call);
      } catch (error) {
        call.emit('error', asGatewayError(error));
      }
    },
  };
}

type Unary<Request, Response> = ServerUnaryCall<Request, Response>;
type StatusCall = Unary<gateway.SignedCommitStatusRequest, gateway.CommitStatusResponse>;

const LATE_MS = 17_000;
const NEW_LEADER_MS = 7100;

async function evaluate(
  { membership, endorser, chain }: GatewayParts,
  request: gateway.EvaluateRequest,
): Promise<gateway.EvaluateResponse> {
  const proposal = openProposal(request.getProposedTransaction(), membership);
  const response = new gateway.EvaluateResponse();
  response.setResult(
    SYSTEM_CHAINCODES.has(proposal.chaincode)
      ? await answerSystemQuery(chain, proposal.input)
      : await endorser.evaluate(proposal, request.getTargetOrganizationsList()),
  );
  return response;
}

async function endorse(
  { membership, endorser }: GatewayParts,
  request: gateway.EndorseRequest,
): Promise<gateway.EndorseResponse> {
  const proposal = openProposal(request.getProposedTransaction(), membership);
  const prepared = await endorser.endorse(proposal, request.getEndorsingOrganizationsList());
  const response = new gateway.EndorseResponse();
  response.setPreparedTransaction(prepared);
  return response;
}

/** As in Fabric, orderers look at the signature of the client only; peers judge the rest. */
async function submit(
  { membership, orderer: ordering, faults }: GatewayParts,
  request: gateway.SubmitRequest,
): Promise<gateway.SubmitResponse> {
  const envelope = request.getPreparedTransaction()?.serializeBinary() ?? new Uint8Array();
  const transaction = openTransaction(envelope);
  const identity = transaction && membership.identify(transaction.creator);
  const isClient = identity?.role === 'client' || identity?.role === 'admin';
  const isOurs = transaction?.channelId === CHANNEL;
  if (!isClient || !isOurs || !identity.hasSigned(transaction.signature, transaction.payload)) {
    const words = 'received unsuccessful response from orderer: status=FORBIDDEN';
    throw new GatewayError(status.ABORTED, words);
  }
  if (faults.take('submit-lost') !== undefined) return new gateway.SubmitResponse();
  const leader = faults.take('leader-dead');
  if (leader !== undefined) ordering.pause(leader.ms ?? NEW_LEADER_MS);
  const late = faults.take('commit-late');
  if (late !== undefined) {
    void delay(late.ms ?? LATE_MS, undefined, { ref: false })
      .then(() => ordering.submit(envelope))
      // The network has failed meanwhile, which every later call is told.
      .catch(() => undefined);
    throw unavailable('insufficient number of orderers could successfully process transaction');
  }
  try {
    ordering.submit(envelope);
  } catch (error) {
    throw unavailable(String(error));
  }
  if (faults.take('ordered-twice') !== undefined) ordering.submitAgain(envelope);
  if (faults.take('submit-error') !== undefined) throw unavailable('no orderers have answered');
  return new gateway.SubmitResponse();
}

async function commitStatus(
  { membership, chain, faults }: GatewayParts,
  call: StatusCall,
): Promise<gateway.CommitStatusResponse> {
  const bytes = call.request.getRequest_asU8();
  const request = gateway.CommitStatusRequest.deserializeBinary(bytes);
  requireSigned(membership, request.getIdentity_asU8(), call.request.getSignature_asU8(), bytes);
  requireChannel(request.getChannelId());
  if (faults.take('status-lost') !== undefined) throw unavailable('the peer has gone');
  const txId = request.getTransactionId();
  while (chain.find(txId) === undefined) await nextBlock(chain, call);
  const committed = chain.find(txId);
  const response = new gateway.CommitStatusResponse();
  response.setResult(codeOf(committed?.code));
  response.setBlockNumber(committed?.block ?? 0);
  return response;
}

/** Rejects when the client does not wait any longer. */
async function nextBlock(chain: Chain, call: StatusCall): Promise<void> {
  const waiting = Promise.withResolvers<void>();
  const forget = chain.onBlock(() => waiting.resolve());
  const give = () => waiting.reject(new GatewayError(status.CANCELLED, 'the client has gone'));
  call.once('cancelled', give);
  if (call.cancelled) give();
  await waiting.promise.finally(() => {
    forget();
    call.removeListener('cancelled', give);
  });
}

function openEventsRequest(
  membership: Membership,
  signed: gateway.SignedChaincodeEventsRequest,
): gateway.ChaincodeEventsRequest {
  const bytes = signed.getRequest_asU8();
  const request = gateway.ChaincodeEventsRequest.deserializeBinary(bytes);
  requireSigned(membership, request.getIdentity_asU8(), signed.getSignature_asU8(), bytes);
  requireChannel(request.getChannelId());
  return request;
}

function requireSigned(
  membership: Membership,
  creator: Uint8Array,
  signature: Uint8Array,
  bytes: Uint8Array,
): void {
  if (membership.identify(creator)?.hasSigned(signature, bytes)) return;
  throw new GatewayError(status.PERMISSION_DENIED, 'permission denied: not signed by a member');
}

function requireChannel(channel: string): void {
  if (channel === CHANNEL) return;
  throw new GatewayError(status.NOT_FOUND, `channel ${channel} does not exist`);
}

function unavailable(words: string): GatewayError {
  return new GatewayError(status.UNAVAILABLE, words);
}

function codeOf(code: number | undefined): ValidationCode {
  const known = Object.values(TxValidationCode).find((value) => value === code);
  return known ?? TxValidationCode.NOT_VALIDATED;
}

/** A handler that answers what the promise becomes. */
function unary<Request, Response>(
  run: (call: ServerUnaryCall<Request, Response>) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, respond) => {
    run(call).then(
      (response) => respond(null, response),
      (error: unknown) => respond(asGatewayError(error)),
    );
  };
}

function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError(status.INTERNAL, error instanceof Error ? error.message : String(error));
}
