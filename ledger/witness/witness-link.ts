import type { TrustedWitness } from '../core/trust-policy.ts';
import type { Asked, RefusedBy } from './ask-witness.ts';

/** What there is to tell people about a witness, once for each turn of events. */
export interface WitnessNews {
  readonly site: string;
  /** Its name in the policy. */
  readonly witness: string;
  /** `cosigns-again` after a time of failures. */
  readonly code: RefusedBy | 'cosigns-again';
  readonly why: string;
}

/** A witness of one log as it is now. */
export interface WitnessState {
  readonly site: string;
  readonly witness: string;
  /** Size of the last tree that it cosigned since the start. */
  readonly size: number;
  readonly failures: number;
  /** Why it does not cosign at present. */
  readonly code: RefusedBy | undefined;
}

const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 300_000;

/** One witness as one log sees it: whether to ask it now, from which size, and how it has answered. */
export class WitnessLink {
  readonly #site: string;
  readonly #tell: (news: WitnessNews) => void;
  readonly witness: TrustedWitness;
  /** Waits for an answer. */
  busy = false;
  /** Size that it is believed to have cosigned last. */
  knownSize = 0;
  #size = 0;
  #failures = 0;
  #pauseMs = 0;
  #pausedUntilMs = 0;
  #code: RefusedBy | undefined;

  constructor(site: string, witness: TrustedWitness, tell: (news: WitnessNews) => void) {
    this.#site = site;
    this.witness = witness;
    this.#tell = tell;
  }

  get state(): WitnessState {
    const { name } = this.witness;
    const [size, failures, code] = [this.#size, this.#failures, this.#code];
    return { site: this.#site, witness: name, size, failures, code };
  }

  /** Whether it is believed to answer when it is asked. */
  get isWell(): boolean {
    return this.#code === undefined;
  }

  mayBeAsked(nowMs: number): boolean {
    return this.witness.url !== undefined && !this.busy && nowMs >= this.#pausedUntilMs;
  }

  /** Takes in how it has answered for a tree of `size`. */
  answered(asked: Asked, size: number, nowMs: number): void {
    if (asked.ok) this.#cosigned(size);
    else this.#failed(asked, nowMs);
  }

  #cosigned(size: number): void {
    this.knownSize = size;
    this.#size = size;
    this.#pauseMs = 0;
    if (this.#code === undefined) return;
    this.#code = undefined;
    this.#say('cosigns-again', 'It cosigns again.');
  }

  #failed(asked: Asked & { readonly ok: false }, nowMs: number): void {
    const { code, why } = asked;
    if (asked.size !== undefined) this.knownSize = asked.size;
    this.#failures += 1;
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, this.#pauseMs * 2));
    this.#pausedUntilMs = nowMs + this.#pauseMs;
    if (this.#code === code) return;
    this.#code = code;
    this.#say(code, why);
  }

  #say(code: WitnessNews['code'], why: string): void {
    this.#tell({ site: this.#site, witness: this.witness.name, code, why });
  }
}
