import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Devnet, type DevnetIdentity, startDevnet } from '../../chaincode/devnet/devnet.ts';
import type { FabricConnection, FabricTls } from '../../ledger/anchor/fabric/connection.ts';
import { FabricChain } from '../../ledger/anchor/fabric/fabric-chain.ts';
import { GatewayLink } from '../../ledger/anchor/fabric/gateway-link.ts';
import { fromHex } from '../../ledger/core/bytes.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { readFabricReceipt } from '../../ledger/core/fabric/receipt.ts';
import { verifyFabricReceipt } from '../../ledger/core/fabric/verify-receipt.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import type { SignedLog } from '../support/signed-log.ts';
import type { NetworkUnderTest } from './chain-contract.ts';

/** What a Fabric network tells its clients, for development or real. */
export interface FabricUnderTest {
  readonly address: string;
  readonly channel: string;
  readonly chaincode: string;
  readonly genesisHash: string;
  readonly organisations: Devnet['organisations'];
  readonly tls?: FabricTls | undefined;
}

export const ENDORSEMENT = { threshold: 2, organisations: ['PropertyMSP', 'AuditorMSP'] };

/** A connection as the property company's client, or as the identity given. */
export function connectionTo(
  network: FabricUnderTest,
  identity: DevnetIdentity | undefined = network.organisations[0]?.client,
): FabricConnection {
  if (identity === undefined) throw new Error('a network has organisations');
  const { address, tls, channel, chaincode, genesisHash } = network;
  const pinned = fromHex(genesisHash);
  const known = { channel, chaincode, endorsement: ENDORSEMENT, pinned };
  return { address, tls, identity, network: known, pinnedBlock: 0 };
}

/** Registers the key of a log, as an administrator does once. */
export async function registerLog(
  network: FabricUnderTest,
  log: Pick<SignedLog, 'origin' | 'vkey'>,
): Promise<void> {
  const link = new GatewayLink(connectionTo(network, network.organisations[0]?.admin));
  const { transaction } = await link.endorse('RegisterKey', log.origin, log.vkey);
  const committed = await transaction.submit();
  const { successful } = await committed.getStatus();
  if (!successful) throw new Error('the key was not registered');
  link.close();
}

export function underTest(network: FabricUnderTest, stop: () => Promise<void>): NetworkUnderTest {
  const connection = connectionTo(network);
  return {
    async open(log) {
      await registerLog(network, log);
      return new FabricChain(connection, nativePrimitives());
    },
    proves(value, note) {
      const receipt = readFabricReceipt(value, '');
      return verifyFabricReceipt(receipt, parseCheckpoint(note), connection.network).ok;
    },
    stop,
  };
}

/** A development network in a folder of its own. */
export async function devnetUnderTest(): Promise<NetworkUnderTest & { readonly devnet: Devnet }> {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-anchor-'));
  const devnet = await startDevnet({ folder });
  const network = underTest(devnet, async () => {
    await devnet.stop();
    rmSync(folder, { recursive: true });
  });
  return { ...network, devnet };
}
