import { z } from 'zod';
import type { Finality } from '../../ledger/anchor/ethereum/connection.ts';
import { CONTRACT } from '../../ledger/core/trusted-anchor.ts';
import { type Complain, readSettingsFile } from './settings-file.ts';

/** A public chain and the contract of each site, as the settings name them. Secrets are in it. */
export interface EthereumSettings {
  readonly rpc: string;
  readonly chainId: number;
  readonly finality: Finality;
  readonly everyMs: number;
  readonly maxFeePerGas: bigint | undefined;
  readonly sites: ReadonlyMap<string, ContractSettings>;
}

export interface ContractSettings {
  readonly contract: string;
  /** Pays; `0x` and 64 hex digits. */
  readonly senderKey: string;
  readonly signerKeys: readonly string[];
  /** Hashes of blocks that readers may start from. */
  readonly blocks: readonly string[];
}

const SITE = z.strictObject({
  contract: z.string().regex(CONTRACT, '0x and 40 lower case hex digits are expected'),
  /** Files of keys, relative to this one. */
  sender: z.string().min(1),
  signers: z.array(z.string().min(1)).min(1),
  blocks: z.array(z.string().regex(/^[0-9a-f]{64}$/, '64 hex digits are expected')).default([]),
});
/** Nodes keep the state of 128 blocks: of an older one no receipt can be had. */
const FINALITY = z.union(
  [z.enum(['finalized', 'latest']), z.int().min(1).max(127)],
  'finalized, latest or a number of blocks from 1 to 127 is expected',
);
const SETTINGS = z.strictObject({
  /** An address, or a file that holds one: many have a token in them. */
  rpc: z.url({ protocol: /^https?$/ }).optional(),
  rpcFile: z.string().min(1).optional(),
  chainId: z.int().min(1),
  finality: FINALITY.default('finalized'),
  everySeconds: z.int().min(1).default(86_400),
  maxFeeGwei: z.int().min(1).optional(),
  sites: z.record(z.string(), SITE),
});

/** The chain that a file describes. What is wrong with it goes to `complain`; nothing of a key does. */
export function readEthereumSettings(
  path: string,
  complain: Complain,
): EthereumSettings | undefined {
  const file = readSettingsFile(path, SETTINGS, complain);
  if (file === undefined) return undefined;
  const { settings, read } = file;
  const readKey = (name: string): string => {
    const key = read(name).trim();
    if (!isAccountKey(key)) complain(`${name} is no key: 0x and 64 hex digits`);
    return key;
  };
  const { rpc, rpcFile, chainId, finality, everySeconds, maxFeeGwei, sites } = settings;
  if ((rpc === undefined) === (rpcFile === undefined)) complain('give rpc or rpcFile, one of them');
  const bySite = Object.entries(sites).map(([site, { contract, sender, signers, blocks }]) => {
    const keys = { senderKey: readKey(sender), signerKeys: signers.map(readKey) };
    return [site, { contract, blocks, ...keys }] as const;
  });
  const node = rpc ?? (rpcFile === undefined ? '' : read(rpcFile).trim());
  if (rpcFile !== undefined && node !== '' && !isWebAddress(node)) {
    complain(`${rpcFile} is no http or https address`);
  }
  return {
    rpc: node,
    ...{ chainId, finality, everyMs: everySeconds * 1000, sites: new Map(bySite) },
    maxFeePerGas: maxFeeGwei === undefined ? undefined : BigInt(maxFeeGwei) * 1_000_000_000n,
  };
}

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function isAccountKey(text: string): boolean {
  if (!/^0x[0-9a-f]{64}$/.test(text)) return false;
  const secret = BigInt(text);
  return secret > 0n && secret < SECP256K1_ORDER;
}

const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
