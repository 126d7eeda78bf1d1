/** Which days a lease has its rooms; without a last day it has no end. */
export interface Stay {
  readonly lease: string;
  readonly from: string;
  readonly to?: string | undefined;
}

/**
 * When each room is let and to whom, in the order of days. Stays of one room never overlap, so only the
 * one before and the one after are asked, however many there are.
 */
export class RoomCalendar {
  readonly #rooms = new Map<string, Stay[]>();

  /** Whose stay in the room shares a day with this one, besides its own. */
  taken(room: string, stay: Stay): string | undefined {
    const stays = this.#rooms.get(room) ?? [];
    const at = placeOf(stays, stay.from);
    const isOther = ({ lease }: Stay) => lease !== stay.lease;
    const before = stays.slice(Math.max(0, at - 2), at).findLast(isOther);
    const after = stays.slice(at, at + 2).find(isOther);
    return [before, after].find((other) => other !== undefined && overlap(other, stay))?.lease;
  }

  /** A lease that is noted again has its days changed; its first day stands. */
  note(room: string, { lease, from, to }: Stay): void {
    const stays = this.#rooms.get(room) ?? [];
    const at = placeOf(stays, from);
    const isKnown = stays[at - 1]?.lease === lease;
    stays.splice(isKnown ? at - 1 : at, isKnown ? 1 : 0, { lease, from, to });
    this.#rooms.set(room, stays);
  }
}

/** Behind all that begin on that day or before. */
function placeOf(stays: readonly Stay[], from: string): number {
  let [low, high] = [0, stays.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((stays[middle]?.from ?? '') <= from) low = middle + 1;
    else high = middle;
  }
  return low;
}

function overlap(one: Stay, other: Stay): boolean {
  const startsInTime = (a: Stay, b: Stay) => b.to === undefined || a.from <= b.to;
  return startsInTime(one, other) && startsInTime(other, one);
}
