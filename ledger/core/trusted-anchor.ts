import { fromHex, hex } from './bytes.ts';
import type { EthereumNetwork } from './ethereum/network.ts';
import type { FabricNetwork } from './fabric/network.ts';
import { HASH, ID } from './shape.ts';

/** A network whose receipts a verifier accepts, as far as they prove what they should. */
export type TrustedAnchor =
  | { readonly kind: 'fabric'; readonly network: FabricNetwork }
  | { readonly kind: 'ethereum'; readonly network: EthereumNetwork };

/**
 * A trust policy has no line for chains, so they stand in it as comments, which every other reader skips:
 * `# billproof-anchor fabric <channel> <chaincode> <hash of the pinned block> <threshold> <MSP id>…` and
 * `# billproof-anchor ethereum <chain id> <contract> <code hash> [<hash of a known block>…]`.
 */
export const ANCHOR_WORD = 'billproof-anchor';

/** Reads the words behind `billproof-anchor`; undefined when they are not as they should be. */
export function parseTrustedAnchor(words: readonly string[]): TrustedAnchor | undefined {
  const [kind, ...rest] = words;
  if (kind === 'fabric') return parseFabric(rest);
  return kind === 'ethereum' ? parseEthereum(rest) : undefined;
}

/** The words that `parseTrustedAnchor` reads back to the same. */
export function formatTrustedAnchor({ kind, network }: TrustedAnchor): string[] {
  if (kind === 'ethereum') {
    const { chainId, contract, codeHash, blocks } = network;
    return [kind, String(chainId), contract, hex(codeHash), ...blocks.map(hex)];
  }
  const { channel, chaincode, endorsement, pinned } = network;
  const { threshold, organisations } = endorsement;
  return [kind, channel, chaincode, hex(pinned), String(threshold), ...organisations];
}

function parseFabric(words: readonly string[]): TrustedAnchor | undefined {
  const [channel = '', chaincode = '', pinned = '', count = '', ...organisations] = words;
  const threshold = /^[1-9][0-9]?$/.test(count) ? Number(count) : 0;
  const isKnown =
    CHANNEL.test(channel) &&
    CHAINCODE.test(chaincode) &&
    HASH.test(pinned) &&
    organisations.every((name) => ID.test(name)) &&
    new Set(organisations).size === organisations.length &&
    threshold >= 1 &&
    threshold <= organisations.length;
  if (!isKnown) return undefined;
  const endorsement = { threshold, organisations };
  return { kind: 'fabric', network: { channel, chaincode, endorsement, pinned: fromHex(pinned) } };
}

function parseEthereum(words: readonly string[]): TrustedAnchor | undefined {
  const [chain = '', contract = '', code = '', ...blocks] = words;
  const isKnown =
    /^[1-9][0-9]{0,14}$/.test(chain) &&
    CONTRACT.test(contract) &&
    [code, ...blocks].every((hash) => HASH.test(hash));
  if (!isKnown) return undefined;
  const network = { chainId: Number(chain), contract, codeHash: fromHex(code) };
  return { kind: 'ethereum', network: { ...network, blocks: blocks.map(fromHex) } };
}

export const CHANNEL = /^[a-z][a-z0-9.-]{0,248}$/;
export const CHAINCODE = /^[A-Za-z0-9]([_-]?[A-Za-z0-9]){0,127}$/;
export const CONTRACT = /^0x[0-9a-f]{40}$/;

/** The channels among them. */
export function trustedChannels(trusted: readonly TrustedAnchor[]): FabricNetwork[] {
  return trusted.flatMap((one) => (one.kind === 'fabric' ? one.network : []));
}

/** The first trusted contract at this place. */
export function trustedContract(
  trusted: readonly TrustedAnchor[],
  { chainId, contract }: Pick<EthereumNetwork, 'chainId' | 'contract'>,
): EthereumNetwork | undefined {
  for (const { kind, network } of trusted) {
    if (kind !== 'ethereum') continue;
    if (network.chainId === chainId && network.contract === contract) return network;
  }
  return undefined;
}
