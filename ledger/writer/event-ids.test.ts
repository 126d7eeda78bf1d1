import { describe, expect, it } from 'vitest';
import { EventIds } from './event-ids.ts';

const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('event ids', () => {
  it('carry the time and the version of RFC 9562', () => {
    const id = new EventIds().next(Date.parse('2026-09-01T00:00:00.000Z'));
    expect(id).toMatch(UUID7);
    expect(Number.parseInt(timeOf(id), 16)).toBe(Date.parse('2026-09-01T00:00:00.000Z'));
  });

  it('rise strictly within a millisecond, beyond its counter, and when the clock goes back', () => {
    const ids = new EventIds();
    const made: string[] = [];
    for (let i = 0; i < 10_000; i += 1) made.push(ids.next(1_000_000));
    for (let i = 0; i < 100; i += 1) made.push(ids.next(999_000));
    made.push(ids.next(2_000_000));
    expect(made.every((id) => UUID7.test(id))).toBe(true);
    expect(new Set(made).size).toBe(made.length);
    expect(made.toSorted()).toEqual(made);
  });
});

function timeOf(id: string): string {
  return id.replaceAll('-', '').slice(0, 12);
}
