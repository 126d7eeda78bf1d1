import { verifyCosignatures } from '../core/cosignature.ts';
import type { Primitives } from '../core/primitives.ts';
import { Refusal } from '../core/refusal.ts';
import { type NoteSignature, parseNote, type VerifierKey } from '../core/signed-note.ts';
import type { WitnessAnswer } from './answer.ts';
import { formatSubmission, MAX_PROOF } from './submission.ts';

/** What came back: an answer of the protocol, or why there is none that can be used. */
export type Sent = WitnessAnswer | { readonly kind: 'no-answer'; readonly why: string };

/** Carries the body of an add-checkpoint request to a witness. Never throws; a stop ends it early. */
export type SendToWitness = (url: string, body: string, stop: AbortSignal) => Promise<Sent>;

/** A signed checkpoint that is to be cosigned. */
export interface Target {
  readonly size: number;
  /** The text that was signed. */
  readonly text: string;
  /** The whole note. */
  readonly note: string;
}

export interface Question {
  readonly target: Target;
  readonly witness: VerifierKey;
  /** Size that the witness is believed to have cosigned last, at most that of the target. */
  readonly oldSize: number;
  /** Consistency proof from a size to the target. */
  readonly prove: (from: number) => Promise<readonly Uint8Array[]>;
  readonly send: (body: string) => Promise<Sent>;
  readonly nowMs: () => number;
  readonly primitives: Primitives;
}

/**
 * Why there is no cosignature. `ahead` and `inconsistent` may mean that the log has forked; `failed`,
 * that we could not ask.
 */
export type RefusedBy =
  | Exclude<WitnessAnswer['kind'], 'cosigned'>
  | 'no-answer'
  | 'ahead'
  | 'failed'
  | 'bad-cosignature';

export type Asked =
  | { readonly ok: true; readonly line: NoteSignature }
  /** `size`: the tree that the witness says it knows, if it said so. */
  | { readonly ok: false; readonly code: RefusedBy; readonly why: string; readonly size?: number };

/** A cosignature is made while we wait; a clock that is off by more would date the log wrongly. */
const MOST_CLOCK_SKEW_S = 300;
/** A believed size that is wrong, the right one, and one rival that came in between. */
const MOST_TRIES = 3;

/** Asks one witness for its cosignature; a size that it tells is where the next proof starts. */
export async function askWitness(question: Question): Promise<Asked> {
  const { target, prove, send, nowMs } = question;
  let { oldSize } = question;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const proof = await prove(oldSize);
    if (proof.length > MAX_PROOF) throw new Error('a tree below 2^53 has proofs of 54 hashes');
    const askedS = nowMs() / 1000;
    const sent = await send(formatSubmission({ oldSize, proof, checkpoint: target.note }));
    if (sent.kind === 'cosigned') return readCosignature(sent.lines, question, askedS);
    if (sent.kind !== 'conflict') return { ok: false, code: sent.kind, why: sent.why };
    const { size } = sent;
    if (size > target.size) {
      return { ok: false, code: 'ahead', why: `It has cosigned ${size} events.`, size };
    }
    if (size === oldSize) break;
    oldSize = size;
  }
  return { ok: false, code: 'conflict', why: 'It takes no proof from the size that it tells.' };
}

/** The line of the witness among those it answered; lines of other keys are ignored. */
function readCosignature(lines: string, question: Question, askedS: number): Asked {
  const { target, witness, nowMs, primitives } = question;
  let signatures: readonly NoteSignature[];
  try {
    ({ signatures } = parseNote(`${target.text}\n${lines}`));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return badCosignature(error.message);
  }
  const line = signatures.find(({ name, keyId }) => {
    return name === witness.name && keyId === witness.keyId;
  });
  if (line === undefined) return badCosignature('None of its lines is of the key in the policy.');
  const note = { text: target.text, signatures: [line] };
  const verified = verifyCosignatures(note, [witness], primitives);
  if (!verified.ok) return badCosignature(verified.detail);
  const timeS = verified.cosignatures[0]?.timeS ?? 0;
  if (timeS < askedS - MOST_CLOCK_SKEW_S || timeS > nowMs() / 1000 + MOST_CLOCK_SKEW_S) {
    return badCosignature(`Its time, ${timeS}, is not now.`);
  }
  return { ok: true, line };
}

function badCosignature(why: string): Asked {
  return { ok: false, code: 'bad-cosignature', why };
}
