import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type BridgeConfigInput, configHash, parseConfig, readConfig } from './config.ts';

const CONFIG: BridgeConfigInput = {
  bridge: 'br-1',
  url: 'http://127.0.0.1:8600/',
  data: 'data',
  links: [{ link: 'bus', host: '127.0.0.1' }],
  meters: [{ meter: 'm-1', link: 'bus', unit: 1, profile: 'pulse-water', serial: '1' }],
};

describe('the configuration', () => {
  it('fills in what is usual and resolves paths from its own folder', () => {
    const config = parseConfig(CONFIG, 'site');
    expect(config.data).toBe(resolve('site/data'));
    expect(config.url).toBe('http://127.0.0.1:8600');
    expect(config.meters).toEqual([
      {
        meter: 'm-1',
        link: 'bus',
        unit: 1,
        profile: 'pulse-water',
        serial: '1',
        ct: '1',
        pt: '1',
        everyMs: 900_000,
      },
    ]);
    expect([config.clock, config.source, config.batchRecords]).toEqual(['U', 'live', 500]);
  });

  it('tells all mistakes of shape at once', () => {
    const wrong = { ...CONFIG, bridge: 'a b', token: 'x', links: [] };
    expect(() => parseConfig(wrong, '.')).toThrow(
      expect.objectContaining({
        code: 'bad-config',
        message: expect.stringMatching(/(?=.*\/bridge)(?=.*\/links)(?=.*token)/),
      }),
    );
  });

  it('tells all contradictions at once', () => {
    const [meter] = CONFIG.meters;
    const meters = [
      { ...CONFIG.meters[0], meter: 'm-1', link: 'bus', unit: 1, serial: '1', profile: 'absent' },
      { ...meter, meter: 'm-1', link: 'other', unit: 1, serial: '1', profile: 'pulse-water' },
      { ...meter, meter: 'm-2', link: 'bus', unit: 1, serial: '1', profile: 'pulse-water' },
    ];
    expect(() => parseConfig({ ...CONFIG, meters }, '.')).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(
          /(?=.*absent)(?=.*"m-1" is there twice)(?=.*"bus\/1" is there twice)(?=.*no link "other")/,
        ),
      }),
    );
  });

  it('has one hash over all that a reading depends on', () => {
    const hash = configHash(parseConfig(CONFIG, '.'));
    const [meter] = CONFIG.meters;
    const changed = (change: Partial<BridgeConfigInput>) =>
      configHash(parseConfig({ ...CONFIG, ...change }, '.'));
    expect(changed({ data: 'elsewhere', logLevel: 'warn', batchRecords: 7 })).toBe(hash);
    expect(changed({ source: 'replay' })).not.toBe(hash);
    const ratios = [{ meter: 'm-1', link: 'bus', unit: 1, profile: 'pulse-water', serial: '1' }];
    expect(changed({ meters: ratios.map((m) => ({ ...m, ct: '40' })) })).not.toBe(hash);
    expect(changed({ meters: meter ? [meter] : [] })).toBe(hash);
  });

  it('of a missing or broken file is refused', () => {
    const dir = mkdtempSync(join(tmpdir(), 'config-'));
    const file = join(dir, 'bridge.json');
    const bad = expect.objectContaining({ code: 'bad-config' });
    expect(() => readConfig(file)).toThrow(bad);
    writeFileSync(file, '{');
    expect(() => readConfig(file)).toThrow(bad);
    writeFileSync(file, JSON.stringify(CONFIG));
    expect(readConfig(file).data).toBe(join(dir, 'data'));
    rmSync(dir, { recursive: true });
  });
});
