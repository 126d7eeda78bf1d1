/** A process that writes, as the database has it. */
export interface WriterRow {
  readonly writer: number;
  /** Null: it is alone, a command of an operator; nobody reaches it. */
  readonly address: string | null;
  readonly beats: number;
  /** Its session has the lock by which everybody sees that it lives. */
  readonly locked: boolean;
}

/** A site and who writes for it; `writer` may be nobody, or somebody who is gone. */
export interface OwnedSite {
  readonly site: string;
  readonly writer: number | null;
}

/** Who writes for what, at one moment. */
export interface ClusterView {
  readonly writers: readonly WriterRow[];
  readonly sites: readonly OwnedSite[];
}

/** What a writer should do about its sites. */
export interface Plan {
  readonly take: readonly string[];
  readonly release: readonly string[];
}

/**
 * Spreads sites evenly: everybody works it out for itself from the same rows, and takes only what is
 * nobody's. A writer with more than its share lets go of some when another has less than its own.
 */
export function planFor(self: number, { writers, sites }: ClusterView): Plan {
  const ranks = writers
    .flatMap(({ writer, address }) => (address === null ? [] : [writer]))
    .sort((a, b) => a - b);
  const rank = ranks.indexOf(self);
  if (rank < 0) return { take: [], release: [] };
  const counts = new Map(ranks.map((writer) => [writer, 0]));
  const alive = new Set(writers.map(({ writer }) => writer));
  for (const { writer } of sites) {
    const count = writer === null ? undefined : counts.get(writer);
    if (writer !== null && count !== undefined) counts.set(writer, count + 1);
  }
  const mine = counts.get(self) ?? 0;
  const most = Math.ceil(sites.length / ranks.length);
  const orphans = sites.filter(({ writer }) => writer === null || !alive.has(writer));
  if (orphans.length > 0) {
    // Others look at the same list at the same time, so each begins elsewhere.
    const begin = Math.floor((orphans.length * rank) / ranks.length);
    const turned = [...orphans.slice(begin), ...orphans.slice(0, begin)];
    return { take: turned.slice(0, Math.max(0, most - mine)).map(({ site }) => site), release: [] };
  }
  const least = Math.floor(sites.length / ranks.length);
  const missing = [...counts.values()].reduce((sum, count) => sum + Math.max(0, least - count), 0);
  const fullest = [...counts].reduce((best, each) => (each[1] > best[1] ? each : best));
  const spare =
    mine > most ? mine - most : fullest[0] === self ? Math.min(missing, mine - least) : 0;
  const own = sites.filter(({ writer }) => writer === self).map(({ site }) => site);
  return { take: [], release: spare > 0 ? own.slice(-spare) : [] };
}
