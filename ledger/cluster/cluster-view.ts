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
 * Spreads sites evenly: everybody works its share out for itself from the same rows, lets go of what is
 * more, and takes of what is nobody's until it has it.
 */
export function planFor(self: number, { writers, sites }: ClusterView): Plan {
  const ranks = writers
    .flatMap(({ writer, address }) => (address === null ? [] : [writer]))
    .sort((a, b) => a - b);
  const rank = ranks.indexOf(self);
  if (rank < 0) return { take: [], release: [] };
  const each = Math.floor(sites.length / ranks.length);
  const share = each + (rank < sites.length % ranks.length ? 1 : 0);
  const mine = sites.filter(({ writer }) => writer === self).map(({ site }) => site);
  const alive = new Set(writers.map(({ writer }) => writer));
  const orphans = sites.filter(({ writer }) => writer === null || !alive.has(writer));
  // Others look at the same list at the same time, so each begins elsewhere.
  const begin = Math.floor((orphans.length * rank) / ranks.length);
  const turned = [...orphans.slice(begin), ...orphans.slice(0, begin)];
  const take = turned.slice(0, Math.max(0, share - mine.length)).map(({ site }) => site);
  return { take, release: mine.slice(share) };
}
