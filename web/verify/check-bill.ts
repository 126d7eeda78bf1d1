import { type Progress, type Seen, type Verdict, verifySteps } from '../../ledger/core/verdict.ts';
import { type DaySums, sumDays } from './day-sums.ts';
import { type FileText, readBillText } from './read-file.ts';

/** What one check needs besides the file. */
/** A trust file and the names of its logs. */
export interface TrustFile {
  readonly logs: readonly string[];
  readonly text: string;
}

export interface CheckRequest {
  readonly file: Blob;
  /** What this device remembers, by log. */
  readonly remembered: readonly Seen[];
  /** Whether the ledger was asked for the proof from there. */
  readonly asked?: boolean;
  /** The trust files that this device was given, each with the logs that it names. */
  readonly trusted: readonly TrustFile[];
  /** What the code on the paper says. */
  readonly expected?: { readonly commitment?: string; readonly minorUnits?: string };
}

/** A verdict made small enough to hand over: its charged intervals are summed up by day. */
export interface Checked {
  readonly verdict: Verdict;
  readonly days: readonly DaySums[];
  /** Why no bill file was found in the file, if none was. */
  readonly missing?: 'too-large' | 'not-text' | 'no-attachment';
}

/**
 * Checks a file, telling how far it is. It gives way to others through `pause` whenever 12 ms have
 * passed; in a worker there is no need to, and `pause` is absent.
 */
export async function checkBill(
  request: CheckRequest,
  onProgress: (progress: Progress) => void,
  pause?: () => Promise<void>,
): Promise<Checked> {
  const read: FileText = await readBillText(request.file);
  if ('missing' in read) return { verdict: UNUSABLE, days: [], missing: read.missing };
  const claimed = claimedOrigin(read.text) ?? '';
  const remembered = request.remembered.find(({ origin }) => origin === claimed);
  const trust = request.trusted.find(({ logs }) => logs.includes(claimed))?.text;
  const { expected, asked } = request;
  const steps = verifySteps(read.text, { trust, remembered, expected, asked });
  let rested = performance.now();
  let [layer, told] = [0, 0];
  for (;;) {
    const step = steps.next();
    if (step.done) {
      await pause?.();
      const checked = condense(step.value);
      // What shows it is work enough for a task of its own.
      await pause?.();
      return checked;
    }
    const now = performance.now();
    if (step.value.layer !== layer || now - told > 100) {
      layer = step.value.layer;
      told = now;
      onProgress(step.value);
    }
    if (pause !== undefined && now - rested > 12) {
      await pause();
      rested = performance.now();
    }
  }
}

const UNUSABLE: Verdict = { format: 'billproof-verdict/1', overall: 'unusable', layers: [] };

/**
 * The log that a bundle says it comes from, to look up what is remembered of it. The members of
 * canonical JSON are sorted and texts inside texts have their quotes escaped, so the first match is
 * the bundle's own; where it is not canonical the verdict refuses it anyway.
 */
function claimedOrigin(text: string): string | undefined {
  return /"log":\{"origin":"([^"\\]*)"/.exec(text)?.[1];
}

function condense(verdict: Verdict): Checked {
  const { bill } = verdict;
  if (bill === undefined) return { verdict, days: [] };
  return { verdict: { ...verdict, bill: { ...bill, usage: [] } }, days: sumDays(bill) };
}
