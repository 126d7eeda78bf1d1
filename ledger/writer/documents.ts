import { Refusal } from '../core/refusal.ts';
import type { Store } from '../store/port.ts';
import type { SiteGroup } from './group.ts';

/** What a site knows of its business outside the log: small JSON documents by kind and id. */
export type DocumentKind =
  | 'account'
  | 'bridge'
  | 'order'
  | 'payment'
  | 'refund'
  | 'desk'
  | 'shift'
  | 'receipt'
  | 'approval'
  | 'reconciliation'
  | 'exception';

/**
 * The documents as a command sees them: those of the group under way before those of the store. What is
 * put is durable with the events of the same command, or not at all.
 */
export class Documents {
  readonly #store: Store;
  readonly #group: SiteGroup;

  constructor(store: Store, group: SiteGroup) {
    this.#store = store;
    this.#group = group;
  }

  find<T>(kind: DocumentKind, id: string, read: (value: unknown) => T): T | undefined {
    const pending = this.#group.documents.get(`${kind}/${id}`);
    const doc = pending ?? this.#store.directory(this.#group.state.site, kind, id);
    return doc === undefined ? undefined : read(parse(doc));
  }

  put(kind: DocumentKind, id: string, doc: object): void {
    const text = JSON.stringify(doc);
    this.#group.directory.push({ kind, id, doc: text });
    this.#group.documents.set(`${kind}/${id}`, text);
  }
}

function parse(doc: string): unknown {
  try {
    return JSON.parse(doc);
  } catch {
    throw new Refusal('store-damaged', 'A document in the store cannot be read; run fsck.');
  }
}
