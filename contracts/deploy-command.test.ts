import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JsonRpcProvider, Wallet, ZeroAddress } from 'ethers';
import type { JsonRpcServer } from 'hardhat/types/network';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openHardhat } from './compile.ts';
import { runDeployCommand } from './deploy-command.ts';
import { type DeploymentPlan, requireDeployed } from './deployment.ts';
import { readAnchorArtifact } from './interface/anchor-artifact.ts';
import { sampleSigners } from './sample-signers.ts';

/** The first account of every Hardhat chain: its key is public. */
const KEY = 'ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
const payer = new Wallet(`0x${KEY}`).address;
const [one, two] = sampleSigners(2).map(({ address }) => address);
if (one === undefined || two === undefined) throw new Error('two signers');

const folder = mkdtempSync(join(tmpdir(), 'billproof-deploy-'));
const keyFile = join(folder, 'deployer.key');
let server: JsonRpcServer;
let rpc: string;
let provider: JsonRpcProvider;

beforeAll(async () => {
  writeFileSync(keyFile, `${KEY}\n`, { mode: 0o600 });
  const hardhat = await openHardhat();
  server = await hardhat.network.createServer(undefined, '127.0.0.1', 0);
  const { address, port } = await server.listen();
  rpc = `http://${address}:${port}`;
  provider = new JsonRpcProvider(rpc);
});

afterAll(async () => {
  provider.destroy();
  await server.close();
  rmSync(folder, { recursive: true });
});

interface Change {
  readonly without?: string;
  readonly add?: readonly string[];
}

/** A good call, changed: an option is taken away with its value, others are added. */
function callWith({ without, add = [] }: Change = {}): string[] {
  const good = [
    ...[`--rpc=${rpc}`, '--chain-id=31337', '--origin=ledger.example/log/site-1'],
    ...[`--signer=${one}`, `--signer=${two}`, '--threshold=2', `--owner=${payer}`],
    `--key-file=${keyFile}`,
  ];
  return [...good.filter((word) => word.split('=')[0] !== without), ...add];
}

async function run(change?: Change): Promise<{ code: number; lines: string[] }> {
  const lines: string[] = [];
  const code = await runDeployCommand(callWith(change), (line) => lines.push(line));
  return { code, lines };
}

const plan: DeploymentPlan = {
  ...{ chainId: 31337n, origin: 'ledger.example/log/site-1', signers: [one, two] },
  ...{ threshold: 2, owner: payer, mainnet: false },
};

describe('a deployment', () => {
  it('is only tried and told, unless --send is given', async () => {
    const before = await provider.getTransactionCount(payer);
    const { code, lines } = await run();
    expect([code, lines]).toEqual([
      0,
      [
        ...['chain      31337', 'log        ledger.example/log/site-1'],
        ...[`signer     ${one}`, `signer     ${two}`, 'threshold  2 of 2'],
        ...[`owner      ${payer}`, `paid by    ${payer}`],
        expect.stringMatching(/^gas {8}1[0-9]{6} at up to [0-9.]+ gwei$/),
        expect.stringMatching(/^cost {7}up to 0\.[0-9]+, of [0-9.]+ there$/),
        'Nothing was sent. Add --send to deploy.',
      ],
    ]);
    expect(await provider.getTransactionCount(payer)).toBe(before);
  });

  it('is tried for an address without its key', async () => {
    const { code, lines } = await run({ without: '--key-file', add: [`--from=${payer}`] });
    expect([code, lines.at(-1)]).toEqual([0, 'Nothing was sent. Add --send to deploy.']);
  });

  it('is sent, and read back from the chain', async () => {
    const { code, lines } = await run({ add: ['--send'] });
    const address = /^deployed {3}(0x\w{40}) in block/.exec(lines.at(-2) ?? '')?.[1] ?? '';
    expect([code, lines.at(-1)]).toEqual([
      0,
      expect.stringMatching(
        /^gas used {3}\d+; code, origin, signers, threshold and owner read back$/,
      ),
    ]);
    const artifact = readAnchorArtifact();
    await requireDeployed(plan, artifact, provider, address);
    const others: [Partial<DeploymentPlan>, string][] = [
      [{ origin: 'ledger.example/log/site-2' }, 'The origin at'],
      [{ threshold: 1 }, 'The threshold at'],
      [{ owner: ZeroAddress }, 'The owner at'],
      [{ signers: [one] }, 'The number of signers at'],
      [{ signers: [one, payer] }, `The signer ${payer} at`],
    ];
    for (const [other, message] of others) {
      const checked = requireDeployed({ ...plan, ...other }, artifact, provider, address);
      await expect(checked).rejects.toThrow(message);
    }
    const nothing = requireDeployed(plan, artifact, provider, payer);
    await expect(nothing).rejects.toThrow('is not that of this repository');
  });

  it('runs from the command line, without Hardhat', () => {
    const script = join(import.meta.dirname, 'deploy.ts');
    const told = execFileSync(process.execPath, [script, '--help'], { encoding: 'utf8' });
    expect(told).toContain('Without --send it only tries and tells.');
  });
});

