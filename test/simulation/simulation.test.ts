import { describe, expect, it } from 'vitest';
import { runSimulation } from './run-simulation.ts';

const SEEDS = 200;
/** Only what hangs is ended; a machine that does much else is slow, not wrong. */
const LONGEST_MS = 900_000;
const ALL_WELL = 'every run is as the model says';

describe('a building with everything that can fail', () => {
  it('keeps every promise, whatever the seed brings', { timeout: LONGEST_MS }, async () => {
    const { code, lines } = await runSimulation('--seeds', `1..${SEEDS}`);
    // A failure shows the seed, what was broken, and how to replay it.
    expect(lines.filter((line) => line.startsWith('seed '))).toEqual([]);
    expect([code, lines.at(-1)]).toEqual([0, ALL_WELL]);
    const totals: Record<string, number> = JSON.parse(lines.at(-2) ?? '');
    process.stdout.write(`${JSON.stringify({ simulation: totals })}\n`);
    expect(totals['runs']).toBe(SEEDS);
    // The runs are no empty ones: bills, restored copies and forgeries all occurred.
    const happened = ['readings', 'anchors', 'refusedRestores', 'refusedForgeries'] as const;
    expect(happened.filter((name) => (totals[name] ?? 0) < SEEDS / 6)).toEqual([]);
  });

  it('goes the same way again with the same seed, and another way with another', async () => {
    const once = await runSimulation('--seed', '7');
    expect(once.lines.length).toBeGreaterThan(50);
    expect(await runSimulation('--seed', '7')).toEqual(once);
    expect((await runSimulation('--seed', '8')).lines).not.toEqual(once.lines);
  });

  it('goes the same way whatever ran before it in the same process', async () => {
    const alone = await runSimulation('--seeds', '7..7');
    const third = await runSimulation('--seeds', '5..7');
    const trace = ({ lines }: typeof alone): unknown => JSON.parse(lines.at(-2) ?? '').lastTrace;
    expect(trace(alone)).toMatch(/^[0-9a-f]{64}$/);
    expect(trace(third)).toBe(trace(alone));
  });
});
