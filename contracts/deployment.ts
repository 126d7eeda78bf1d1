import {
  ContractFactory,
  getAddress,
  Interface,
  type JsonRpcApiProvider,
  type Signer,
  ZeroAddress,
} from 'ethers';
import { formatCheckpointBody } from '../ledger/core/checkpoint.ts';
import { EMPTY_ROOT } from '../ledger/core/merkle.ts';
import { Refusal } from '../ledger/core/refusal.ts';
import { type AnchorArtifact, isAnchorCode } from './interface/anchor-artifact.ts';

/** What is to be deployed, and where. */
export interface DeploymentPlan {
  readonly chainId: bigint;
  readonly origin: string;
  /** Checksummed addresses, each once. */
  readonly signers: readonly string[];
  readonly threshold: number;
  /** The zero address when nobody shall own the contract. */
  readonly owner: string;
  /** Whether the plan says that the chain's coins are worth money. */
  readonly mainnet: boolean;
}

/** What a deployment would cost and does, before anything is sent. Amounts are in wei. */
export interface DryRun {
  readonly gas: bigint;
  readonly gasPrice: bigint;
  readonly cost: bigint;
  readonly balance: bigint;
}

/** Test chains, whose coins are worth nothing: Hardhat, Sepolia, Hoodi, Holesky. */
const TEST_CHAINS: ReadonlySet<bigint> = new Set([31337n, 11155111n, 560048n, 17000n]);

/**
 * Checks a plan without a chain. Refusals: `checkpoint-origin` and others of a checkpoint,
 * `deploy-signers`, `deploy-threshold`, `deploy-mainnet`.
 */
export function checkPlan(plan: DeploymentPlan): void {
  formatCheckpointBody({ origin: plan.origin, size: 0, root: EMPTY_ROOT });
  const different = new Set(plan.signers.map((signer) => getAddress(signer)));
  if (different.size !== plan.signers.length || different.has(ZeroAddress)) {
    throw new Refusal('deploy-signers', 'Name each signer once; the zero address cannot sign.');
  }
  if (plan.threshold < 1 || plan.threshold > plan.signers.length) {
    throw new Refusal(
      'deploy-threshold',
      `A threshold of ${plan.threshold} cannot be met by ${plan.signers.length} signers, or is none.`,
    );
  }
  if (!TEST_CHAINS.has(plan.chainId) && !plan.mainnet) {
    throw new Refusal(
      'deploy-mainnet',
      `Chain ${plan.chainId} is no known test chain: its coins may be worth money. Add --mainnet.`,
    );
  }
}

/**
 * Lets the chain try the deployment without sending it, and says what it would cost.
 * Refusals: those of `checkPlan`, `deploy-chain`, `deploy-balance`.
 */
export async function dryRun(
  plan: DeploymentPlan,
  artifact: AnchorArtifact,
  provider: JsonRpcApiProvider,
  from: string,
): Promise<DryRun> {
  checkPlan(plan);
  // The node's own word: the provider only repeats what it was told.
  const chainId = BigInt(await provider.send('eth_chainId', []));
  if (chainId !== plan.chainId) {
    throw new Refusal('deploy-chain', `The node is of chain ${chainId}, not of ${plan.chainId}.`);
  }
  const { data } = await factoryOf(artifact).getDeployTransaction(...argumentsOf(plan));
  // The estimate runs the constructor, which also proves that this chain has SHA-256.
  const gas = await provider.estimateGas({ from, data });
  const fees = await provider.getFeeData();
  const gasPrice = fees.maxFeePerGas ?? fees.gasPrice ?? 0n;
  const [cost, balance] = [gas * gasPrice, await provider.getBalance(from)];
  if (balance < cost) {
    throw new Refusal('deploy-balance', `${from} has ${balance} wei and may need ${cost}.`);
  }
  return { gas, gasPrice, cost, balance };
}

/** What is on the chain after a deployment, read back from it. */
export interface Deployed {
  readonly address: string;
  readonly transaction: string;
  readonly block: number;
  readonly gasUsed: bigint;
}

/**
 * Deploys, and reads back what came of it. Refusals: those of `dryRun`, `deploy-unconfirmed`,
 * `deploy-differs`.
 */
export async function deploy(
  plan: DeploymentPlan,
  artifact: AnchorArtifact,
  provider: JsonRpcApiProvider,
  signer: Signer,
): Promise<Deployed> {
  await dryRun(plan, artifact, provider, await signer.getAddress());
  const contract = await factoryOf(artifact, signer).deploy(...argumentsOf(plan));
  const sent = contract.deploymentTransaction();
  const receipt = await sent?.wait();
  if (!receipt || receipt.contractAddress === null) {
    throw new Refusal('deploy-unconfirmed', `No block has taken transaction ${sent?.hash} yet.`);
  }
  const address = getAddress(receipt.contractAddress);
  await requireDeployed(plan, artifact, provider, address);
  return {
    address,
    transaction: receipt.hash,
    block: receipt.blockNumber,
    gasUsed: receipt.gasUsed,
  };
}

/** Refusal `deploy-differs` unless the contract at `address` is exactly the planned one. */
export async function requireDeployed(
  plan: DeploymentPlan,
  artifact: AnchorArtifact,
  provider: JsonRpcApiProvider,
  address: string,
): Promise<void> {
  if (!isAnchorCode(await provider.getCode(address), artifact)) {
    throw new Refusal('deploy-differs', `The code at ${address} is not that of this repository.`);
  }
  const abi = new Interface(JSON.stringify(artifact.abi));
  const read = async (name: string, args: readonly unknown[] = []): Promise<unknown> => {
    const data = abi.encodeFunctionData(name, [...args]);
    return abi.decodeFunctionResult(name, await provider.call({ to: address, data }))[0];
  };
  const facts: [string, unknown, unknown][] = [
    ['origin', await read('origin'), plan.origin],
    ['threshold', await read('threshold'), BigInt(plan.threshold)],
    ['owner', await read('owner'), getAddress(plan.owner)],
    ['number of signers', await read('signerCount'), BigInt(plan.signers.length)],
  ];
  for (const signer of plan.signers) {
    facts.push([`signer ${signer}`, await read('isSigner', [signer]), true]);
  }
  for (const [what, found, planned] of facts) {
    if (found === planned) continue;
    throw new Refusal('deploy-differs', `The ${what} at ${address} is ${found}, not ${planned}.`);
  }
}

function factoryOf(artifact: AnchorArtifact, signer?: Signer): ContractFactory {
  return new ContractFactory(JSON.stringify(artifact.abi), artifact.bytecode, signer ?? null);
}

function argumentsOf(plan: DeploymentPlan): unknown[] {
  return [plan.origin, [...plan.signers], plan.threshold, plan.owner];
}
