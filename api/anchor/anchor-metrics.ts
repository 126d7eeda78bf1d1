import { Gauge, type Registry } from 'prom-client';
import type { AnchoredSite } from '../ledger-port.ts';

/** Gauges of how far each log is anchored; what it returns sets them anew. */
export function anchorMetrics(registry: Registry): (anchors: readonly AnchoredSite[]) => void {
  const gauge = (name: string, help: string) =>
    new Gauge({
      name: `billproof_anchor_${name}`,
      help,
      labelNames: ['site', 'chain'],
      registers: [registry],
    });
  const size = gauge('size', 'Events under the newest anchored checkpoint.');
  const lag = gauge('lag_events', 'Signed events that are not anchored.');
  const lagSeconds = gauge('lag_seconds', 'The oldest of them is no older than this.');
  const failing = gauge('failing', '1 while anchoring fails.');
  return (anchors) => {
    // Sites may have gone to another process, which tells of them.
    for (const each of [size, lag, lagSeconds, failing]) each.reset();
    for (const { site, chain, ...state } of anchors) {
      size.set({ site, chain }, state.size);
      lag.set({ site, chain }, state.lag);
      lagSeconds.set({ site, chain }, state.lagMs / 1000);
      failing.set({ site, chain }, state.code === undefined ? 0 : 1);
    }
  };
}
