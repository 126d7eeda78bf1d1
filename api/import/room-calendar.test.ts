import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RoomCalendar, type Stay } from './room-calendar.ts';

const day = fc.integer({ min: 1, max: 60 }).map((at) => {
  return new Date(Date.UTC(2026, 8, at)).toISOString().slice(0, 10);
});
const stay = fc.record({
  lease: fc.integer({ min: 1, max: 12 }).map((n) => `L-${n}`),
  from: day,
  to: fc.option(day, { nil: undefined }),
});

test('says of every stay what a look at each day of all the others says', () => {
  fc.assert(
    fc.property(fc.array(stay, { maxLength: 40 }), (wishes) => {
      const calendar = new RoomCalendar();
      const kept = new Map<string, Stay>();
      for (const wish of wishes) {
        if (wish.to !== undefined && wish.to < wish.from) continue;
        const from = kept.get(wish.lease)?.from ?? wish.from;
        if (wish.to !== undefined && wish.to < from) continue;
        const next = { ...wish, from };
        const others = [...kept.values()].filter(({ lease }) => lease !== next.lease);
        const inTheWay = others.filter((other) => shareDay(other, next)).map(({ lease }) => lease);
        const found = calendar.taken('301', next);
        if (inTheWay.length === 0) expect(found).toBeUndefined();
        else expect(inTheWay).toContain(found);
        if (found !== undefined) continue;
        calendar.note('301', next);
        kept.set(next.lease, next);
      }
      expect(calendar.taken('302', { lease: 'L', from: '2026-09-01' })).toBeUndefined();
    }),
  );
});

function shareDay(one: Stay, other: Stay): boolean {
  const days = Array.from({ length: 70 }, (_, at) => {
    return new Date(Date.UTC(2026, 8, at + 1)).toISOString().slice(0, 10);
  });
  const has = ({ from, to }: Stay, at: string) => from <= at && (to === undefined || at <= to);
  return days.some((at) => has(one, at) && has(other, at));
}
