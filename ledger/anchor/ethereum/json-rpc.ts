import { fromHex } from '../../core/bytes.ts';
import { Refusal } from '../../core/refusal.ts';

/** Asks a node by JSON-RPC and hands out its result; an error of the node is thrown. */
export type RpcCall = (method: string, params: readonly unknown[]) => Promise<unknown>;

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Bytes as nodes write them: `0x` and two digits a byte. Refusal `ethereum-node`. */
export function readData(value: unknown, method: string): Uint8Array {
  const isData = typeof value === 'string' && /^0x(?:[0-9a-fA-F]{2})*$/.test(value);
  if (!isData) throw badAnswer(method);
  return fromHex(value.slice(2).toLowerCase());
}

export function badAnswer(method: string): Refusal {
  return new Refusal(
    'ethereum-node',
    `The node does not answer ${method} as it is meant to; ask another one.`,
    { method },
  );
}
