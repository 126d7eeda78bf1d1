import type { AnchorStore } from './anchor/anchor-store.ts';
import type { WitnessedStore } from './witness/witnessed-store.ts';

/** What chains and witnesses have said of the logs. */
export interface AttestationStores {
  readonly anchors: AnchorStore;
  readonly witnessed: WitnessedStore;
}

/** Where others' words of a log that has ended are kept: under a name that no site can have. */
export function endedLog(origin: string): string {
  return `log ${origin}`;
}

/**
 * Keeps what chains and witnesses have said of a site's log under a name of that log's own, so that
 * nothing of it is taken for the log that comes after. To be done before that one is; twice does no harm.
 */
export async function setAsideLog(
  { anchors, witnessed }: AttestationStores,
  site: string,
  origin: string,
): Promise<void> {
  const name = endedLog(origin);
  await anchors.setAside(site, name);
  await witnessed.setAside(site, name);
}
