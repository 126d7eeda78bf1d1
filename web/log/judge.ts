import type { Anchor, Log, LogStatus, Witnessing } from './status.ts';

export type Tone = 'calm' | 'good' | 'bad' | 'unsure';

export type SigningState = 'fresh' | 'unsigned' | 'stopped' | 'begun';
export type WitnessingState = 'met' | 'late' | 'failing' | 'disputed' | 'unasked' | 'none';
export type AnchorState = 'real' | 'development' | 'late' | 'failing' | 'forked' | 'begun';

/** What a log comes to, the worst first. */
export const OUTCOMES = [
  ...['forked', 'stopped', 'witnesses-late', 'chain-late', 'unwitnessed', 'development'],
  ...['unanchored', 'begun', 'good'],
] as const satisfies readonly string[];
export type Outcome = (typeof OUTCOMES)[number];

/** A checkpoint comes every second while there is news; this is no hiccup any more. */
const SIGNED_WITHIN_MS = 10_000;
/** How long witnesses may take to answer. */
const WITNESSES_MS = 10_000;
/** How long a chain may take until what it was given is final. */
const CHAIN_MS: Readonly<Record<string, number>> = { fabric: 30_000, ethereum: 30 * 60_000 };

/** The worst of all logs; undefined where there is none. */
export function outcomeOf(status: LogStatus): Outcome | undefined {
  const outcomes = status.logs.map((log) => outcomeOfLog(status, log));
  return OUTCOMES.find((outcome) => outcomes.includes(outcome));
}

/** Green has every part in order, and one chain at least. */
export function outcomeOfLog(status: LogStatus, log: Log): Outcome {
  const signing = signingOf(status, log);
  const witnessing = witnessingOf(log.witnessing);
  const anchors = log.anchors.map(anchorOf);
  if (witnessing === 'disputed' || anchors.includes('forked')) return 'forked';
  if (signing === 'stopped' || signing === 'unsigned') return 'stopped';
  if (signing === 'begun') return 'begun';
  if (witnessing === 'late' || witnessing === 'failing') return 'witnesses-late';
  const isAnchored = anchors.includes('real');
  if (!isAnchored && (anchors.includes('late') || anchors.includes('failing'))) return 'chain-late';
  if (witnessing === 'none' || witnessing === 'unasked') return 'unwitnessed';
  if (isAnchored) return 'good';
  if (anchors.includes('development')) return 'development';
  return anchors.length === 0 ? 'unanchored' : 'begun';
}

export function signingOf({ isWriting, unsignedMs }: LogStatus, log: Log): SigningState {
  if (!isWriting) return 'stopped';
  if (log.checkpoint === undefined) return 'begun';
  return unsignedMs > SIGNED_WITHIN_MS ? 'unsigned' : 'fresh';
}

export function witnessingOf(witnessing: Witnessing | undefined): WitnessingState {
  if (witnessing === undefined) return 'none';
  const { witnesses, needed, lagMs, everyMs } = witnessing;
  // Both say that the witness knows another log than the one that is shown to us.
  if (witnesses.some(({ code }) => code === 'inconsistent' || code === 'ahead')) return 'disputed';
  if (needed === 0) return 'unasked';
  if (lagMs <= 2 * everyMs + WITNESSES_MS) return 'met';
  return witnesses.some(({ code }) => code !== undefined) ? 'failing' : 'late';
}

export function anchorOf({ code, network, kind, lagMs, everyMs }: Anchor): AnchorState {
  if (code === 'anchor-fork') return 'forked';
  if (code !== undefined) return 'failing';
  if (lagMs > 2 * everyMs + (CHAIN_MS[kind] ?? 0)) return 'late';
  return network ?? 'begun';
}

export function toneOf(state: Outcome | SigningState | WitnessingState | AnchorState): Tone {
  switch (state) {
    case 'good':
    case 'fresh':
    case 'met':
    case 'real':
      return 'good';
    case 'forked':
    case 'disputed':
      return 'bad';
    case 'none':
    case 'unasked':
    case 'begun':
      return 'calm';
    default:
      return 'unsure';
  }
}
