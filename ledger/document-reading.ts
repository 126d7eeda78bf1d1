import type { DirectoryReading } from './bill-shares.ts';

export interface DocumentRow {
  readonly id: string;
  readonly doc: unknown;
}

/** Documents of a site by kind and id, as they were when the question came or newer. */
export class DocumentReading {
  readonly #directory: DirectoryReading;
  readonly #settle: (site: string) => Promise<void>;

  constructor(directory: DirectoryReading, settle: (site: string) => Promise<void>) {
    this.#directory = directory;
    this.#settle = settle;
  }

  /** Undefined where there is none. */
  async find(site: string, kind: string, id: string): Promise<unknown> {
    await this.#settle(site);
    const doc = await this.#directory.directory(site, kind, id);
    return doc === undefined ? undefined : JSON.parse(doc);
  }

  /** In the order of their ids, those after `after`. */
  async page(
    site: string,
    kind: string,
    page: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<DocumentRow[]> {
    await this.#settle(site);
    const rows = await this.#directory.directoryPage(site, kind, page.after ?? '', page.limit);
    return rows.map(({ id, doc }) => ({ id, doc: JSON.parse(doc) }));
  }
}
