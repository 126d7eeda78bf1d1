import { contractNetwork } from '../../ledger/anchor/ethereum/anchored-contract.ts';
import type { TrustedAnchor } from '../../ledger/core/trusted-anchor.ts';
import type { SiteRow } from '../../ledger/store/port.ts';
import type { ChainSettings } from './anchoring-options.ts';

/** The chains of a site's log as its readers check them, by the settings alone. */
export function trustedAnchors(
  { fabric, ethereum }: Pick<ChainSettings, 'fabric' | 'ethereum'>,
  { site, origin }: Pick<SiteRow, 'site' | 'origin'>,
): TrustedAnchor[] {
  const own = ethereum?.sites.get(site);
  return [
    ...(fabric === undefined ? [] : [{ kind: 'fabric', network: fabric.network } as const]),
    ...(ethereum === undefined || own === undefined
      ? []
      : [{ kind: 'ethereum', network: contractNetwork(origin, { ...ethereum, ...own }) } as const]),
  ];
}
