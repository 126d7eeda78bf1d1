import { type ClientDuplexStream, credentials } from '@grpc/grpc-js';
import { ledger, peer } from '@hyperledger/fabric-protos';
import { CHANNEL } from './channel.ts';
import type { Proposal } from './proposal.ts';
import type { Simulation } from './simulation.ts';
import type { StateEntry } from './world-state.ts';

/** What a chaincode answered to one call. */
export interface Execution {
  readonly response: peer.Response;
  readonly event: peer.ChaincodeEvent | undefined;
}

/** The part of a proposal that a chaincode sees. */
export type Call = Pick<Proposal, 'txId' | 'input' | 'signed'>;

/**
 * A peer's end of the stream to one chaincode server. It is opened by the first call, and again by
 * the call after it has broken: nothing is kept alive in between.
 */
export class ChaincodeStream {
  readonly #address: string;
  #open: Promise<OpenStream> | undefined;

  constructor(address: string) {
    this.#address = address;
  }

  /**
   * Runs one call against the state. Rejects when there is no server, or when it has gone
   * meanwhile.
   */
  async execute(call: Call, simulation: Simulation): Promise<Execution> {
    this.#open ??= this.#connect();
    let stream: OpenStream;
    try {
      stream = await this.#open;
    } catch (error) {
      this.#open = undefined;
      throw error;
    }
    return await stream.execute(call, simulation);
  }

  close(): void {
    const open = this.#open;
    this.#open = undefined;
    open?.then((stream) => stream.close()).catch(() => undefined);
  }

  async #connect(): Promise<OpenStream> {
    const stream = new OpenStream(this.#address, () => {
      this.#open = undefined;
    });
    await stream.ready;
    return stream;
  }
}

const CONNECT_MS = 3000;
const EXECUTE_MS = 30_000;
/** Entries of a range query in one message; the chaincode asks for more. */
const PAGE = 100;
const { Type } = peer.ChaincodeMessage;

interface Running {
  readonly simulation: Simulation;
  readonly pages: Map<string, StateEntry[]>;
  resolve(execution: Execution): void;
  reject(error: Error): void;
}

/** A stream from REGISTER to its end. */
class OpenStream {
  readonly ready: Promise<void>;
  readonly #client: peer.ChaincodeClient;
  readonly #stream: ClientDuplexStream<peer.ChaincodeMessage, peer.ChaincodeMessage>;
  readonly #running = new Map<string, Running>();
  #hasEnded = false;

  constructor(address: string, ended: () => void) {
    // A connection of its own each time: a shared one would wait longer after each failure.
    const own = { 'grpc.use_local_subchannel_pool': 1 };
    this.#client = new peer.ChaincodeClient(address, credentials.createInsecure(), own);
    this.#stream = this.#client.connect();
    const ready = Promise.withResolvers<void>();
    const timer = setTimeout(() => this.#stream.cancel(), CONNECT_MS);
    const fail = (reason: string) => {
      // The end of a stream and its error both come; the next stream may be open by then.
      if (this.#hasEnded) return;
      this.#hasEnded = true;
      clearTimeout(timer);
      ended();
      this.#client.close();
      const error = new Error(`could not launch chaincode: ${reason}`);
      ready.reject(error);
      for (const { reject } of this.#running.values()) reject(error);
      this.#running.clear();
    };
    this.#stream.on('error', (error: Error) => fail(error.message));
    this.#stream.on('end', () => fail('the chaincode has ended the stream'));
    this.#stream.on('data', (message: peer.ChaincodeMessage) => {
      if (message.getType() === Type.REGISTER) {
        clearTimeout(timer);
        this.#send(Type.REGISTERED, '');
        this.#send(Type.READY, '');
        ready.resolve();
      } else {
        this.#answer(message);
      }
    });
    this.ready = ready.promise;
  }

  close(): void {
    this.#stream.cancel();
  }

  execute(call: Call, simulation: Simulation): Promise<Execution> {
    const { promise, resolve, reject } = Promise.withResolvers<Execution>();
    const timer = setTimeout(
      () => reject(new Error('timeout expired while executing')),
      EXECUTE_MS,
    );
    this.#running.set(call.txId, { simulation, pages: new Map(), resolve, reject });
    const message = messageOf(Type.TRANSACTION, call.txId, call.input.serializeBinary());
    message.setProposal(call.signed);
    this.#stream.write(message);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#running.delete(call.txId);
    });
  }

  #answer(message: peer.ChaincodeMessage): void {
    const txId = message.getTxid();
    const running = this.#running.get(txId);
    // A call that has timed out may still be speaking.
    if (running === undefined) return;
    const type = message.getType();
    if (type === Type.COMPLETED) {
      const response = peer.Response.deserializeBinary(message.getPayload_asU8());
      running.resolve({ response, event: message.getChaincodeEvent() });
    } else if (type === Type.ERROR) {
      running.reject(new Error(Buffer.from(message.getPayload_asU8()).toString()));
    } else {
      this.#serve(type, txId, message.getPayload_asU8(), running);
    }
  }

  #serve(type: number, txId: string, request: Uint8Array, running: Running): void {
    try {
      this.#send(Type.RESPONSE, txId, serveState(type, request, running));
    } catch (error) {
      this.#send(Type.ERROR, txId, Buffer.from(String(error)));
    }
  }

  #send(type: MessageType, txId: string, payload?: Uint8Array): void {
    this.#stream.write(messageOf(type, txId, payload));
  }
}

