import type { AnchorStore } from './anchor/anchor-store.ts';
import type { WitnessedStore } from './witness/witnessed-store.ts';

/** What chains and witnesses have said of the logs. */
export interface AttestationStores {
  readonly anchors: AnchorStore;
  readonly witnessed: WitnessedStore;
}

/**
 * Keeps what chains and witnesses have said of a site's log under a name of that log's own, `log <origin>`,
 * which no site can have, so that nothing of it is taken for the log that comes after. To be done before
 * that one is; twice does no harm.
 */
export async function setAsideLog(
  { anchors, witnessed }: AttestationStores,
  site: string,
  origin: string,
): Promise<void> {
  const name = `log ${origin}`;
  await anchors.setAside(site, name);
  await witnessed.setAside(site, name);
}
