import { status } from '@grpc/grpc-js';
import { common, peer } from '@hyperledger/fabric-protos';
import { blockHash, envelopesOf } from './block.ts';
import type { Chain } from './chain.ts';
import { CHANNEL } from './channel.ts';
import { GatewayError } from './gateway-error.ts';

/** The system chaincodes, which every peer answers from its own ledger. */
export const SYSTEM_CHAINCODES: ReadonlySet<string> = new Set(['qscc', 'cscc']);

/**
 * Answers `GetChainInfo`, `GetBlockByNumber`, `GetBlockByTxID`, `GetTransactionByID` of `qscc` and
 * `GetConfigBlock` of `cscc`; the first argument after the name is the channel. Fails with
 * `UNKNOWN`.
 */
export async function answerSystemQuery(
  chain: Chain,
  input: peer.ChaincodeInput,
): Promise<peer.Response> {
  const [name = '', channel = '', argument = ''] = input
    .getArgsList_asU8()
    .map((bytes) => Buffer.from(bytes).toString());
  if (channel !== CHANNEL) throw failed(`Invalid chain ID, ${channel}`);
  const answer = QUERIES[name];
  if (answer === undefined) throw failed(`Requested function ${name} not found.`);
  const response = new peer.Response();
  response.setStatus(OK);
  response.setPayload(await answer(chain, argument));
  return response;
}

const OK = 200;

const QUERIES: Readonly<
  Record<string, (chain: Chain, argument: string) => Promise<Uint8Array> | Uint8Array>
> = {
  GetChainInfo(chain) {
    const info = new common.BlockchainInfo();
    info.setHeight(chain.height);
    info.setCurrentblockhash(blockHash(chain.last));
    info.setPreviousblockhash(chain.last.getPreviousHash_asU8());
    return info.serializeBinary();
  },
  async GetBlockByNumber(chain, argument) {
    const number = Number(argument);
    const block = /^\d{1,15}$/.test(argument) ? await chain.block(number) : undefined;
    if (block === undefined) {
      throw failed(`Failed to get block number ${argument}, error no such block number`);
    }
    return block.serializeBinary();
  },
  async GetBlockByTxID(chain, argument) {
    const { block } = await locate(chain, argument);
    return block.serializeBinary();
  },
  async GetTransactionByID(chain, argument) {
    const { block, place } = await locate(chain, argument);
    const envelope = envelopesOf(block)[place.index] ?? new Uint8Array();
    const processed = new peer.ProcessedTransaction();
    processed.setTransactionenvelope(common.Envelope.deserializeBinary(envelope));
    processed.setValidationcode(place.code);
    return processed.serializeBinary();
  },
  async GetConfigBlock(chain) {
    const block = await chain.block(0);
    return block?.serializeBinary() ?? new Uint8Array();
  },
};

async function locate(chain: Chain, txId: string) {
  const place = chain.find(txId);
  const block = place && (await chain.block(place.block));
  if (place === undefined || block === undefined) {
    const reason = `no such transaction ID [${txId}] in index`;
    throw failed(`Failed to get transaction with id ${txId}, error ${reason}`);
  }
  return { block, place };
}

function failed(words: string): GatewayError {
  const details = `evaluate call to endorser returned error: chaincode response 500, ${words}`;
  return new GatewayError(status.UNKNOWN, details);
}
