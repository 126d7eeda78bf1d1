import { setTimeout as delay } from 'node:timers/promises';
import { FabricChain } from '../../ledger/anchor/fabric/fabric-chain.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import { connectionTo, type FabricUnderTest } from '../anchor/fabric-networks.ts';
import { SITE } from '../support/sample-ledger.ts';

/**
 * A service that books top-ups without a pause and anchors as often as it can, until it is killed
 * (anchor-crash.test.ts). SIGTERM ends it with everything anchored; it then says so.
 */
const [dataDir = '', account = '', network = '{}'] = process.argv.slice(2);
const described: FabricUnderTest = JSON.parse(network);
const chain = new FabricChain(connectionTo(described), nativePrimitives());
const ledger = await Ledger.open({ dataDir, checkpointMs: 20 });
ledger.startAnchoring({ chains: [{ chainOf: () => chain, everyMs: 10 }], tell: () => undefined });
let isEnding = false;
process.once('SIGTERM', () => {
  isEnding = true;
});
process.stdout.write('ready\n');
while (!isEnding) {
  const topUp = { account, wallet: 'electricity', amount: '1.000000', method: 'cash' };
  await ledger.execute({ do: 'credit-top-up', site: SITE, ...topUp });
  await delay(15);
}
while (!(await ledger.anchorNow())) await delay(50);
await ledger.close();
process.stdout.write('anchored\n');