describe('a deployment is refused', () => {
  const cases: [string, Change, string][] = [
    [
      'for another chain',
      { without: '--chain-id', add: ['--chain-id=11155111'] },
      'deploy-chain: ',
    ],
    [
      'on Ethereum without a word',
      { without: '--chain-id', add: ['--chain-id=1', '--send'] },
      'deploy-mainnet: Chain 1 is no known test chain',
    ],
    [
      'on any chain that is not known for tests',
      { without: '--chain-id', add: ['--chain-id=42161', '--send'] },
      'deploy-mainnet: ',
    ],
    [
      'where the node is of another chain, --mainnet or not',
      { without: '--chain-id', add: ['--chain-id=1', '--mainnet', '--send'] },
      'deploy-chain: The node is of chain 31337, not of 1.',
    ],
    ['without an origin', { without: '--origin' }, 'deploy-usage: --origin is missing'],
    ['with two lines as origin', { without: '--origin', add: ['--origin=a\nb'] }, 'checkpoint-'],
    ['without signers', { without: '--signer' }, 'deploy-threshold: '],
    ['with a signer twice', { add: [`--signer=${one}`] }, 'deploy-signers: '],
    ['with nobody as signer', { add: [`--signer=${ZeroAddress}`] }, 'deploy-signers: '],
    ['with no threshold', { without: '--threshold', add: ['--threshold=0'] }, 'deploy-threshold: '],
    [
      'with too high a threshold',
      { without: '--threshold', add: ['--threshold=3'] },
      'deploy-thre',
    ],
    ['without a word on the owner', { without: '--owner' }, 'deploy-usage: Say who may change'],
    ['with and without an owner', { add: ['--no-owner'] }, 'deploy-usage: Say who may change'],
    [
      'with a mistyped owner',
      { without: '--owner', add: [`--owner=${payer.replace('f', 'F')}`] },
      'deploy-usage: --owner',
    ],
    [
      'to be sent without a key',
      { without: '--key-file', add: [`--from=${payer}`, '--send'] },
      'deploy-usage: To --send, give the key',
    ],
    [
      'from an account that cannot pay',
      { without: '--key-file', add: ['--from=0x00000000000000000000000000000000DeaDBeef'] },
      'deploy-balance: ',
    ],
    [
      'with an unknown option',
      { add: ['--force'] },
      'deploy-failed: ERR_PARSE_ARGS_UNKNOWN_OPTION',
    ],
    ['without a node', { without: '--rpc', add: ['--rpc=http://127.0.0.1:9'] }, 'deploy-failed: '],
  ];
  it.each(cases)('%s', async (_, change, message) => {
    const before = await provider.getTransactionCount(payer);
    const { code, lines } = await run(change);
    expect([code, lines]).toEqual([2, [expect.stringContaining(message)]]);
    expect(await provider.getTransactionCount(payer)).toBe(before);
  });

  it('with a key that others may read, or that is none', async () => {
    const open = join(folder, 'open.key');
    writeFileSync(open, KEY);
    chmodSync(open, 0o644);
    const refused = await run({ without: '--key-file', add: [`--key-file=${open}`] });
    expect(refused.lines).toEqual([expect.stringContaining('deploy-key: Others may read')]);
    writeFileSync(open, 'secret');
    chmodSync(open, 0o600);
    const none = await run({ without: '--key-file', add: [`--key-file=${open}`] });
    expect(none.lines).toEqual([expect.stringContaining('does not hold 64 hex digits')]);
  });
});
