import { expect, it } from 'vitest';
import { Liveness } from './liveness.ts';

const row = (beats: number, locked = true, address: string | null = '127.0.0.1:1') => ({
  ...{ writer: 1, beats, locked, address },
});

/** Who was gone at each look, 400 ms apart. */
function looks(rows: readonly ReturnType<typeof row>[]): boolean[] {
  const liveness = new Liveness();
  return rows.map((each, i) => liveness.look([each], i * 400).length > 0);
}

it('gives up one that does not beat for three seconds, though its session stands', () => {
  expect(looks(Array.from({ length: 10 }, () => row(7)))).toEqual(
    Array.from({ length: 10 }, (_, i) => i >= 8),
  );
});

it('gives up one whose session has ended sooner, unless it comes back', () => {
  const gone = [row(1), row(1, false), row(1, false), row(1, false), row(1, false)];
  expect(looks(gone)).toEqual([false, false, false, true, true]);
  const back = [row(1), row(1, false), row(1, false), row(2), row(2, false), row(2, false)];
  expect(looks(back)).toEqual([false, false, false, false, false, false]);
});

it('lets all come back after the database was away for a while, and took their locks along', () => {
  const liveness = new Liveness();
  expect(liveness.look([row(1)], 0)).toEqual([]);
  expect(liveness.look([row(1, false)], 10_000)).toEqual([]);
  expect(liveness.look([row(1, false)], 10_400)).toEqual([]);
  expect(liveness.look([row(2)], 10_800)).toEqual([]);
});

it('lets one be that is alone as long as its session stands', () => {
  const alone = Array.from({ length: 30 }, () => row(0, true, null));
  expect(looks(alone).some(Boolean)).toBe(false);
  expect(looks([...alone, ...alone.map((each) => ({ ...each, locked: false }))]).at(-1)).toBe(true);
});

it('does not count the time in which it was stopped itself', () => {
  const liveness = new Liveness();
  expect(liveness.look([row(1)], 0)).toEqual([]);
  expect(liveness.look([row(1)], 3_600_000)).toEqual([]);
  expect(liveness.look([row(1)], 3_600_400)).toEqual([]);
  expect(liveness.look([row(1)], 3_601_600)).toEqual([1]);
});

it('knows nothing of one that comes under the number of another again', () => {
  const liveness = new Liveness();
  for (let i = 0; i < 5; i += 1) liveness.look([row(1)], i * 400);
  liveness.look([], 2_000);
  expect(liveness.look([row(1)], 2_400)).toEqual([]);
  expect(liveness.look([row(1)], 5_200)).toEqual([]);
});
