import type { KnownBlock } from './ethereum/network.ts';
import type { StatementIssued } from './event-data.ts';
import { type Primitives, portable } from './primitives.ts';
import { Refusal } from './refusal.ts';
import { billFacts, paperFinding } from './verdict/bill-facts.ts';
import { type Case, openCase } from './verdict/case.ts';
import { checkAnchored } from './verdict/check-anchored.ts';
import { checkHistory } from './verdict/check-history.ts';
import { checkIdentity } from './verdict/check-identity.ts';
import { checkLog } from './verdict/check-log.ts';
import { checkReadings } from './verdict/check-readings.ts';
import { checkSigned } from './verdict/check-signed.ts';
import { type Dated, earlierDates } from './verdict/dates.ts';
import { LayerBook } from './verdict/layers.ts';
import { replayCharges } from './verdict/replay-charges.ts';

export type LayerStatus = 'verified' | 'failed' | 'not-present';
export type LayerName =
  | 'bundle'
  | 'identity'
  | 'readings-authentic'
  | 'readings-complete'
  | 'tariff'
  | 'money'
  | 'in-log'
  | 'signed'
  | 'anchored'
  | 'history';

/** One thing found: a stable code, the values its sentence shows, and the object it speaks of. */
export interface Finding {
  readonly code: string;
  readonly params: Readonly<Record<string, string | number>>;
  /** Place in the bundle (RFC 6901 pointer), if the finding has one. */
  readonly object?: string;
}

export interface Layer {
  /** 1 to 10, in the order of docs/formats.md. */
  readonly n: number;
  readonly name: LayerName;
  readonly status: LayerStatus;
  /** The main reason first. */
  readonly findings: readonly Finding[];
}

/** A log as one verifier saw it: what the next check must be consistent with. */
export interface Seen {
  readonly origin: string;
  readonly vkey: string;
  readonly size: number;
  /** Root hash, 64 hex digits. */
  readonly root: string;
}

export interface Bill {
  readonly origin: string;
  readonly account: string;
  readonly period: string;
  readonly from: string;
  readonly to: string;
  readonly zone: string;
  readonly currency: string;
  readonly statement: StatementIssued;
  /** Commitment of the statement event, 64 hex digits. */
  readonly commitment: string;
  readonly readings: number;
  readonly events: number;
  readonly failedPolls: number;
  /** True when a batch says that its readings were replayed from a file. */
  readonly replayed: boolean;
  readonly producedBy: string;
  readonly producedAt: string;
  /** Charged intervals as they stand in the events, for charts. */
  readonly usage: readonly UsagePoint[];
  /** The lines of charges of format 2, as their events have them. */
  readonly posted: readonly { readonly n: number; readonly line: unknown }[];
  readonly credits: readonly {
    readonly at: string;
    readonly wallet: string;
    readonly amount: string;
  }[];
}

export interface UsagePoint {
  readonly meter: string;
  readonly fromAt: string;
  readonly toAt: string;
  readonly qty: string;
  readonly amount: string;
  readonly period: string;
  readonly tier: string;
}

export interface Verdict {
  readonly format: 'billproof-verdict/1';
  readonly overall: 'verified' | 'failed' | 'incomplete' | 'unusable';
  readonly layers: readonly Layer[];
  readonly bill?: Bill;
  /** What to remember for layer 10; only when layers 2 and 8 are verified. */
  readonly checkpoint?: Seen;
  /** `paper-differs`: the paper bill says something else than the ledger. */
  readonly paper?: Finding;
}

export interface VerifyOptions {
  /** C2SP tlog-policy text that pins the log's key and the witnesses. */
  readonly trust?: string | undefined;
  readonly remembered?: Seen | undefined;
  /** The ledger itself was asked for the proof from what is remembered, and answered with this bundle. */
  readonly asked?: boolean | undefined;
  /** What the paper bill says: hex prefix of the commitment, and the total in minor units. */
  readonly expected?:
    | { readonly commitment?: string | undefined; readonly minorUnits?: string | undefined }
    | undefined;
  /** Blocks of public chains that the verifier knows otherwise, as from a node that it trusts. */
  readonly blocks?: readonly KnownBlock[] | undefined;
  readonly primitives?: Primitives | undefined;
}

/** Where the work stands: `done` of `total` steps of a layer. */
export interface Progress {
  readonly layer: number;
  readonly done: number;
  readonly total: number;
}

/**
 * Judges a proof bundle, layer by layer (docs/formats.md, "Verdict"). A generator, so that a page may
 * stop for breath between steps; it never throws for what a bundle says, only for mistakes of our own.
 */
export function* verifySteps(source: string, options: VerifyOptions): Generator<Progress, Verdict> {
  const primitives = options.primitives ?? portable;
  const layers = new LayerBook();
  const opened = yield* openOrExplain(source, primitives, layers);
  if (opened === undefined) return { ...verdictOf(layers), overall: 'unusable' };
  yield { layer: 2, done: 0, total: 1 };
  layers.guard(2, () => checkIdentity(opened, options, layers));
  const dates: Dated[] = [];
  layers.guard(8, () => dates.push(...checkSigned(opened, options, layers)));
  yield* layers.guardSteps(7, checkLog(opened, layers));
  yield* layers.guardSteps(3, checkReadings(opened, layers));
  layers.guard(9, () => dates.push(...checkAnchored(opened, options, layers)));
  layers.guard(8, () => dates.push(...earlierDates(opened, options)));
  yield* layers.guardSteps(5, replayCharges(opened, dates, layers));
  noteUnread(opened, layers);
  layers.guard(10, () => checkHistory(opened, options, layers));
  const paper = paperFinding(opened, options);
  const checked = verdictOf(layers);
  const overall = paper === undefined ? checked.overall : 'failed';
  const known = options.remembered?.origin === opened.checkpoint.origin;
  // A log that was not compared with the one seen before must not take its place.
  const continues = known ? layers.verified(10) : !layers.failed(10);
  const seen = layers.verified(2) && layers.verified(8) && continues ? opened.seen() : undefined;
  const bill = billFacts(opened);
  return {
    ...checked,
    overall,
    ...(bill === undefined ? {} : { bill }),
    ...(seen === undefined ? {} : { checkpoint: seen }),
    ...(paper === undefined ? {} : { paper }),
  };
}

/** `verifySteps` without pauses. */
export function verifyBundle(source: string, options: VerifyOptions): Verdict {
  const steps = verifySteps(source, options);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

function* openOrExplain(
  source: string,
  primitives: Primitives,
  layers: LayerBook,
): Generator<Progress, Case | undefined> {
  try {
    return yield* openCase(source, primitives);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    layers.add(1, 'failed', { code: error.code, params: error.params });
    return undefined;
  }
}

/** What the format has room for and this version does not check is said not to be checked. */
function noteUnread({ bundle }: Case, layers: LayerBook): void {
  if (bundle.period === undefined) return;
  layers.add(7, 'not-present', { code: 'period-unread', params: {} });
}

function verdictOf(layers: LayerBook): Pick<Verdict, 'format' | 'overall' | 'layers'> {
  const list = layers.list();
  const complete = list.every(({ n, status }) => n > 8 || status === 'verified');
  const failed = list.some(({ status }) => status === 'failed');
  const overall = failed ? 'failed' : complete ? 'verified' : 'incomplete';
  return { format: 'billproof-verdict/1', overall, layers: list };
}
