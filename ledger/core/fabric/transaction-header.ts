import { Message } from './protobuf.ts';
import { unreadable } from './unreadable.ts';

/** `common.HeaderType`: CONFIG and ENDORSER_TRANSACTION. */
export const CONFIGURATION = 1;
export const ENDORSED = 3;

/** What the payload of an envelope says of itself; its creator signs it. */
export interface TransactionHeader {
  readonly type: number;
  readonly channel: string;
  readonly transactionId: string;
  /** The creator's own clock. */
  readonly timeMs: number;
  /** The chaincode that is asked for. */
  readonly extension: Uint8Array;
  readonly creator: Uint8Array;
  readonly nonce: Uint8Array;
  readonly channelHeader: Uint8Array;
  readonly signatureHeader: Uint8Array;
  readonly data: Uint8Array;
}

/** Reads a `common.Payload`. */
export function readHeader(payload: Uint8Array): TransactionHeader {
  const message = new Message(payload, 'bb');
  const header = message.inner(1, 'bb');
  const channel = header.inner(1, 'nnbbbnbb');
  const signature = header.inner(2, 'bb');
  const time = channel.inner(3, 'nn');
  const timeMs = time.number(1) * 1000 + Math.floor(time.number(2) / 1_000_000);
  if (timeMs >= YEAR_10000_MS) throw unreadable();
  return {
    type: channel.number(1),
    channel: channel.text(4),
    transactionId: channel.text(5),
    timeMs,
    extension: channel.bytes(7),
    creator: signature.bytes(1),
    nonce: signature.bytes(2),
    channelHeader: header.bytes(1),
    signatureHeader: header.bytes(2),
    data: message.bytes(2),
  };
}

const YEAR_10000_MS = 253_402_300_800_000;
