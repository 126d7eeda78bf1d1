import { existsSync } from 'node:fs';
import { type AnchoredCheckpoint, anchorStorePath } from '../anchor/anchoring.ts';
import { SqliteAnchorStore } from '../anchor/sqlite-anchor-store.ts';
import { WitnessedNotes, witnessedNotesPath } from '../witness/witnessed-notes.ts';
import type { DatedCheckpoints } from './dated-checkpoints.ts';

/**
 * In the files that witnessing and anchoring write beside a SQLite store, by connections of its own.
 * Either file may come later, or never; then there is nothing in it.
 */
export class SqliteDatedCheckpoints implements DatedCheckpoints {
  readonly #dataDir: string;
  #notes: WitnessedNotes | undefined;
  #anchors: SqliteAnchorStore | undefined;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  kept(site: string, size: number) {
    const path = witnessedNotesPath(this.#dataDir);
    if (this.#notes === undefined && existsSync(path)) this.#notes = new WitnessedNotes(path);
    return this.#notes?.covering(site, size);
  }

  anchored(site: string, chains: readonly string[], size: number): AnchoredCheckpoint[] {
    const path = anchorStorePath(this.#dataDir);
    if (this.#anchors === undefined && existsSync(path)) {
      this.#anchors = new SqliteAnchorStore(path);
    }
    const store = this.#anchors;
    if (store === undefined) return [];
    return chains.flatMap((chain) => {
      const place = { site, chain };
      const anchor = store.covering(place, size);
      if (anchor === undefined) return [];
      const { kind, size: held, note, atMs } = anchor;
      return [{ kind, size: held, note, atMs, receipt: store.receipt(place, held) }];
    });
  }

  close(): void {
    this.#notes?.close();
    this.#anchors?.close();
  }
}
