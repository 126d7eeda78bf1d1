import { expect, test } from 'vitest';
import { DAY_MS } from '../core/time.ts';
import type { ForgetStep } from '../store/port.ts';
import { REPLAYS_KEPT_MS, ReplaySweep } from './forget-replays.ts';

/** Keys of sites in the order of the store, each with its time. */
class Keys {
  readonly sites: Readonly<Record<string, { key: string; atMs: number }[]>>;
  readonly steps: string[] = [];

  constructor(sites: Record<string, { key: string; atMs: number }[]>) {
    this.sites = sites;
  }

  forgetReplays(site: string, { after, limit, beforeMs, but }: ForgetStep): string | undefined {
    this.steps.push(`${site} ${after}`);
    const all = this.sites[site] ?? [];
    const looked = all.filter(({ key }) => key > after).slice(0, limit);
    for (const one of looked) {
      if (one.atMs < beforeMs && !one.key.startsWith(but)) all.splice(all.indexOf(one), 1);
    }
    return looked.length < limit ? undefined : looked.at(-1)?.key;
  }
}

function clockAt(time: { nowMs: number; elapsedMs: number }) {
  const later = () => ({ cancel: () => undefined });
  return { nowMs: () => time.nowMs, elapsedMs: () => time.elapsedMs, later };
}

const NOW = Date.UTC(2026, 8, 1);
const key = (i: number) => `k-${String(i).padStart(5, '0')}`;

test('keys of a month ago are forgotten within a sweep, younger ones and those of anchors never', () => {
  expect(REPLAYS_KEPT_MS).toBeGreaterThanOrEqual(7 * DAY_MS);
  const old = Array.from({ length: 1_200 }, (_, i) => ({ key: key(i), atMs: NOW - 31 * DAY_MS }));
  const kept = [
    { key: 'anchor/7', atMs: NOW - 400 * DAY_MS },
    { key: 'z-8', atMs: NOW - 8 * DAY_MS },
    { key: 'z-9', atMs: NOW - REPLAYS_KEPT_MS },
  ];
  const [anchor, ...rest] = kept;
  const store = new Keys({ a: [...(anchor ? [anchor] : []), ...old, ...rest], b: [...old] });
  const sites = new Map([
    ['a', 1],
    ['b', 2],
  ]);
  const time = { nowMs: NOW, elapsedMs: 0 };
  const sweep = new ReplaySweep({ store, clock: clockAt(time), simulatedClock: false });
  let steps = 1;
  while (sweep.step(sites)) steps += 1;
  expect(store.sites).toEqual({ a: kept, b: [] });
  // A few hundred keys a step, so that nobody waits for it.
  expect(steps).toBeGreaterThan(4);
  // Once a day, and then from the first key again.
  time.elapsedMs = DAY_MS - 1;
  expect([sweep.step(sites), store.steps.length]).toEqual([false, steps]);
  time.elapsedMs = DAY_MS;
  time.nowMs += 30 * DAY_MS;
  while (sweep.step(sites));
  expect(store.sites['a']).toEqual([anchor]);
});

test('a site that has moved away is left to its next owner', () => {
  const store = new Keys({ a: [], b: [] });
  const clock = clockAt({ nowMs: NOW, elapsedMs: 0 });
  const sweep = new ReplaySweep({ store, clock, simulatedClock: false });
  expect(
    sweep.step(
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    ),
  ).toBe(true);
  expect(sweep.step(new Map([['b', 2]]))).toBe(false);
  expect(store.steps).toEqual(['b ']);
});

test('where time may leap nothing is forgotten', () => {
  const store = new Keys({ a: [{ key: 'k', atMs: 0 }] });
  const clock = clockAt({ nowMs: NOW, elapsedMs: 0 });
  const sweep = new ReplaySweep({ store, clock, simulatedClock: true });
  expect([sweep.step(new Map([['a', 1]])), store.steps]).toEqual([false, []]);
});
