import { expect, test } from 'vitest';
import { unmeteredTariff } from '../../test/samples/tariffs-v2.ts';
import type { JsonObject } from '../core/canonical-json.ts';
import type { EventType, LedgerEvent } from '../core/event.ts';
import { TariffBook } from '../core/tariff-book.ts';
import { Findings } from './finding.ts';
import { PoolSums } from './pool-sums.ts';

const RULE = { share: 'lift', kind: 'common-area', key: 'equal', pool: 'amount' } as const;
const PLAIN = { id: 'common', validFrom: '2026-07-31T16:00:00.000Z', shares: [RULE] };
const BOOK = new TariffBook();
const { ref: REF } = BOOK.add(unmeteredTariff(PLAIN));
const LATER = { version: 2, validFrom: '2026-09-30T16:00:00.000Z' };
const { ref: NEXT } = BOOK.add(unmeteredTariff({ ...PLAIN, ...LATER }));

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

function pool(poolAmount: string, tariff = REF): LedgerEvent {
  const named = { tariff, share: 'lift', month: '2026-09' };
  return event('pool.shared', { ...named, poolAmount, denominator: '3.000000' });
}

function share(amount: string, name = 'lift', tariff = REF): LedgerEvent {
  const money = { amount, wallet: 'electricity', balance: '0.000000', period: '2026-09' };
  return event('charge.posted', {
    ...{ charge: 'share', name, line: {}, tariff, ...money },
    postings: [],
  });
}

function codes(...events: readonly LedgerEvent[]): string[] {
  const found = new Findings('tower');
  const sums = new PoolSums(found, BOOK);
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

test('a pool of a version not in force, and a share of another version than its pool, are found', () => {
  expect(codes(pool('1.000000', NEXT), share('1.000000', 'lift', NEXT))).toEqual([
    'tariff-differs',
  ]);
  const unknown = { ...REF, id: 'nowhere' };
  expect(codes(pool('1.000000', unknown), share('1.000000', 'lift', unknown))).toEqual([
    'tariff-differs',
  ]);
  expect(codes(pool('1.000000'), share('1.000000', 'lift', NEXT))).toEqual(['pool-missing']);
});
