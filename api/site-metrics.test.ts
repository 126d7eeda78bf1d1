import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { anchorMetrics } from './anchor/anchor-metrics.ts';
import { witnessMetrics } from './witness/witness-metrics.ts';

it('tells of the sites that a process has, and no more of those that it had', async () => {
  const registry = new Registry();
  const [showAnchors, showWitnesses] = [anchorMetrics(registry), witnessMetrics(registry)];
  const figures = { size: 4, lag: 2, lagMs: 1_500, everyMs: 60_000 };
  for (const sites of [['tower', 'yard'], ['yard']]) {
    showAnchors(
      sites.map((site) => ({
        ...{ site, ...figures, chain: 'c', kind: 'fabric', network: 'real' },
        ...{ atMs: 1, code: undefined },
      })),
    );
    showWitnesses(
      sites.map((site) => {
        const witnesses = [{ witness: 'w', size: 4, failures: 0, code: undefined }];
        return { site, ...figures, needed: 1, witnesses };
      }),
    );
    const text = await registry.metrics();
    const told = new Set(Array.from(text.matchAll(/site="(\w+)"/g), ([, site]) => site));
    expect([...told].sort()).toEqual(sites);
    expect(text).toContain('billproof_anchor_lag_seconds{site="yard",chain="c"} 1.5');
    expect(text).toContain('billproof_witness_size{site="yard",witness="w"} 4');
  }
});
