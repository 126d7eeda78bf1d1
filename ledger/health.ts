import type { Cluster } from './cluster/cluster.ts';
import type { WriterPort } from './cluster/writer-port.ts';

/** How a process and what it leans on are. */
export type LedgerHealth = {
  readonly store: 'ok' | 'failed';
  readonly writer: 'ok' | 'failed';
  /** Age of the oldest event of this process that no checkpoint holds; 0 when there is none. */
  readonly checkpointAgeMs: number;
  /** Events of each site that is in memory here. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Of a ledger of several processes: those that write, and sites that nobody writes for at present. */
  readonly writers?: number;
  readonly unownedSites?: number;
};

/** The processes see each other several times a second; a view so old means that the database is away. */
const OLD_VIEW_MS = 5_000;
const FAILED = { checkpointAgeMs: 0, sizes: {} } as const;

export async function healthOf(
  writer: WriterPort,
  cluster: Cluster | undefined,
): Promise<LedgerHealth> {
  if (cluster === undefined) return await ownHealth(writer);
  const { ageMs, view, writer: own } = cluster.membership;
  const alive = new Set(view.writers.map((each) => each.writer));
  const unowned = view.sites.filter((each) => each.writer === null || !alive.has(each.writer));
  const isSeen = ageMs < OLD_VIEW_MS;
  const ours = own === undefined ? undefined : await ownHealth(writer);
  return {
    store: isSeen && ours?.store !== 'failed' ? 'ok' : 'failed',
    writer: alive.size > 0 && ours?.writer !== 'failed' ? 'ok' : 'failed',
    checkpointAgeMs: ours?.checkpointAgeMs ?? 0,
    sizes: ours?.sizes ?? {},
    writers: alive.size,
    unownedSites: unowned.length,
  };
}

/** Numbers for whoever watches, in the units that their names end in. */
export async function metricsOf(
  writer: WriterPort,
  cluster: Cluster | undefined,
): Promise<Record<string, number>> {
  const { checkpointAgeMs, sizes, writers, unownedSites } = await healthOf(writer, cluster);
  return {
    checkpoint_age_ms: checkpointAgeMs,
    log_events: Object.values(sizes).reduce((sum, size) => sum + size, 0),
    writer_queue_requests: writer.waiting,
    ...(writers !== undefined && { writers }),
    ...(unownedSites !== undefined && { unowned_sites: unownedSites }),
  };
}

async function ownHealth(writer: WriterPort): Promise<LedgerHealth> {
  try {
    const view: Pick<LedgerHealth, 'checkpointAgeMs' | 'sizes'> = Object(
      await writer.ask({ kind: 'health' }),
    );
    return { store: 'ok', writer: 'ok', ...view };
  } catch {
    return { store: 'failed', writer: 'failed', ...FAILED };
  }
}
