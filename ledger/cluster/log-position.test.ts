import { expect, it } from 'vitest';
import { positionOf, ReplicaAge } from './log-position.ts';

it('reads places as the server writes them', () => {
  expect(['0/0', '0/1A', '1/0', '16/B374D848'].map(positionOf)).toEqual([
    0n,
    26n,
    2n ** 32n,
    0x16b374d848n,
  ]);
});

it('knows how old a replica is by what it has passed', () => {
  const age = new ReplicaAge();
  expect(age.ageMs(0)).toBe(Infinity);
  age.primaryAt(10n, 1_000);
  age.primaryAt(20n, 2_000);
  age.replicaAt(9n);
  expect(age.ageMs(2_000)).toBe(Infinity);
  age.replicaAt(15n);
  expect(age.ageMs(2_500)).toBe(1_500);
  age.replicaAt(20n);
  expect(age.ageMs(2_500)).toBe(500);
});

it('is no younger for a primary of which nothing is heard', () => {
  const age = new ReplicaAge();
  age.primaryAt(10n, 1_000);
  age.replicaAt(10n);
  age.replicaAt(10n);
  expect(age.ageMs(61_000)).toBe(60_000);
});

it('begins anew with another primary, and with a replica that was away', () => {
  const age = new ReplicaAge();
  age.primaryAt(100n, 1_000);
  age.replicaAt(100n);
  age.primaryAt(50n, 2_000);
  age.replicaAt(60n);
  expect(age.ageMs(2_000)).toBe(0);
  age.forget();
  expect(age.ageMs(2_000)).toBe(Infinity);
  age.replicaAt(60n);
  expect(age.ageMs(2_000)).toBe(0);
});
