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
 * What the anchorer must not forget. A method that writes has written when it returns, all of it; when
 * it throws, nothing of it. There is at most one pending transaction for a place, and one anchor a size.
 */
export interface AnchorStore {
  pending(place: AnchorPlace): PendingAnchor | undefined;
  /** Asserts that none is pending. */
  keep(place: AnchorPlace, pending: PendingAnchor): void;
  /** Forgets a transaction that can have no effect any more. */
  drop(place: AnchorPlace): void;
  /** An anchor with its receipt (JSON text) takes the place of the pending transaction, in one step. */
  record(place: AnchorPlace, anchor: Anchor, receipt: string): void;
  /** Anchors that no event has told of yet, by size. */
  unconfirmed(place: AnchorPlace): Anchor[];
  confirm(place: AnchorPlace, size: number): void;
  newest(place: AnchorPlace): Anchor | undefined;
  /** The smallest anchored checkpoint with at least `size` leaves: it gives what it holds its earliest date. */
  covering(place: AnchorPlace, size: number): Anchor | undefined;
  /** Sizes below `below`, the largest first. */
  list(place: AnchorPlace, below: number, limit: number): Anchor[];
  /** JSON text of a receipt. Asserts that there is one. */
  receipt(place: AnchorPlace, size: number): string;
  /** Keeps all that is of a site under another name, as of a log that has ended. */
  setAside(site: string, name: string): void;
  /** All places that hold something or are followed. */
  places(): AnchorPlace[];
  /** Says, to other processes too, where the service anchors: what older networks hold gets no more. */
  follow(places: readonly AnchorPlace[]): void;
  followed(): AnchorPlace[];
  /** Asks the service, from another process, to anchor now. */
  askForRound(): void;
  /** Whether that was asked since the last call. */
  takeAskedRound(): boolean;
  close(): void;
}
