import { describe, expect, it } from 'vitest';
import { runSimulation } from './run-simulation.ts';

const SEEDS = 90;
/** Only what hangs is ended; a machine that does much else is slow, not wrong. */
const LONGEST_MS = 900_000;
const ALL_WELL = 'every run is as the model says';

describe('a building with everything that can fail', () => {
  it('keeps every promise, whatever the seed brings', { timeout: LONGEST_MS }, async () => {
    const half = SEEDS / 2;
    const ends = await Promise.all([
      runSimulation('--seeds', `1..${half}`),
      runSimulation('--seeds', `${half + 1}..${SEEDS}`),
    ]);
    // A failure shows the seed, what was broken, and how to replay it.
    expect(ends.flatMap(({ lines }) => lines.filter((line) => line.startsWith('seed ')))).toEqual(
      [],
    );
    expect(ends.map(({ code, lines }) => [code, lines.at(-1)])).toEqual([
      [0, ALL_WELL],
      [0, ALL_WELL],
    ]);
    const totals: Record<string, number>[] = ends.map(({ lines }) =>
      JSON.parse(lines.at(-2) ?? ''),
    );
    const sum = (name: string) => totals.reduce((all, one) => all + (one[name] ?? 0), 0);
    expect(sum('runs')).toBe(SEEDS);
    // The runs are no empty ones: bills, restored copies and forgeries all occurred.
    const happened = ['readings', 'anchors', 'refusedRestores', 'refusedForgeries'] as const;
    expect(happened.filter((name) => sum(name) < SEEDS / 6)).toEqual([]);
  });

  it('goes the same way again with the same seed, line by line, and another way with another', async () => {
    const [once, again, other] = await Promise.all([
      runSimulation('--seed', '7'),
      runSimulation('--seed', '7'),
      runSimulation('--seed', '8'),
    ]);
    expect(once.lines.length).toBeGreaterThan(50);
    expect(again).toEqual(once);
    expect(other.lines).not.toEqual(once.lines);
  });
});
