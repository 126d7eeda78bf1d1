import { anchorStorePath } from './anchor/anchoring.ts';
import { PostgresAnchorStore } from './anchor/postgres-anchor-store.ts';
import { SqliteAnchorStore } from './anchor/sqlite-anchor-store.ts';
import type { AttestedLogs } from './attestations.ts';
import type { DatabaseOptions } from './cluster/cluster.ts';
import { PostgresWitnessedStore } from './witness/postgres-witnessed-store.ts';
import { WitnessedFiles } from './witness/witnessed-files.ts';

/** Where what witnesses and chains answer is kept: beside the events. */
export type Place = { readonly dataDir: string } | DatabaseOptions;

export function attestedIn(place: Place): Pick<AttestedLogs, 'openWitnessed' | 'openAnchors'> {
  if ('dataDir' in place) {
    const { dataDir } = place;
    return {
      openWitnessed: () => new WitnessedFiles(dataDir),
      openAnchors: () => new SqliteAnchorStore(anchorStorePath(dataDir)),
    };
  }
  const { url, deadlineMs } = place;
  return {
    openWitnessed: () => new PostgresWitnessedStore({ url, deadlineMs }),
    openAnchors: () => new PostgresAnchorStore({ url, deadlineMs }),
  };
}
