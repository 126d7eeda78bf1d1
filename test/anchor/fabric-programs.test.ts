import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNetwork } from '../../chaincode/network/network.ts';
import { describeFabric } from '../support/fabric-programs.ts';
import { describeChain, type NetworkUnderTest } from './chain-contract.ts';
import { type FabricUnderTest, underTest } from './fabric-networks.ts';

describeFabric('anchors on Fabric', (bin) => {
  describeChain('its own programs', () => realNetwork(bin));
});

/** A network of Fabric's own programs in a folder of its own. */
async function realNetwork(bin: string): Promise<NetworkUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-anchor-real-'));
  const network = await startNetwork({ folder, bin });
  const { address, channel, chaincode, genesisHash } = network;
  const { rootCertificate, hostnameOverride: hostname } = network.tls;
  const organisations = network.organisations.map(({ mspId, client, admin }) => ({
    mspId,
    client: { ...client, mspId },
    admin: { ...admin, mspId },
  }));
  const described: FabricUnderTest = {
    ...{ address, channel, chaincode, genesisHash, organisations },
    tls: { rootCertificate, hostname },
  };
  return underTest(described, async () => {
    await network.stop();
    rmSync(folder, { recursive: true });
  });
}
