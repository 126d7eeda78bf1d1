import { fromHex, hex } from './bytes.ts';
import type { FabricNetwork } from './fabric/network.ts';
import { HASH, ID } from './shape.ts';

/** A network whose receipts a verifier accepts, as far as they prove what they should. */
export type TrustedAnchor = { readonly kind: 'fabric'; readonly network: FabricNetwork };

/**
 * A trust policy has no line for chains, so they stand in it as comments, which every other reader skips:
 * `# billproof-anchor fabric <channel> <chaincode> <hash of the pinned block> <threshold> <MSP id>…`.
 */
export const ANCHOR_WORD = 'billproof-anchor';

/** Reads the words behind `billproof-anchor`; undefined when they are not as they should be. */
export function parseTrustedAnchor(words: readonly string[]): TrustedAnchor | undefined {
  const [kind, ...rest] = words;
  return kind === 'fabric' ? parseFabric(rest) : undefined;
}

/** The words that `parseTrustedAnchor` reads back to the same. */
export function formatTrustedAnchor({ kind, network }: TrustedAnchor): string[] {
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

export const CHANNEL = /^[a-z][a-z0-9.-]{0,248}$/;
export const CHAINCODE = /^[A-Za-z0-9]([_-]?[A-Za-z0-9]){0,127}$/;
