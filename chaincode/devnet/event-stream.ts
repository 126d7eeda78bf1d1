import type { ServerWritableStream } from '@grpc/grpc-js';
import { gateway, orderer } from '@hyperledger/fabric-protos';
import type { BlockEvents, Chain } from './chain.ts';

type EventCall = ServerWritableStream<
  gateway.SignedChaincodeEventsRequest,
  gateway.ChaincodeEventsResponse
>;

/**
 * Sends the events of one chaincode, block by block, until the client goes: from the block that it
 * asks for, without those up to and including the transaction that it has seen; else from now on.
 */
export function streamEvents(
  chain: Chain,
  request: gateway.ChaincodeEventsRequest,
  call: EventCall,
): void {
  const chaincode = request.getChaincodeId();
  const start = startOf(request.getStartPosition(), chain.height);
  let next = start;
  const send = () => {
    for (const told of chain.eventsFrom(next)) {
      next = told.block + 1;
      const seen = told.block === start ? request.getAfterTransactionId() : '';
      const events = eventsAfter(told, seen).filter((e) => e.getChaincodeId() === chaincode);
      if (events.length === 0) continue;
      const response = new gateway.ChaincodeEventsResponse();
      response.setBlockNumber(told.block);
      response.setEventsList(events);
      call.write(response);
    }
  };
  const forget = chain.onBlock(send);
  call.once('cancelled', forget);
  call.once('close', forget);
  send();
}

function startOf(position: orderer.SeekPosition | undefined, height: number): number {
  const { TypeCase } = orderer.SeekPosition;
  switch (position?.getTypeCase()) {
    case TypeCase.SPECIFIED:
      return position.getSpecified()?.getNumber() ?? 0;
    case TypeCase.OLDEST:
      return 0;
    default:
      return height;
  }
}

function eventsAfter({ events }: BlockEvents, txId: string) {
  if (txId === '') return events;
  return events.slice(events.findIndex((event) => event.getTxId() === txId) + 1);
}
