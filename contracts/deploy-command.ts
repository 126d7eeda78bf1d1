import { readFileSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  FetchRequest,
  formatEther,
  formatUnits,
  getAddress,
  isAddress,
  JsonRpcProvider,
  Network,
  Wallet,
  ZeroAddress,
} from 'ethers';
import { parseCount } from '../ledger/core/checkpoint.ts';
import { Refusal } from '../ledger/core/refusal.ts';
import { type DeploymentPlan, deploy, dryRun } from './deployment.ts';
import { readAnchorArtifact } from './interface/anchor-artifact.ts';

const help = `Deploys the anchor contract of one log. Without --send it only tries and tells.

  node contracts/deploy.ts --rpc http://127.0.0.1:8545 --chain-id 31337 \\
    --origin ledger.example/log/site-1 --signer 0x… --signer 0x… --threshold 2 \\
    --owner 0x… --key-file deployer.key [--send]

  --rpc URL        JSON-RPC of a node of the chain
  --chain-id N     the chain that is meant; a node of any other is refused
  --origin TEXT    first line of the log's checkpoints
  --signer ADDR    may sign anchors; give it once for each
  --threshold N    how many of them must sign
  --owner ADDR     may change the signers; or --no-owner: nobody, ever
  --key-file FILE  64 hex digits: the key that pays; readable by its owner alone
  --from ADDR      instead of a key, for a dry run
  --mainnet        the coins of this chain may be worth money, and that is meant
  --send           deploys

Exit codes: 0 done, 2 refused: nothing was sent unless the message names a transaction.`;

const options = {
  rpc: { type: 'string' },
  'chain-id': { type: 'string' },
  origin: { type: 'string' },
  signer: { type: 'string', multiple: true },
  threshold: { type: 'string' },
  owner: { type: 'string' },
  'no-owner': { type: 'boolean', default: false },
  'key-file': { type: 'string' },
  from: { type: 'string' },
  mainnet: { type: 'boolean', default: false },
  send: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

type Values = ReturnType<typeof parseOptions>;

/** Runs the command and returns its exit code. What it has to say goes to `print`. */
export async function runDeployCommand(
  args: readonly string[],
  print: (line: string) => void,
): Promise<number> {
  try {
    const values = parseOptions(args);
    if (values.help) print(help);
    else await runDeploy(values, print);
    return 0;
  } catch (problem) {
    print(describeProblem(problem));
    return 2;
  }
}

async function runDeploy(values: Values, print: (line: string) => void): Promise<void> {
  const plan = planOf(values);
  const wallet = walletOf(values);
  const from = wallet?.address ?? addressOf('--from', values.from);
  if (values.send && wallet === undefined) throw usage('To --send, give the key: --key-file FILE.');
  const request = new FetchRequest(required('--rpc', values.rpc));
  request.timeout = 30_000;
  // A static network keeps the provider from asking again and again for a node that is not there.
  const staticNetwork = Network.from(plan.chainId);
  const provider = new JsonRpcProvider(request, staticNetwork, { staticNetwork });
  try {
    const artifact = readAnchorArtifact();
    const tried = await dryRun(plan, artifact, provider, from);
    for (const line of describePlan(plan, from)) print(line);
    print(`gas        ${tried.gas} at up to ${formatUnits(tried.gasPrice, 'gwei')} gwei`);
    print(`cost       up to ${formatEther(tried.cost)}, of ${formatEther(tried.balance)} there`);
    if (!values.send || wallet === undefined) {
      print('Nothing was sent. Add --send to deploy.');
      return;
    }
    const done = await deploy(plan, artifact, provider, wallet.connect(provider));
    print(`deployed   ${done.address} in block ${done.block}, transaction ${done.transaction}`);
    print(`gas used   ${done.gasUsed}; code, origin, signers, threshold and owner read back`);
  } finally {
    provider.destroy();
  }
}

function parseOptions(args: readonly string[]) {
  return parseArgs({ args: [...args], options, allowPositionals: false }).values;
}

function planOf(values: Values): DeploymentPlan {
  if ((values.owner === undefined) !== values['no-owner']) {
    throw usage('Say who may change the signers: --owner ADDR, or --no-owner.');
  }
  return {
    chainId: BigInt(countOf('--chain-id', values['chain-id'])),
    origin: required('--origin', values.origin),
    signers: (values.signer ?? []).map((signer) => addressOf('--signer', signer)),
    threshold: countOf('--threshold', values.threshold),
    owner: values['no-owner'] ? ZeroAddress : addressOf('--owner', values.owner),
    mainnet: values.mainnet,
  };
}

function describePlan(plan: DeploymentPlan, from: string): string[] {
  const owner = plan.owner === ZeroAddress ? 'nobody: the signers are fixed for ever' : plan.owner;
  return [
    `chain      ${plan.chainId}${plan.mainnet ? ' (--mainnet)' : ''}`,
    `log        ${plan.origin}`,
    ...plan.signers.map((signer) => `signer     ${signer}`),
    `threshold  ${plan.threshold} of ${plan.signers.length}`,
    `owner      ${owner}`,
    `paid by    ${from}`,
  ];
}

function walletOf(values: Values): Wallet | undefined {
  const path = values['key-file'];
  if (path === undefined) return undefined;
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
    throw new Refusal('deploy-key', `Others may read ${path}. Run chmod 600 on it.`);
  }
  const key = readFileSync(path, 'utf8').trim().replace(/^0x/, '');
  if (!/^[0-9a-fA-F]{64}$/.test(key)) {
    throw new Refusal('deploy-key', `${path} does not hold 64 hex digits.`);
  }
  return new Wallet(`0x${key}`);
}

function addressOf(option: string, text: string | undefined): string {
  const given = required(option, text);
  if (!isAddress(given)) throw usage(`${option} ${given} is no address, or is mistyped.`);
  return getAddress(given);
}

function countOf(option: string, text: string | undefined): number {
  const count = parseCount(required(option, text));
  if (count === undefined) throw usage(`${option} ${text} is no number.`);
  return count;
}

function required(option: string, value: string | undefined): string {
  if (value === undefined || value === '') throw usage(`${option} is missing. See --help.`);
  return value;
}

function usage(message: string): Refusal {
  return new Refusal('deploy-usage', message);
}

/** One line, without what a node or a library adds for its own developers. */
function describeProblem(problem: unknown): string {
  if (problem instanceof Refusal) return `${problem.code}: ${problem.message}`;
  if (!(problem instanceof Error)) return `deploy-failed: ${problem}`;
  const code = 'code' in problem ? String(problem.code) : problem.name;
  const short = 'shortMessage' in problem ? problem.shortMessage : problem.message;
  return `deploy-failed: ${code}: ${short}`;
}
