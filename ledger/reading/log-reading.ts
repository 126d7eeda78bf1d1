import { KeyWrap } from '../account-keys.ts';
import { hasNews } from '../anchor/news.ts';
import { type BookPage, type JournalAsk, type Months, SiteBooks } from '../books/site-books.ts';
import { type BundleRequest, buildBundle, type DatedCheckpoint } from '../bundle-builder.ts';
import { hex } from '../core/bytes.ts';
import { entriesTile, hashTile, proveGrowth, rootIfStored } from '../log-reader.ts';
import { leafSince, namesOf } from '../log-successions.ts';
import { OpenedKeys } from '../opened-keys.ts';
import { type SignedLog, signedLog } from '../signed-log.ts';
import type {
  CheckpointRow,
  DirectoryRow,
  SiteRow,
  StatementRow,
  StoreReader,
} from '../store/port.ts';

/** An account's event as it stands in the log. */
export interface PlacedEvent {
  readonly text: string;
  readonly leaf: number;
}

/** A closed bill, with what its event says. */
export interface StatementView extends StatementRow {
  /** 64 hex digits. */
  readonly commitment: string;
  /** 6 decimals. */
  readonly total: string;
  readonly currency: string;
  readonly statement: unknown;
}

export interface EvidenceView {
  readonly id: string;
  readonly kind: string;
  readonly at: string;
  readonly doc: unknown;
}

/** A bundle that is asked for: plain values, so that it may cross to another thread. */
export type AskedBundle = Omit<BundleRequest, 'datedBy'> & {
  /** The earliest checkpoint, dated by others, that holds so many events. */
  readonly dated: ReadonlyMap<number, DatedCheckpoint | undefined>;
};

/**
 * All that the ledger reads, each answer from what is durable at that moment. Every method waits for the
 * store, so it belongs where waiting stops nobody. Beside refusals they throw `StoreUnavailable`.
 */
export class LogReading {
  readonly #store: StoreReader;
  readonly #keys: OpenedKeys;
  readonly #books: SiteBooks;

  constructor(store: StoreReader, kek: Uint8Array) {
    this.#store = store;
    this.#keys = new OpenedKeys(store, new KeyWrap(kek));
    this.#books = new SiteBooks(store);
  }

  latest(site: string): CheckpointRow | undefined {
    return this.#store.checkpoint(site);
  }

  /** Note of the latest checkpoint, for anybody. */
  published(site: string): string | undefined {
    return this.#store.checkpoint(site)?.note;
  }

  /** The checkpoint of exactly this size, if one was signed. */
  noteAt(site: string, size: number): string | undefined {
    return this.#store.checkpoint(site, size)?.note;
  }

