import { Counter, Gauge, type Registry } from 'prom-client';
import type { Tried } from './courier.ts';

export interface WebhookMetrics {
  tried(outcome: Tried): void;
  waiting(count: number): void;
}

/** No label names an endpoint: its id is of no use to whoever watches, and there may be many. */
export function webhookMetrics(registry: Registry): WebhookMetrics {
  const registers = [registry];
  const tries = new Counter({
    name: 'billproof_webhook_tries_total',
    help: 'Tries to deliver a message to an endpoint.',
    registers,
  });
  const failures = new Counter({
    name: 'billproof_webhook_failures_total',
    help: 'Tries that failed; given-up: no other try follows.',
    labelNames: ['outcome'],
    registers,
  });
  const outbox = new Gauge({
    name: 'billproof_webhook_outbox',
    help: 'Messages that wait for a try, of each endpoint up to 1000.',
    registers,
  });
  // So that a watcher sees the first failure as a rise from nothing.
  for (const outcome of ['failed', 'given-up']) failures.inc({ outcome }, 0);
  return {
    tried: (outcome) => {
      tries.inc();
      if (outcome !== 'delivered') failures.inc({ outcome });
    },
    waiting: (count) => outbox.set(count),
  };
}
