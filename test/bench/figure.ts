/** One measured figure, printed as a JSON line: what other programs compare between two runs. */
export interface Figure {
  readonly bench: string;
  readonly value: number;
  readonly unit: string;
  /** How many times, or over how many things, it was measured. */
  readonly n: number;
  readonly note: string;
}

export function report(figure: Figure): void {
  const value = Number(figure.value.toPrecision(4));
  process.stdout.write(`${JSON.stringify({ ...figure, value })}\n`);
}

/** The value below which a share of the sorted samples lies. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}