  /** Consistency proof between two sizes of the tree. */
  prove(site: string, from: number, to: number): readonly Uint8Array[] {
    return proveGrowth(this.#store, site, from, to);
  }

  /** Root of the first `size` events; undefined when there are not so many. */
  rootAt(site: string, size: number): Uint8Array | undefined {
    return rootIfStored(this.#store, site, size);
  }

  /** Whether anything but news of anchors was logged in `[from, to)`. */
  hasNews(site: string, from: number, to: number): boolean {
    return hasNews(this.#store, site, from, to);
  }

  sites(): SiteRow[] {
    return this.#store.sites();
  }

  /** The site that a bridge was made for. */
  siteOfBridge(bridge: string): string | undefined {
    return this.#store
      .sites()
      .find(({ site }) => this.#store.directory(site, 'bridge', bridge) !== undefined)?.site;
  }

  /** The logs of these sites under their latest checkpoints. */
  logs(sites: readonly SiteRow[]): SignedLog[] {
    return sites.map((row) => signedLog(this.#store, row));
  }

  /** A tile under the latest checkpoint; undefined where that has none of this width. */
  hashTile(site: string, level: number, index: number, width: number): Uint8Array | undefined {
    return hashTile(this.#store, site, { level, index, width }, this.#signedSize(site));
  }

  entriesTile(site: string, index: number, width: number): Uint8Array | undefined {
    return entriesTile(this.#store, site, { index, width }, this.#signedSize(site));
  }

  /** An account's events from number `from`, as far as the projection has them. */
  events(site: string, account: string, from: number, limit: number): PlacedEvent[] {
    const leaves = this.#store.accountLeaves(site, account, from, from + limit);
    return [...this.#store.readEvents(site, leaves)].map((text, i) => ({
      text,
      leaf: leaves[i] ?? 0,
    }));
  }

  /** Events under the latest checkpoint from a leaf on, whoever's they are. */
  signedEvents(site: string, from: number, limit: number): PlacedEvent[] {
    const end = Math.min(from + limit, this.#signedSize(site));
    const leaves = Array.from({ length: Math.max(0, end - from) }, (_, i) => from + i);
    return [...this.#store.readEvents(site, leaves)].map((text, i) => ({ text, leaf: from + i }));
  }

  /** Where a reader goes on who had come to `leaf` of the log that bore the name `origin` then. */
  leafSince(row: SiteRow, origin: string, leaf: number): number {
    return leafSince(namesOf(this.#store, row), origin, leaf);
  }

  statements(site: string, page: Parameters<StoreReader['statements']>[1]): StatementRow[] {
    return this.#store.statements(site, page);
  }

  statementRow(site: string, id: string): StatementRow | undefined {
    return this.#store.statement(site, id);
  }

  statement(site: string, id: string): StatementView | undefined {
    const row = this.#store.statement(site, id);
    if (row === undefined) return undefined;
    const [text = '{}'] = this.#store.readEvents(site, [row.leaf]);
    const event: { data: { total: string; currency: string } } = JSON.parse(text);
    const { total, currency } = event.data;
    const commitment = hex(this.#store.commitments(site, row.leaf, row.leaf + 1));
    return { ...row, commitment, total, currency, statement: event.data };
  }

  /** JSON text of a proof bundle. Refuses `not-yet-signed`, `key-erased`. */
  bundle({ dated, ...request }: AskedBundle): string {
    const { site } = request.site;
    return buildBundle(this.#store, (owner, year) => this.#keys.of(site, owner, year), {
      ...request,
      datedBy: (size) => dated.get(size),
    });
  }

  evidence(site: string, after: string, limit: number): EvidenceView[] {
    const rows = this.#store.evidence(site, after, limit);
    return rows.map(({ doc, ...row }) => ({ ...row, doc: JSON.parse(doc) as unknown }));
  }

  /** The names of these accounts, in their order; undefined for one that has none. */
  names(site: string, accounts: readonly string[]): (string | undefined)[] {
    return accounts.map((account) => {
      const doc = this.#store.directory(site, 'account', account);
      if (doc === undefined) return undefined;
      const { name }: { name: string } = JSON.parse(doc);
      return name;
    });
  }

  directory(site: string, kind: string, id: string): string | undefined {
    return this.#store.directory(site, kind, id);
  }

  directoryPage(site: string, kind: string, after: string, limit: number): DirectoryRow[] {
    return this.#store.directoryPage(site, kind, after, limit);
  }

  /** Reads on in the books, so far as one go takes them; whether the log's end was reached. */
  followBooks(site: string) {
    return this.#books.follow(site);
  }

  bookedEvents(site: string) {
    return this.#books.size(site);
  }

  closedBooks(site: string) {
    return this.#books.closed(site);
  }

  bookedAccounts(site: string, months: Months) {
    return this.#books.accounts(site, months);
  }

  bookedBooks(site: string, months: Months, page: BookPage) {
    return this.#books.books(site, months, page);
  }

  bookedDays(site: string, from: string, to: string) {
    return this.#books.days(site, from, to);
  }

  journal(site: string, ask: JournalAsk, start: number, limit: number) {
    return this.#books.journal(site, ask, start, limit);
  }

  close(): void {
    this.#store.close();
  }

  #signedSize(site: string): number {
    return this.#store.checkpoint(site)?.size ?? 0;
  }
}
