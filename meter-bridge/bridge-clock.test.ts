import { describe, expect, it } from 'vitest';
import { systemClock, watchClock } from './bridge-clock.ts';

function hands() {
  let nowMs = 1_000_000;
  let uptimeMs = 0;
  return {
    clock: { nowMs: () => nowMs, uptimeMs: () => uptimeMs },
    pass(ms: number) {
      nowMs += ms;
      uptimeMs += ms;
    },
    step(ms: number) {
      nowMs += ms;
    },
  };
}

describe('the clock watch', () => {
  it.each([5_000, -5_000])('tells a step of %i ms once and doubts the time for a while', (byMs) => {
    const { clock, pass, step } = hands();
    const steps: unknown[] = [];
    const quality = watchClock({
      clock,
      declared: 'S',
      holdMs: 60_000,
      onStep: (s) => steps.push(s),
    });
    pass(10_000);
    expect(quality()).toBe('S');
    step(byMs);
    expect(quality()).toBe('U');
    pass(59_999);
    expect(quality()).toBe('U');
    pass(1);
    expect(quality()).toBe('S');
    expect(steps).toEqual([{ byMs, atMs: 1_010_000 + byMs }]);
  });

  it('takes small corrections for what they are', () => {
    const { clock, pass, step } = hands();
    const steps: unknown[] = [];
    const quality = watchClock({ clock, declared: 'I', onStep: (s) => steps.push(s) });
    for (let i = 0; i < 100; i++) {
      pass(1_000);
      step(50);
      expect(quality()).toBe('I');
    }
    expect(steps).toEqual([]);
  });

  it('of the system never runs backwards', () => {
    const { nowMs, uptimeMs } = systemClock();
    const first = uptimeMs();
    expect(Number.isSafeInteger(first) && uptimeMs() >= first).toBe(true);
    expect(Number.isSafeInteger(nowMs())).toBe(true);
  });
});
