import type { ChainKind, PreparedAnchor } from './chain.ts';

/** One log on one chain. */
export interface AnchorPlace {
  readonly site: string;
  /** `AnchorChain.name` */
  readonly chain: string;
}

/** A transaction that may have been sent. */
export interface PendingAnchor extends PreparedAnchor {
  readonly size: number;
  /** The signed note that it anchors. */
  readonly note: string;
}

/** A checkpoint that is anchored. */
export interface Anchor {
  readonly size: number;
  readonly note: string;
  readonly kind: ChainKind;
  readonly network: 'real' | 'development';
  /** The time that the receipt gives. */
  readonly atMs: number;
  /** What the event says of the place, canonical JSON. */
  readonly place: string;
}

/**
 * What the anchorer must not forget. What a method wrote is on disk when it resolves, all of it; when it
 * rejects with `StoreFull` or `StoreUnavailable`, all of it or nothing may be there, and it may be called
 * again as it was: what is there already is left as it is. There is at most one pending transaction for a
 * place, and one anchor a size, also while a machine that lost a site has not noticed it yet.
 */
export interface AnchorStore {
  pending(place: AnchorPlace): Promise<PendingAnchor | undefined>;
  /** Whether this one is pending from here on; false, and nothing changed, when another one is. */
  keep(place: AnchorPlace, pending: PendingAnchor): Promise<boolean>;
  /** Forgets a transaction that can have no effect any more, by its `id`; no other one. */
  drop(place: AnchorPlace, id: string): Promise<void>;
  /**
   * An anchor with its receipt (JSON text) takes the place of a transaction that is pending for it or for a
   * smaller checkpoint, in one step. Of two receipts for one size the first stays.
   */
  record(place: AnchorPlace, anchor: Anchor, receipt: string): Promise<void>;
  /** Anchors that no event has told of yet, by size. */
  unconfirmed(place: AnchorPlace): Promise<Anchor[]>;
  confirm(place: AnchorPlace, size: number): Promise<void>;
  newest(place: AnchorPlace): Promise<Anchor | undefined>;
  /** The smallest anchored checkpoint with at least `size` leaves: it gives what it holds its earliest date. */
  covering(place: AnchorPlace, size: number): Promise<Anchor | undefined>;
  /** Sizes below `below`, the largest first. */
  list(place: AnchorPlace, below: number, limit: number): Promise<Anchor[]>;
  /** JSON text of a receipt. Asserts that there is one. */
  receipt(place: AnchorPlace, size: number): Promise<string>;
  /** Keeps all that is of a site under another name, as of a log that has ended. */
  setAside(site: string, name: string): Promise<void>;
  /** All places that hold something or are followed. */
  places(): Promise<AnchorPlace[]>;
  /** Says, to other processes too, where a site is anchored: what older networks hold gets no more. */
  follow(site: string, chains: readonly string[]): Promise<void>;
  followed(): Promise<AnchorPlace[]>;
  /** Asks every service on these data, from another process, to anchor now. */
  askForRound(): Promise<void>;
  /** Grows whenever that is asked. */
  askedRounds(): Promise<number>;
  close(): Promise<void>;
}
