import {
  type ChaincodeInterface,
  type ChaincodeResponse,
  type ChaincodeStub,
  Shim,
} from 'fabric-shim';
import { utf8 } from '../ledger/core/bytes.ts';
import { Refusal } from '../ledger/core/refusal.ts';
import { AnchorContract } from './anchor-contract.ts';

/**
 * The contract as the peers call it: the name of a transaction and its parameters in, a response
 * out. A refusal is the response 500 with `<code>: <words>`; further codes `transaction-unknown`
 * and `parameter-count`. Anything else that is thrown is our own mistake and fails the call as it
 * is.
 */
export function anchorChaincode(): ChaincodeInterface {
  return {
    async Init() {
      return Shim.success();
    },
    async Invoke(stub) {
      try {
        return Shim.success(utf8(await invoke(stub)));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return Shim.error(`${error.code}: ${error.message}`) satisfies ChaincodeResponse;
      }
    },
  };
}

interface Transaction {
  readonly parameters: number;
  run(stub: ChaincodeStub, parameters: readonly string[]): Promise<string>;
}

const contract = new AnchorContract();

const TRANSACTIONS: ReadonlyMap<string, Transaction> = new Map<string, Transaction>([
  [
    'Submit',
    { parameters: 3, run: (stub, [a = '', b = '', c = '']) => contract.Submit(stub, a, b, c) },
  ],
  [
    'RegisterKey',
    { parameters: 2, run: (stub, [a = '', b = '']) => contract.RegisterKey(stub, a, b) },
  ],
  ['Key', { parameters: 1, run: (stub, [a = '']) => contract.Key(stub, a) }],
  ['Latest', { parameters: 1, run: (stub, [a = '']) => contract.Latest(stub, a) }],
  ['At', { parameters: 2, run: (stub, [a = '', b = '']) => contract.At(stub, a, b) }],
  ['History', { parameters: 2, run: (stub, [a = '', b = '']) => contract.History(stub, a, b) }],
]);

async function invoke(stub: ChaincodeStub): Promise<string> {
  const { fcn, params } = stub.getFunctionAndParameters();
  const transaction = TRANSACTIONS.get(fcn);
  if (transaction === undefined) {
    const known = [...TRANSACTIONS.keys()].join(', ');
    throw new Refusal('transaction-unknown', `This contract has ${known}.`);
  }
  if (params.length !== transaction.parameters) {
    throw new Refusal('parameter-count', `${fcn} takes ${transaction.parameters} parameters.`);
  }
  return await transaction.run(stub, params);
}
