import { expect, it } from 'vitest';
import { Refusal } from './core/refusal.ts';
import { StoreFenced, StoreFull, StoreUnavailable } from './store/store-errors.ts';
import { fromWire, wireError } from './wire-error.ts';

it.each([
  new Refusal('site-unknown', 'There is no site tower.', { site: 'tower' }),
  new StoreFull('The disk is full.'),
  new StoreUnavailable('The database cannot be reached.'),
  new StoreFenced('Another process has taken over.'),
])('an error is the same at the other end: %s', (error) => {
  const crossed = fromWire(structuredClone(wireError(error)));
  expect(crossed).toEqual(error);
  expect(crossed.constructor).toBe(error.constructor);
});

it('a fault takes along where it happened, and what is no error its text', () => {
  const fault = new Error('a mistake of ours');
  expect(fromWire(wireError(fault)).message).toBe(fault.stack);
  expect(fromWire(wireError('only words')).message).toBe('only words');
});
