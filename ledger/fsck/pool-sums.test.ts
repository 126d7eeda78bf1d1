import { expect, test } from 'vitest';
import type { JsonObject } from '../core/canonical-json.ts';
import type { EventType, LedgerEvent } from '../core/event.ts';
import { Findings } from './finding.ts';
import { PoolSums } from './pool-sums.ts';

const REF = { id: 'common', version: 1, hash: '00'.repeat(32) };

function event(type: EventType, data: JsonObject): LedgerEvent {
  const head = {
    v: 1,
    log: 'a.example/log',
    account: 'site',
    n: 0,
    prev: '00'.repeat(32),
  } as const;
  return { ...head, type, at: '2026-09-30T16:00:00.000Z', id: '', data };
}

function pool(poolAmount: string): LedgerEvent {
  const named = { tariff: REF, share: 'lift', month: '2026-09' };
  return event('pool.shared', { ...named, poolAmount, denominator: '3.000000' });
}

function share(amount: string, name = 'lift'): LedgerEvent {
  const money = { amount, wallet: 'electricity', balance: '0.000000', period: '2026-09' };
  return event('charge.posted', {
    ...{ charge: 'share', name, line: {}, tariff: REF, ...money },
    postings: [],
  });
}

function codes(...events: readonly LedgerEvent[]): string[] {
  const found = new Findings('tower');
  const sums = new PoolSums(found);
  for (const [leaf, one] of events.entries()) sums.take(one, leaf);
  sums.finish();
  return found.list.map(({ code }) => code);
}

test('shares that are their pool to the last cent are sound', () => {
  expect(codes(pool('10.010000'), share('3.340000'), share('6.670000'))).toEqual([]);
});

test('a pool that is collected beyond, or not whole, is found', () => {
  expect(codes(pool('10.000000'), share('3.340000'), share('6.670000'))).toEqual(['pool-differs']);
  expect(codes(pool('10.000000'), share('3.340000'))).toEqual(['pool-differs']);
});

test('a share of no pool, and a pool told twice, are found', () => {
  expect(codes(share('1.000000'))).toEqual(['pool-missing']);
  expect(codes(pool('1.000000'), share('1.000000'), share('1.000000', 'roof'))).toEqual([
    'pool-missing',
  ]);
  expect(codes(pool('1.000000'), share('1.000000'), pool('0.000000'))).toEqual(['pool-twice']);
});
