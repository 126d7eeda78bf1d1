import { join } from 'node:path';
import { type Devnet, startDevnet } from '../../chaincode/devnet/devnet.ts';
import type { FabricConnection } from '../../ledger/anchor/fabric/connection.ts';
import { registerLog } from '../../ledger/anchor/fabric/register-log.ts';
import { fromHex } from '../../ledger/core/bytes.ts';

/** What scripts need to ask the network of the demonstration. */
export interface DemoFabric {
  readonly network: 'development';
  readonly gateway: string;
  readonly channel: string;
  readonly chaincode: string;
  /** Hex hash of the genesis block, which receipts are pinned to. */
  readonly genesisHash: string;
  readonly organisations: readonly string[];
  /** Keys of all members: whoever has this folder can sign any history. */
  readonly folder: string;
}

/** A development network that knows the log. */
export interface LocalFabric {
  readonly described: DemoFabric;
  readonly connection: FabricConnection;
  stop(): Promise<void>;
}

/** Starts it on a free port. One machine plays every organisation, so its receipts prove no anchor. */
export async function startFabric(
  data: string,
  log: { readonly origin: string; readonly vkey: string },
): Promise<LocalFabric> {
  const folder = join(data, 'fabric');
  const devnet = await startDevnet({ folder });
  try {
    const connection = connectionOf(devnet, 'client');
    await registerLog(connectionOf(devnet, 'admin'), log);
    const { address: gateway, channel, chaincode, genesisHash } = devnet;
    const organisations = [...connection.network.endorsement.organisations];
    const names = { gateway, channel, chaincode, genesisHash, organisations, folder };
    return {
      described: { network: 'development', ...names },
      connection,
      stop: () => devnet.stop(),
    };
  } catch (error) {
    await devnet.stop();
    throw error;
  }
}

function connectionOf(devnet: Devnet, who: 'client' | 'admin'): FabricConnection {
  const { address, channel, chaincode, genesisHash, organisations } = devnet;
  const [property] = organisations;
  if (property === undefined) throw new Error('the network has organisations');
  const names = organisations.map(({ mspId }) => mspId);
  const endorsement = { threshold: names.length, organisations: names };
  return {
    address,
    identity: property[who],
    network: { channel, chaincode, endorsement, pinned: fromHex(genesisHash) },
    pinnedBlock: 0,
  };
}
