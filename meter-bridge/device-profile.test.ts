import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mapHash, parseProfile, profileHash, shippedProfile } from './device-profile.ts';

const LINK = {
  baud: 9600,
  parity: 'N',
  maxRegs: 60,
  maxHole: 12,
  gapMs: 30,
  timeoutMs: 800,
  retries: 2,
};
const IMPORT = {
  id: 'import',
  role: 'billing',
  obis: '1-0:1.8.0',
  type: 'holding',
  address: 10,
  decode: 'uint32',
  exp10: -2,
  unit: 'kWh',
};

function refusalOf(points: readonly object[], link: object = LINK): string {
  try {
    parseProfile({ model: 'M', link, points }, 'm.json');
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  return 'accepted';
}

describe('a register map', () => {
  it('is strict about every shipped file', () => {
    const names = readdirSync(new URL('./devices/', import.meta.url));
    const models = names.map((name) => shippedProfile(name.replace('.json', '')).model);
    expect(models.toSorted()).toEqual([
      'Acrel DTSD1352',
      'BTU meter, cooling',
      'Chint DTSU666',
      'Eastron SDM630',
      'Hiking DDS238-2 ZN/SR',
      'Pulse counter, cold water',
      'Pulse counter, gas',
      'Replayed load, electricity',
    ]);
  });

  it('reads energy where the makers document it', () => {
    const places = ['acrel-dtsd1352', 'eastron-sdm630', 'chint-dtsu666', 'hiking-dds238'].map(
      (name) => {
        const point = shippedProfile(name).points.find(({ role }) => role === 'billing');
        return [name, point?.type, point?.address, point?.decode, point?.exp10];
      },
    );
    expect(places).toEqual([
      ['acrel-dtsd1352', 'holding', 0x000a, 'uint32', -2],
      ['eastron-sdm630', 'input', 0x0048, 'float32', -3],
      ['chint-dtsu666', 'holding', 0x101e, 'float32', -2],
      ['hiking-dds238', 'holding', 0x0000, 'uint32', -2],
    ]);
  });

  it.each([
    ['no billing point', [{ ...IMPORT, role: 'telemetry', obis: undefined }], /no billing point/],
    ['an unknown member', [{ ...IMPORT, scale: 1 }], /scale/],
    ['an unknown decoding', [{ ...IMPORT, decode: 'bcd' }], /points\/0\/decode/],
    ['a repeated name', [IMPORT, { ...IMPORT, obis: '1-0:2.8.0' }], /"import" is there twice/],
    ['a repeated code', [IMPORT, { ...IMPORT, id: 'b' }], /repeats an obis code/],
    [
      'billing without a code',
      [IMPORT, { ...IMPORT, id: 'b', obis: undefined }],
      /has an obis code/,
    ],
    ['an end past the last register', [{ ...IMPORT, address: 65_535 }], /after register 65535/],
    ['a modulus of another scale', [{ ...IMPORT, modulus: '1000000.0' }], /with 2 decimals/],
    ['an upward exponent', [{ ...IMPORT, exp10: 3 }], /points\/0\/exp10/],
  ])('is refused for %s', (_, points, message) => {
    expect(refusalOf(points)).toMatch(message);
  });

  it('is refused when a point is wider than one request', () => {
    expect(refusalOf([IMPORT], { ...LINK, maxRegs: 1 })).toMatch(/wider than maxRegs/);
  });

  it('tells all faults at once, with the code bad-profile', () => {
    const points = [
      { ...IMPORT, exp10: 3 },
      { ...IMPORT, id: 'B' },
    ];
    expect(() => parseProfile({ model: 'M', link: LINK, points })).toThrow(
      expect.objectContaining({
        code: 'bad-profile',
        message: expect.stringMatching(/points\/0\/exp10.*points\/1\/id/),
      }),
    );
    expect(() => shippedProfile('../secret')).toThrow(
      expect.objectContaining({ code: 'bad-profile' }),
    );
    expect(() => shippedProfile('absent')).toThrow(
      expect.objectContaining({ code: 'bad-profile' }),
    );
  });

  it('has one hash, whatever the order of its members, and another for another register', () => {
    const { obis, ...rest } = IMPORT;
    const a = parseProfile({ model: 'M', link: LINK, points: [IMPORT] });
    const b = parseProfile({ points: [{ obis, ...rest }], link: LINK, model: 'M' });
    const c = parseProfile({ model: 'M', link: LINK, points: [{ ...IMPORT, address: 12 }] });
    expect(profileHash(a)).toBe(profileHash(b));
    expect(profileHash(a)).toMatch(/^[0-9a-f]{64}$/);
    expect(profileHash(c)).not.toBe(profileHash(a));
    expect(mapHash([a])).toBe(mapHash([b, a]));
    expect(mapHash([a])).not.toBe(mapHash([c]));
  });
});
