import { Metadata, type ServiceError, type status } from '@grpc/grpc-js';
import { gateway, google } from '@hyperledger/fabric-protos';
import any from 'google-protobuf/google/protobuf/any_pb.js';

/** One peer's own words about a call that failed. */
export interface PeerError {
  readonly mspId: string;
  readonly message: string;
}

/** A failure as the gateway tells it: a gRPC code, words, and what single peers said. */
export class GatewayError extends Error implements ServiceError {
  readonly code: status;
  readonly details: string;
  readonly metadata = new Metadata();

  constructor(code: status, details: string, peers: readonly PeerError[] = []) {
    super(details);
    this.name = 'GatewayError';
    this.code = code;
    this.details = details;
    if (peers.length > 0) this.metadata.set(DETAILS, statusBytes(code, details, peers));
  }
}

const DETAILS = 'grpc-status-details-bin';

function statusBytes(code: status, message: string, peers: readonly PeerError[]): Buffer {
  const told = new google.rpc.Status();
  told.setCode(code);
  told.setMessage(message);
  told.setDetailsList(
    peers.map((peer) => {
      const detail = new gateway.ErrorDetail();
      detail.setAddress(`${peer.mspId}.devnet`);
      detail.setMspId(peer.mspId);
      detail.setMessage(peer.message);
      const packed = new any.Any();
      packed.pack(detail.serializeBinary(), 'gateway.ErrorDetail');
      return packed;
    }),
  );
  return Buffer.from(told.serializeBinary());
}
