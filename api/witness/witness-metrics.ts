import { Gauge, type Registry } from 'prom-client';
import type { WitnessedSite } from '../ledger-port.ts';

/** Gauges of how far witnesses have cosigned; what it returns sets them anew. */
export function witnessMetrics(registry: Registry): (sites: readonly WitnessedSite[]) => void {
  const registers = [registry];
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name: `billproof_${name}`, help, labelNames, registers });
  const size = gauge('witnessed_size', 'Events that a quorum of witnesses has cosigned.', ['site']);
  const lag = gauge('witnessed_lag_events', 'Signed events that no quorum has cosigned.', ['site']);
  const labels = ['site', 'witness'];
  const own = gauge('witness_size', 'Events that a witness has cosigned since the start.', labels);
  const failures = gauge('witness_failures', 'Times that a witness did not cosign.', labels);
  const failing = gauge('witness_failing', '1 while a witness does not cosign.', labels);
  return (sites) => {
    // Sites may have gone to another process, which tells of them.
    for (const each of [size, lag, own, failures, failing]) each.reset();
    for (const { site, witnesses, ...whole } of sites) {
      size.set({ site }, whole.size);
      lag.set({ site }, whole.lag);
      for (const state of witnesses) {
        const label = { site, witness: state.witness };
        own.set(label, state.size);
        failures.set(label, state.failures);
        failing.set(label, state.code === undefined ? 0 : 1);
      }
    }
  };
}
