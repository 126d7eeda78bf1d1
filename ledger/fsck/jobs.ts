import type { LogName } from '../core/log-names.ts';

/** What a thread of `fsck` needs to know of a site. */
export interface SiteSecrets {
  readonly site: string;
  readonly origin: string;
  /** What its events call it, the newest name first. */
  readonly names: readonly LogName[];
  readonly vkey: string;
  /** Account-year keys by `account/year`. */
  readonly keys: ReadonlyMap<string, Uint8Array>;
  /** Device keys (x || y) by thumbprint, as the projection has them; the replay checks that. */
  readonly devices: ReadonlyMap<string, Uint8Array>;
}

export interface FsckThread {
  readonly path: string;
  readonly sites: readonly SiteSecrets[];
  readonly deep: boolean;
}

export interface Place {
  readonly leaf: number;
  readonly record: number;
}

export type Job =
  | {
      readonly kind: 'segments';
      readonly site: string;
      /** A job has the batches from one place to the other, and the events up to the next batch. */
      readonly from: Place;
      readonly to: Place;
      readonly end: Place;
      /** Where the stored projection stands. */
      readonly mark: Place;
    }
  | {
      readonly kind: 'tiles';
      readonly site: string;
      readonly from: number;
      readonly to: number;
      /** Leaves of the log. */
      readonly size: number;
    };

/** Charges of one account that follow each other: what they do to it, added up. */
export interface AccountRun {
  readonly account: string;
  readonly currency: string;
  readonly firstN: number;
  readonly firstPrev: string;
  /** Balances in micros before the first and after the last charge. */
  readonly wallets: readonly {
    readonly wallet: string;
    readonly before: number;
    readonly after: number;
  }[];
  /** First `n` of each bill, and of each tariff version in it, with the hash named for it. */
  readonly starts: [period: string, n: number][];
  readonly uses: {
    readonly use: string;
    readonly key: string;
    readonly hash: string;
    readonly n: number;
    readonly leaf: number;
  }[];
  readonly leaves: readonly number[];
  readonly prev: string;
}

/** Charges for records of one meter that follow each other. */
export interface MeterRun {
  readonly meter: string;
  readonly account: string;
  readonly bridge: string;
  readonly firstEpoch: number;
  readonly firstSeq: number;
  readonly firstPrev: string;
  readonly firstLeaf: number;
  readonly firstPeriod: string;
  /** `from` of the first charge and `to` of the last, verbatim. */
  readonly from: string;
  readonly to: string;
  readonly epoch: number;
  readonly seq: number;
  readonly hash: string;
  readonly period: string;
  /** True when the bill changed within the run. */
  readonly changed: boolean;
  /** Quantities in micros by tariff, version, period and tier: what the last lines add up to. */
  readonly billed: readonly (readonly [key: string, micros: number])[];
  readonly usedMicros: number;
  readonly tariff: string;
  readonly version: number;
  readonly records: readonly number[];
}

/** A part of the log on its way to the replay, in order where the order matters. */
export type Item =
  | {
      readonly kind: 'event';
      readonly leaf: number;
      readonly text: string;
      readonly commitment: string;
    }
  | {
      readonly kind: 'batch';
      readonly leaf: number;
      readonly bridge: string;
      readonly epoch: number;
      readonly kid: string;
      /** Set when the thread did not know the key. */
      readonly jws?: string;
    }
  | { readonly kind: 'record'; readonly index: number; readonly text: string }
  | { readonly kind: 'account'; readonly run: AccountRun }
  | { readonly kind: 'meter'; readonly run: MeterRun }
  | { readonly kind: 'mark' };

export interface Trouble {
  readonly code: string;
  readonly leaf?: number;
  readonly detail: string;
}

export interface SegmentsResult {
  readonly kind: 'segments';
  readonly items: readonly Item[];
  readonly events: number;
  readonly records: number;
  readonly troubles: readonly Trouble[];
}

export interface TilesResult {
  readonly kind: 'tiles';
  /** Hashes of the full tiles (level 8), joined. */
  readonly nodes: Uint8Array;
  /** Checkpoints in these tiles; `border` has the subtrees of the last, partial tile. */
  readonly checkpoints: readonly {
    readonly size: number;
    readonly root: string;
    readonly border: readonly Uint8Array[];
  }[];
  /** Subtrees of the log's own partial tile at its end. */
  readonly border: readonly Uint8Array[];
  readonly troubles: readonly Trouble[];
}

export type JobResult = SegmentsResult | TilesResult;
