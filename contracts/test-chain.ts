import { ErrorFragment, Interface, type Result } from 'ethers';
import { openHardhat } from './compile.ts';
import { readAnchorArtifact } from './interface/anchor-artifact.ts';

/** An Ethereum chain inside this process, which makes a block of every transaction. */
export interface TestChain {
  readonly chainId: bigint;
  /** Rich, and unlocked. */
  readonly accounts: readonly string[];
  readonly request: (method: string, params: readonly unknown[]) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** What a call came to: its values, or the contract's error with its arguments. */
export type Outcome =
  | { readonly ok: true; readonly values: readonly unknown[] }
  | { readonly ok: false; readonly error: string; readonly args: readonly unknown[] };

export interface Receipt {
  readonly gasUsed: bigint;
  readonly events: readonly { readonly name: string; readonly args: readonly unknown[] }[];
  readonly blockTime: bigint;
}

export type Sent = ({ readonly ok: true } & Receipt) | Extract<Outcome, { ok: false }>;

export interface Deployment {
  readonly origin: string;
  readonly signers: readonly string[];
  readonly threshold: number;
  readonly owner: string;
}

/** One contract on a test chain. */
export interface AnchorContract {
  readonly address: string;
  read(name: string, args: readonly unknown[]): Promise<Outcome>;
  /** Sends from the first account, or from the one given. */
  send(name: string, args: readonly unknown[], from?: string): Promise<Sent>;
}

export const artifact = readAnchorArtifact();
export const anchorInterface = new Interface(JSON.stringify(artifact.abi));

/** What a chain may have otherwise: the time of its first block, and the rules of its blocks. */
export interface ChainChoice {
  readonly startsAt?: string;
  readonly hardfork?: string;
  /** As if it were another chain; 31337 unless told. */
  readonly chainId?: number;
}

export async function openTestChain(choice: ChainChoice = {}): Promise<TestChain> {
  const { startsAt, hardfork, chainId } = choice;
  const hardhat = await openHardhat();
  const connection = await hardhat.network.create({
    override: {
      ...{ type: 'edr-simulated' },
      ...(startsAt === undefined ? {} : { initialDate: startsAt }),
      ...(hardfork === undefined ? {} : { hardfork }),
      ...(chainId === undefined ? {} : { chainId }),
    },
  });
  const request: TestChain['request'] = (method, params) =>
    connection.provider.request({ method, params: [...params] });
  const accounts = await request('eth_accounts', []);
  if (!Array.isArray(accounts)) throw new Error('the chain has no accounts');
  return {
    chainId: BigInt(String(await request('eth_chainId', []))),
    accounts: accounts.map(String),
    request,
    close: () => connection.close(),
  };
}

/** Deploys the committed code; the result of a refused deployment is its error. */
export async function deployAnchor(
  chain: TestChain,
  { origin, signers, threshold, owner }: Deployment,
  bytecode: string = artifact.bytecode,
): Promise<{ readonly ok: true; readonly contract: AnchorContract } | Outcome> {
  const args = anchorInterface.encodeDeploy([origin, signers, threshold, owner]);
  const from = chain.accounts[0];
  const data = bytecode + args.slice(2);
  try {
    const receipt = await sendTransaction(chain, { from, data });
    return { ok: true, contract: anchorContract(chain, String(receipt['contractAddress'])) };
  } catch (problem) {
    return refusalOf(problem);
  }
}

export function anchorContract(chain: TestChain, address: string): AnchorContract {
  return {
    address,
    async read(name, args) {
      const data = anchorInterface.encodeFunctionData(name, [...args]);
      try {
        const answer = await chain.request('eth_call', [{ to: address, data }, 'latest']);
        const values = anchorInterface.decodeFunctionResult(name, String(answer));
        return { ok: true, values: plainValues(values) };
      } catch (problem) {
        return refusalOf(problem);
      }
    },
    async send(name, args, from = chain.accounts[0]) {
      const data = anchorInterface.encodeFunctionData(name, [...args]);
      try {
        const receipt = await sendTransaction(chain, { from, to: address, data });
        const block = await requestObject(chain, 'eth_getBlockByNumber', [
          receipt['blockNumber'],
          false,
        ]);
        return {
          ok: true,
          gasUsed: BigInt(String(receipt['gasUsed'])),
          events: eventsOf(receipt['logs']),
          blockTime: BigInt(String(block['timestamp'])),
        };
      } catch (problem) {
        return refusalOf(problem);
      }
    },
  };
}

async function sendTransaction(
  chain: TestChain,
  transaction: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const hash = await chain.request('eth_sendTransaction', [transaction]);
  return requestObject(chain, 'eth_getTransactionReceipt', [hash]);
}

async function requestObject(
  chain: TestChain,
  method: string,
  params: readonly unknown[],
): Promise<Record<string, unknown>> {
  const answer = await chain.request(method, params);
  if (typeof answer !== 'object' || answer === null) throw new Error(`${method} found nothing`);
  return { ...answer };
}

/** The contract's own error; anything else is a fault of the test and thrown on. */
function refusalOf(problem: unknown): Extract<Outcome, { ok: false }> {
  const data = problem instanceof Error && 'data' in problem ? problem.data : undefined;
  const hex = typeof data === 'string' ? data : dataWithin(data);
  if (hex === undefined) throw problem;
  const found = anchorInterface.parseError(hex);
  if (found === null) throw problem;
  return { ok: false, error: found.name, args: plainValues(found.args) };
}

function dataWithin(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null || !('data' in data)) return undefined;
  return typeof data.data === 'string' ? data.data : undefined;
}

function eventsOf(logs: unknown): Receipt['events'] {
  if (!Array.isArray(logs)) throw new Error('a receipt has logs');
  return logs.map((log: { topics: string[]; data: string }) => {
    const event = anchorInterface.parseLog(log);
    if (event === null) throw new Error('the contract has no such event');
    return { name: event.name, args: plainValues(event.args) };
  });
}

function plainValues(values: Result): unknown[] {
  return values.toArray(true);
}

/** Names of all errors that the contract may answer with. */
export function errorNames(): string[] {
  const errors = anchorInterface.fragments.filter((part) => part instanceof ErrorFragment);
  return errors.map(({ name }) => name).sort();
}
