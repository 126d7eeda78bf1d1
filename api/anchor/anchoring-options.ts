import type { Logger } from 'pino';
import type { AnchorNews } from '../../ledger/anchor/anchorer.ts';
import type { AnchoringOptions, ChainSetup } from '../../ledger/anchor/anchoring.ts';
import { contractNetwork } from '../../ledger/anchor/ethereum/anchored-contract.ts';
import type { FabricConnection } from '../../ledger/anchor/fabric/connection.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import type { SiteRow } from '../../ledger/store/port.ts';
import type { EthereumSettings } from './ethereum-file.ts';

/** The chains of the settings; the client of each is loaded only where it is used. */
export interface ChainSettings {
  readonly fabric?: FabricConnection | undefined;
  readonly ethereum?: EthereumSettings | undefined;
  readonly anchorMs: number;
}

/** What starts anchoring; undefined where there is no chain. What turns up is logged, once a turn of events. */
export async function anchoringOptions(
  { fabric, ethereum, anchorMs }: ChainSettings,
  log: Logger,
): Promise<AnchoringOptions | undefined> {
  const chains: ChainSetup[] = [];
  if (fabric !== undefined) {
    const { FabricChain } = await import('../../ledger/anchor/fabric/fabric-chain.ts');
    const chain = new FabricChain(fabric, nativePrimitives());
    chains.push({ chainOf: () => chain, everyMs: anchorMs });
  }
  if (ethereum !== undefined) chains.push(await ethereumSetup(ethereum));
  return chains.length === 0 ? undefined : { chains, tell: (news) => tell(news, log) };
}

/** A contract and so a chain of its own for each site that has one. */
async function ethereumSetup(settings: EthereumSettings): Promise<ChainSetup> {
  const { EthereumChain } = await import('../../ledger/anchor/ethereum/ethereum-chain.ts');
  const { localSigner } = await import('../../ledger/anchor/ethereum/signer-quorum.ts');
  const { rpc, finality, everyMs, maxFeePerGas, sites } = settings;
  const chainOf = ({ site, origin }: SiteRow) => {
    const own = sites.get(site);
    if (own === undefined) return undefined;
    const network = contractNetwork(origin, { ...own, chainId: settings.chainId });
    const signers = own.signerKeys.map(localSigner);
    const { senderKey } = own;
    return new EthereumChain({ rpc, network, senderKey, signers, finality, maxFeePerGas });
  };
  return { chainOf, everyMs };
}

/** The chain knows another history of the log than we do, or somebody answers in its place. */
const ALARMING: ReadonlySet<string> = new Set(['anchor-fork', 'anchor-lost', 'anchor-transaction']);

function tell({ site, chain, code, why }: AnchorNews, log: Logger): void {
  const event = { site, chain, code, why };
  if (code === 'anchors-again') log.info(event, 'anchor');
  else if (ALARMING.has(code) || /^(fabric|ethereum)-/.test(code)) log.error(event, 'anchor');
  else log.warn(event, 'anchor');
}