type MessageType = Parameters<peer.ChaincodeMessage['setType']>[0];

function messageOf(type: MessageType, txId: string, payload?: Uint8Array): peer.ChaincodeMessage {
  const message = new peer.ChaincodeMessage();
  message.setType(type);
  message.setTxid(txId);
  message.setChannelId(CHANNEL);
  if (payload !== undefined) message.setPayload(payload);
  return message;
}

/**
 * Throws on what this network does not have: private data, rich queries, history, other chaincodes.
 */
function serveState(type: number, request: Uint8Array, { simulation, pages }: Running): Uint8Array {
  switch (type) {
    case Type.GET_STATE: {
      const { key, collection } = peer.GetState.deserializeBinary(request).toObject();
      refuseCollection(collection);
      return simulation.get(key)?.value ?? NOTHING;
    }
    case Type.PUT_STATE: {
      const put = peer.PutState.deserializeBinary(request);
      refuseCollection(put.getCollection());
      simulation.put(put.getKey(), Buffer.from(put.getValue_asU8()));
      return NOTHING;
    }
    case Type.DEL_STATE: {
      const { key, collection } = peer.DelState.deserializeBinary(request).toObject();
      refuseCollection(collection);
      simulation.delete(key);
      return NOTHING;
    }
    case Type.GET_STATE_BY_RANGE: {
      const query = peer.GetStateByRange.deserializeBinary(request).toObject();
      refuseCollection(query.collection);
      const id = String(pages.size);
      pages.set(id, simulation.range(query.startkey, query.endkey));
      return nextPage(id, pages);
    }
    case Type.QUERY_STATE_NEXT:
      return nextPage(peer.QueryStateNext.deserializeBinary(request).getId(), pages);
    case Type.QUERY_STATE_CLOSE: {
      const id = peer.QueryStateClose.deserializeBinary(request).getId();
      pages.set(id, []);
      return pageOf(id, [], false);
    }
    default:
      throw new Error(`the development network does not serve messages of type ${type}`);
  }
}

const NOTHING = new Uint8Array();

function refuseCollection(name: string): void {
  if (name !== '') throw new Error('the development network has no private data');
}

function nextPage(id: string, pages: Map<string, StateEntry[]>): Uint8Array {
  const rest = pages.get(id) ?? [];
  pages.set(id, rest.slice(PAGE));
  return pageOf(id, rest.slice(0, PAGE), rest.length > PAGE);
}

function pageOf(id: string, entries: readonly StateEntry[], hasMore: boolean): Uint8Array {
  const page = new peer.QueryResponse();
  page.setId(id);
  page.setHasMore(hasMore);
  page.setResultsList(
    entries.map(({ key, value }) => {
      const pair = new ledger.queryresult.KV();
      pair.setKey(key);
      pair.setValue(value);
      const bytes = new peer.QueryResultBytes();
      bytes.setResultbytes(pair.serializeBinary());
      return bytes;
    }),
  );
  return page.serializeBinary();
}
