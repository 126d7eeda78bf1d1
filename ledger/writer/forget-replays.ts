import { ANCHOR_KEYS } from '../anchor/anchor-event.ts';
import { DAY_MS } from '../core/time.ts';
import type { Store } from '../store/port.ts';
import type { KeeperParts } from './keeper-parts.ts';

/** Promised are 7 days (docs/access.md); a clock that was set forward by three weeks breaks no promise. */
export const REPLAYS_KEPT_MS = 30 * DAY_MS;
/** Keys that are looked at in one pause: below a millisecond. */
const STEP = 500;

type SweepParts = Pick<KeeperParts, 'clock' | 'simulatedClock'> & {
  readonly store: Pick<Store, 'forgetReplays'>;
};

/**
 * Forgets what requests with an Idempotency-Key were answered, a month after. It goes through the keys once a day, some
 * in each pause, so that it needs no index and holds up nobody. Keys of anchors stay: an anchor may be told of
 * whenever the chain is asked, and stands in the log once.
 */
export class ReplaySweep {
  readonly #parts: SweepParts;
  #sweptAtMs: number | undefined;
  #places: { readonly site: string; readonly after: string }[] = [];

  constructor(parts: SweepParts) {
    this.#parts = parts;
  }

  /** One step, of these sites; whether there is more to do. */
  step(sites: ReadonlyMap<string, unknown>): boolean {
    const { store, clock, simulatedClock } = this.#parts;
    // Where time may leap, a key of yesterday would be one of last year.
    if (simulatedClock) return false;
    if (this.#places.length === 0) {
      const now = clock.elapsedMs();
      if (this.#sweptAtMs !== undefined && now - this.#sweptAtMs < DAY_MS) return false;
      this.#sweptAtMs = now;
      this.#places = [...sites.keys()].map((site) => ({ site, after: '' }));
    }
    const place = this.#places.pop();
    // A site that has moved meanwhile is its next owner's.
    if (place !== undefined && sites.has(place.site)) {
      const { site, after } = place;
      const beforeMs = clock.nowMs() - REPLAYS_KEPT_MS;
      const step = { after, limit: STEP, beforeMs, but: ANCHOR_KEYS };
      const last = store.forgetReplays(site, step);
      if (last !== undefined) this.#places.push({ site, after: last });
    }
    return this.#places.length > 0;
  }
}
