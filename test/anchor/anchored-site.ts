import { base64 } from '../../ledger/core/bytes.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import type { FabricReceipt } from '../../ledger/core/fabric/receipt.ts';
import { formatTrustPolicy, parseTrustPolicy } from '../../ledger/core/trust-policy.ts';
import { honestSite } from '../attacks/attack.ts';
import { TENANT } from '../attacks/story.ts';
import { SampleChannel, versionOf, writeOf } from '../support/fabric-network.ts';

/** A site with a bill, and a channel whose keys the test holds: a real one, as far as its bytes tell. */
export const site = honestSite();
export const channel = new SampleChannel();
export const checkpoint = parseCheckpoint(site.checkpoint());
export const index = site.account(TENANT).events.at(-1)?.index ?? 0;

type Parts = { readonly genesis?: Uint8Array; readonly validity?: boolean };

/** A receipt of a checkpoint as a bundle carries it. */
export function receiptOf(anchored = checkpoint, { genesis, validity = true }: Parts = {}) {
  const block = channel.block([channel.transaction({ writes: [writeOf(anchored)] })]);
  const receipt = channel.receipt({ block, ...(genesis && { config: [genesis] }) });
  return encode(validity ? { ...receipt, validity: statementOf(anchored) } : receipt);
}

/** The peers' statement about the key of a checkpoint. */
function statementOf(anchored = checkpoint): Uint8Array {
  return channel.statementOf(anchored, versionOf(6, 0));
}

export function encode({ block, config, validity, ...rest }: FabricReceipt) {
  const statement = validity === undefined ? {} : { validity: base64(validity) };
  return { ...rest, block: base64(block), config: config.map(base64), ...statement };
}

/** The site's policy, with the channel pinned to a genesis block. */
export function policyWith(genesis?: Uint8Array): string {
  const network = channel.network(genesis);
  return formatTrustPolicy({
    ...parseTrustPolicy(site.trust),
    anchors: [{ kind: 'fabric', network }],
  });
}
