import { anchorCodeHash } from '../../contracts/interface/anchor-code.ts';
import { type SampleSigner, sampleSigner, sampleSigners } from '../../contracts/sample-signers.ts';
import {
  artifact,
  deployAnchor,
  openTestChain,
  type TestChain,
} from '../../contracts/test-chain.ts';
import type { EthereumConnection } from '../../ledger/anchor/ethereum/connection.ts';
import { EthereumChain } from '../../ledger/anchor/ethereum/ethereum-chain.ts';
import { localSigner } from '../../ledger/anchor/ethereum/signer-quorum.ts';
import { fromHex } from '../../ledger/core/bytes.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { readEthereumReceipt } from '../../ledger/core/ethereum/receipt.ts';
import { verifyEthereumReceipt } from '../../ledger/core/ethereum/verify-receipt.ts';
import { freePort } from '../support/free-port.ts';
import type { SignedLog } from '../support/signed-log.ts';
import type { NetworkUnderTest } from './chain-contract.ts';
import { startNode, type TestNode } from './ethereum-node.ts';

/** A chain in this process behind a node, with what is particular to it. */
export interface EthereumUnderTest extends NetworkUnderTest {
  readonly node: TestNode;
  readonly testChain: TestChain;
  /** Secrets of who signs; two of them have to. */
  readonly signerKeys: readonly string[];
  /** The way to a contract for the log, deployed for it, and to a rich account of its own. */
  connect(log: Pick<SignedLog, 'origin'>): Promise<EthereumConnection>;
}

/** Who signs for all logs; two of them have to. */
export const SIGNERS = sampleSigners(3);
const THRESHOLD = 2;
const NOBODY = `0x${'0'.repeat(40)}`;
const RICH = `0x${(10n ** 19n).toString(16)}`;

export async function ethereumUnderTest(chainId?: number): Promise<EthereumUnderTest> {
  const testChain = await openTestChain(chainId === undefined ? {} : { chainId });
  // One that is stopped comes back where it was.
  const node = await startNode(testChain, await freePort());
  const connections = new Map<string, EthereumConnection>();
  const connect = async (log: Pick<SignedLog, 'origin'>) => {
    const connection = await connectionTo(testChain, node, log, accountOf(connections.size));
    connections.set(log.origin, connection);
    return connection;
  };
  return {
    ...{ node, testChain, connect },
    signerKeys: SIGNERS.map(({ key }) => key.privateKey),
    async open(log) {
      return new EthereumChain(await connect(log));
    },
    proves(value, note) {
      const checkpoint = parseCheckpoint(note);
      const connection = connections.get(checkpoint.origin);
      if (connection === undefined) throw new Error('a log is opened before it is judged');
      const receipt = readEthereumReceipt(value, '');
      return verifyEthereumReceipt(receipt, checkpoint, connection.network).ok;
    },
    async stop() {
      await node.stop();
      await testChain.close();
    },
  };
}

/** An account for each log, by number. */
function accountOf(log: number): SampleSigner {
  return sampleSigner(`billproof sample account ${log}`);
}

/** Deploys the contract of a log, and pays in for its anchors. */
async function connectionTo(
  chain: TestChain,
  node: TestNode,
  { origin }: Pick<SignedLog, 'origin'>,
  sender: SampleSigner,
): Promise<EthereumConnection> {
  const signers = SIGNERS.map(({ address }) => address);
  const deployed = await deployAnchor(chain, {
    origin,
    signers,
    threshold: THRESHOLD,
    owner: NOBODY,
  });
  if (!('contract' in deployed)) throw new Error(`refused: ${JSON.stringify(deployed)}`);
  const contract = deployed.contract.address.toLowerCase();
  const payment = { from: chain.accounts[0], to: sender.address, value: RICH };
  await chain.request('eth_sendTransaction', [payment]);
  return {
    rpc: node.url,
    network: {
      ...{ chainId: Number(chain.chainId), contract, blocks: [] },
      codeHash: fromHex(anchorCodeHash(origin, artifact)),
    },
    senderKey: sender.key.privateKey,
    signers: SIGNERS.map(({ key }) => localSigner(key.privateKey)),
  };
}
