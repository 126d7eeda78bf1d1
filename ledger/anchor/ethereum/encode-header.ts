import { fromHex } from '../../core/bytes.ts';
import { encodeList, encodeString } from '../../core/ethereum/rlp.ts';
import { badAnswer, isRecord, readData } from './json-rpc.ts';

/**
 * The header of a block in RLP, from the block as `eth_getBlockByNumber` tells it. Fields that no fork up to
 * Osaka has are not known here: the header of such a block has another hash than the block.
 * Refusal `ethereum-node`.
 */
export function encodeHeader(block: unknown): Uint8Array {
  if (!isRecord(block)) throw badAnswer('eth_getBlockByNumber');
  const fields = [
    ...FRONTIER.map((field) => [field, block[field]] as const),
    // The fields of later forks are there or not, as the block's own fork has it.
    ...LATER.map((field) => [field, block[field] ?? undefined] as const).filter(
      ([, value]) => value !== undefined,
    ),
  ];
  return encodeList(fields.map(([field, value]) => encodeString(readField(field, value))));
}

const FRONTIER = [
  ...['parentHash', 'sha3Uncles', 'miner', 'stateRoot', 'transactionsRoot', 'receiptsRoot'],
  ...['logsBloom', 'difficulty', 'number', 'gasLimit', 'gasUsed', 'timestamp', 'extraData'],
  ...['mixHash', 'nonce'],
] as const;

/** London; Shanghai; Cancun, three of them; Prague. */
const LATER = [
  ...['baseFeePerGas', 'withdrawalsRoot', 'blobGasUsed', 'excessBlobGas'],
  ...['parentBeaconBlockRoot', 'requestsHash'],
] as const;

/** Integers; all other fields are bytes. */
const QUANTITIES: ReadonlySet<string> = new Set([
  ...['difficulty', 'number', 'gasLimit', 'gasUsed', 'timestamp'],
  ...['baseFeePerGas', 'blobGasUsed', 'excessBlobGas'],
]);

function readField(field: string, value: unknown): Uint8Array {
  if (!QUANTITIES.has(field)) return readData(value, 'eth_getBlockByNumber');
  const isQuantity = typeof value === 'string' && /^0x[0-9a-fA-F]{1,64}$/.test(value);
  if (!isQuantity) throw badAnswer('eth_getBlockByNumber');
  const digits = value.slice(2).toLowerCase().replace(/^0+/, '');
  return fromHex(digits.length % 2 === 0 ? digits : `0${digits}`);
}
