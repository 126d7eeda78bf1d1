import type { Logger } from 'pino';
import type { AnchorNews } from '../../ledger/anchor/anchorer.ts';
import type { AnchoringOptions, ChainSetup } from '../../ledger/anchor/anchoring.ts';
import type { FabricConnection } from '../../ledger/anchor/fabric/connection.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';

/** The chains of the settings; the client of each is loaded only where it is used. */
export interface ChainSettings {
  readonly fabric?: FabricConnection | undefined;
  readonly anchorMs: number;
}

/** What starts anchoring; undefined where there is no chain. What turns up is logged, once a turn of events. */
export async function anchoringOptions(
  { fabric, anchorMs }: ChainSettings,
  log: Logger,
): Promise<AnchoringOptions | undefined> {
  const chains: ChainSetup[] = [];
  if (fabric !== undefined) {
    const { FabricChain } = await import('../../ledger/anchor/fabric/fabric-chain.ts');
    const chain = new FabricChain(fabric, nativePrimitives());
    chains.push({ chainOf: () => chain, everyMs: anchorMs });
  }
  return chains.length === 0 ? undefined : { chains, tell: (news) => tell(news, log) };
}

/** The chain knows another history of the log than we do, or somebody answers in its place. */
const ALARMING: ReadonlySet<string> = new Set(['anchor-fork', 'anchor-transaction']);

function tell({ site, chain, code, why }: AnchorNews, log: Logger): void {
  const event = { site, chain, code, why };
  if (code === 'anchors-again') log.info(event, 'anchor');
  else if (ALARMING.has(code) || code.startsWith('fabric-')) log.error(event, 'anchor');
  else log.warn(event, 'anchor');
}
