import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { anchorMetrics } from './anchor/anchor-metrics.ts';
import type { LedgerPort } from './ledger-port.ts';
import { type WebhookMetrics, webhookMetrics } from './webhooks/webhook-metrics.ts';
import { witnessMetrics } from './witness/witness-metrics.ts';

export interface ApiMetrics {
  answered(route: string, status: number, seconds: number): void;
  batch(outcome: 'accepted' | 'refused', records: number): void;
  readonly webhooks: WebhookMetrics;
  /** Prometheus text; asks the ledger for its numbers first. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** No label ever names an account, a meter or a person. */
export function apiMetrics(ledger: LedgerPort, withProcess: boolean): ApiMetrics {
  const registry = new Registry();
  const registers = [registry];
  if (withProcess) collectDefaultMetrics({ register: registry, prefix: 'billproof_' });
  const requests = new Histogram({
    name: 'billproof_http_request_seconds',
    help: 'Time to answer, by route and status.',
    labelNames: ['route', 'status'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.25, 1, 5],
    registers,
  });
  const batches = new Counter({
    name: 'billproof_batches_total',
    help: 'Batches of readings by outcome.',
    labelNames: ['outcome'],
    registers,
  });
  const records = new Counter({
    name: 'billproof_batch_records_total',
    help: 'Records in the batches that were accepted.',
    registers,
  });
  const gauges = new Map<string, Gauge>();
  const showWitnesses = witnessMetrics(registry);
  const showAnchors = anchorMetrics(registry);
  return {
    contentType: registry.contentType,
    webhooks: webhookMetrics(registry),
    answered: (route, status, seconds) => requests.observe({ route, status }, seconds),
    batch: (outcome, count) => {
      batches.inc({ outcome });
      if (outcome === 'accepted') records.inc(count);
    },
    text: async () => {
      for (const [name, value] of Object.entries(await ledger.metrics())) {
        const full = `billproof_${snakeCase(name)}`;
        const gauge =
          gauges.get(full) ?? new Gauge({ name: full, help: `Of the ledger: ${name}.`, registers });
        gauges.set(full, gauge);
        gauge.set(value);
      }
      showWitnesses(await ledger.witnesses());
      showAnchors(await ledger.anchors());
      return await registry.metrics();
    },
  };
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replaceAll(/\W/g, '_');
}
