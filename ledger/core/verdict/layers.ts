import { Refusal } from '../refusal.ts';
import type { Finding, Layer, LayerName, LayerStatus, Progress } from '../verdict.ts';

const NAMES: readonly LayerName[] = [
  'bundle',
  'identity',
  'readings-authentic',
  'readings-complete',
  'tariff',
  'money',
  'in-log',
  'signed',
  'anchored',
  'history',
];
/** A forged bundle can be wrong in every line; the first of each layer tell enough. */
const MAX_FINDINGS = 20;

/** Collects findings. A layer is failed by one failure, verified by evidence without a failure. */
export class LayerBook {
  readonly #findings = NAMES.map((): { status: LayerStatus; finding: Finding }[] => []);

  add(layer: number, status: LayerStatus, finding: Finding): void {
    const found = this.#findings[layer - 1];
    if (found === undefined) return;
    // What is not evidence never crowds out a failure.
    const alike = found.filter((entry) => entry.status === status);
    if (alike.length < MAX_FINDINGS) found.push({ status, finding });
  }

  fail(layer: number, code: string, params: Finding['params'] = {}, object?: string): void {
    this.add(layer, 'failed', object === undefined ? { code, params } : { code, params, object });
  }

  /** Whether anything was found. */
  has(layer: number): boolean {
    return (this.#findings[layer - 1] ?? []).length > 0;
  }

  failed(layer: number): boolean {
    return (this.#findings[layer - 1] ?? []).some(({ status }) => status === 'failed');
  }

  verified(layer: number): boolean {
    const found = this.#findings[layer - 1] ?? [];
    return found.some(({ status }) => status === 'verified') && !this.failed(layer);
  }

  list(): Layer[] {
    return NAMES.map((name, i) => {
      const found = this.#findings[i] ?? [];
      const status = this.failed(i + 1)
        ? 'failed'
        : this.verified(i + 1)
          ? 'verified'
          : 'not-present';
      // Evidence found before a failure no longer stands, so a failed layer tells its failures only.
      const told = status === 'failed' ? found.filter((entry) => entry.status === status) : found;
      const rank = (entry: { status: LayerStatus }) => (entry.status === status ? 0 : 1);
      const findings = [...told].sort((a, b) => rank(a) - rank(b)).map(({ finding }) => finding);
      return { n: i + 1, name, status, findings };
    });
  }

  /** Runs a check; what it refuses to read fails its layer. */
  guard(layer: number, check: () => void): boolean {
    try {
      check();
      return true;
    } catch (error) {
      this.#failFrom(layer, error);
      return false;
    }
  }

  *guardSteps(layer: number, steps: Iterable<Progress>): Generator<Progress, void> {
    try {
      yield* steps;
    } catch (error) {
      this.#failFrom(layer, error);
    }
  }

  #failFrom(layer: number, error: unknown): void {
    if (!(error instanceof Refusal)) throw error;
    this.fail(layer, error.code, error.params);
  }
}
