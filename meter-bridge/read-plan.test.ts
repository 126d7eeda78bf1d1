import { describe, expect, it } from 'vitest';
import { type DeviceProfile, type RegisterPoint, shippedProfile } from './device-profile.ts';
import { planReads } from './read-plan.ts';

function profileOf(places: readonly [string, number][], maxRegs: number, maxHole: number) {
  const points = places.map(
    ([id, address]): RegisterPoint => ({
      id,
      role: 'telemetry',
      type: 'holding',
      address,
      decode: 'uint32',
      exp10: 0,
      unit: 'V',
    }),
  );
  const link = {
    baud: 9600,
    parity: 'N',
    maxRegs,
    maxHole,
    gapMs: 0,
    timeoutMs: 1,
    retries: 0,
  } as const;
  return { model: 'M', link, points } satisfies DeviceProfile;
}

function plan(profile: DeviceProfile, ...roles: Parameters<typeof planReads>[1]) {
  return planReads(profile, roles).map(({ type, address, count, points }) => [
    type,
    address,
    count,
    points.map(({ id }) => id).join(' '),
  ]);
}

describe('the requests for a meter', () => {
  it('merge neighbours across a hole of at most maxHole registers', () => {
    const profile = profileOf(
      [
        ['c', 20],
        ['a', 0],
        ['b', 6],
      ],
      60,
      4,
    );
    expect(plan(profile, 'telemetry')).toEqual([
      ['holding', 0, 8, 'a b'],
      ['holding', 20, 2, 'c'],
    ]);
  });

  it('are never longer than maxRegs', () => {
    const profile = profileOf(
      [
        ['a', 0],
        ['b', 2],
        ['c', 4],
      ],
      4,
      9,
    );
    expect(plan(profile, 'telemetry')).toEqual([
      ['holding', 0, 4, 'a b'],
      ['holding', 4, 2, 'c'],
    ]);
  });

  it('cover points that overlap', () => {
    const profile = profileOf(
      [
        ['a', 0],
        ['b', 1],
      ],
      4,
      0,
    );
    expect(plan(profile, 'telemetry')).toEqual([['holding', 0, 3, 'a b']]);
  });

  it('take energy and serial number together where the map allows it', () => {
    const roles = ['billing', 'serial', 'ct', 'pt'] as const;
    expect(plan(shippedProfile('pulse-water'), ...roles)).toEqual([
      ['holding', 0, 6, 'volume serial'],
    ]);
    expect(plan(shippedProfile('eastron-sdm630'), ...roles)).toEqual([
      ['holding', 64_512, 2, 'serial'],
      ['input', 72, 2, 'import'],
    ]);
  });
});
