import { flushCompileCache } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import type { AnchorChain } from '../../ledger/anchor/chain.ts';
import { EthereumChain } from '../../ledger/anchor/ethereum/ethereum-chain.ts';
import { localSigner } from '../../ledger/anchor/ethereum/signer-quorum.ts';
import { FabricChain } from '../../ledger/anchor/fabric/fabric-chain.ts';
import { fromHex } from '../../ledger/core/bytes.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import { connectionTo, type FabricUnderTest } from '../anchor/fabric-networks.ts';
import { SITE } from '../support/sample-ledger.ts';

// Who is killed keeps nothing at the end, and most of the next start would be compiling again.
flushCompileCache();

/** Which chain the service anchors on, as words that go to another process. */
export type ChainInWords =
  | { readonly kind: 'fabric'; readonly told: FabricUnderTest }
  | {
      readonly kind: 'ethereum';
      readonly rpc: string;
      readonly chainId: number;
      readonly contract: string;
      readonly codeHash: string;
      readonly senderKey: string;
      readonly signerKeys: readonly string[];
    };

/**
 * A service that books top-ups without a pause and anchors as often as it can, until it is killed
 * (anchor-crash.test.ts). It says when there is another anchor. SIGTERM ends it with everything anchored.
 */
const [dataDir = '', account = '', words = '{}'] = process.argv.slice(2);
const chain = open(JSON.parse(words));
const ledger = await Ledger.open({ dataDir, checkpointMs: 20 });
ledger.startAnchoring({ chains: [{ chainOf: () => chain, everyMs: 10 }], tell: () => undefined });
let isEnding = false;
process.once('SIGTERM', () => {
  isEnding = true;
});
process.stdout.write('ready\n');
let told: number | undefined;
while (!isEnding) {
  const topUp = { account, wallet: 'electricity', amount: '1.000000', method: 'cash' };
  await ledger.execute({ do: 'credit-top-up', site: SITE, ...topUp });
  const [anchors] = await ledger.anchors();
  if (told !== undefined && anchors?.size !== told) process.stdout.write('anchored\n');
  told = anchors?.size;
  await delay(15);
}
while (!(await ledger.anchorNow())) await delay(50);
await ledger.close();

function open(chosen: ChainInWords): AnchorChain {
  if (chosen.kind === 'fabric')
    return new FabricChain(connectionTo(chosen.told), nativePrimitives());
  const { rpc, chainId, contract, senderKey, signerKeys } = chosen;
  const network = { chainId, contract, codeHash: fromHex(chosen.codeHash), blocks: [] };
  return new EthereumChain({ rpc, network, senderKey, signers: signerKeys.map(localSigner) });
}
