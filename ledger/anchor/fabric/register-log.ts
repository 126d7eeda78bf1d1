import { fromUtf8 } from '../../core/bytes.ts';
import { ChainUnavailable } from '../chain.ts';
import type { FabricConnection } from './connection.ts';
import { GatewayLink } from './gateway-link.ts';
import { checkProposed } from './prepared-anchor.ts';

/**
 * Makes the key of a log known to the contract, once for its life; the connection must be that of an
 * administrator. Harmless when it is known already. Refuses what the contract refuses,
 * and `anchor-transaction`: a peer could have an administrator sign anything.
 */
export async function registerLog(
  connection: FabricConnection,
  { origin, vkey }: { readonly origin: string; readonly vkey: string },
): Promise<void> {
  const link = new GatewayLink(connection);
  try {
    if (fromUtf8(await link.evaluate('Key', origin)) === vkey) return;
    const { proposal, transaction } = await link.endorse('RegisterKey', origin, vkey);
    checkProposed({ proposal, prepared: transaction.getBytes() });
    await link.submit(transaction.getBytes());
    const id = transaction.getTransactionId();
    const { successful } = await link.commitStatus(id, PATIENCE_MS);
    if (!successful) throw new ChainUnavailable('The registration was not committed; try again.');
  } finally {
    link.close();
  }
}

const PATIENCE_MS = 30_000;
