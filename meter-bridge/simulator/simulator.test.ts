import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import modbusSerial from 'modbus-serial';
import { describe, expect, it } from 'vitest';
import { parseSimulation, type SimulationInput } from './simulation-file.ts';
import { startSimulator } from './simulator.ts';
import { controlSimulator } from './simulator-control.ts';

const ORIGIN = '2026-08-01T00:00:00.000Z';
const ORIGIN_MS = Date.UTC(2026, 7, 1);
const BUILDING: SimulationInput = {
  origin: ORIGIN,
  meters: [
    {
      unit: 1,
      profile: 'pulse-water',
      serial: 70_001,
      pattern: 'flat',
      perHour: '3.6',
      start: '5',
    },
    { unit: 2, profile: 'eastron-sdm630', serial: 70_002, pattern: 'shop', perHour: '2' },
  ],
};

describe('the simulator', () => {
  it('shows the same registers at the same time to a foreign client, whatever came between', async () => {
    const simulator = await startSimulator({ ...parseSimulation(BUILDING), clock: Date.now });
    const client = new modbusSerial.default();
    await client.connectTCP(simulator.host, { port: simulator.port });
    const read = async (unit: number, ms: number) => {
      simulator.setTime(ms);
      client.setID(unit);
      const words =
        unit === 1 ? client.readHoldingRegisters(0, 6) : client.readInputRegisters(72, 2);
      return (await words).data;
    };
    expect(await read(1, ORIGIN_MS)).toEqual([0, 5_000, 0, 0, 1, 4_465]);
    const later = ORIGIN_MS + 30 * 86_400_000;
    const first = [await read(1, later), await read(2, later)];
    expect(await read(1, ORIGIN_MS)).toEqual([0, 5_000, 0, 0, 1, 4_465]);
    expect([await read(1, later), await read(2, later)]).toEqual(first);
    expect(first[0]?.slice(0, 2)).not.toEqual([0, 5_000]);
    await new Promise<void>((resolve) => client.close(() => resolve()));
    await simulator.close();
  });

  it('answers for units that nobody has as a gateway does', async () => {
    const simulator = await startSimulator({ ...parseSimulation(BUILDING), clock: Date.now });
    const client = new modbusSerial.default();
    await client.connectTCP(simulator.host, { port: simulator.port });
    client.setID(99);
    await expect(client.readHoldingRegisters(0, 2)).rejects.toMatchObject({ modbusCode: 11 });
    client.setID(1);
    await expect(client.writeRegisters(0, [0, 0, 0, 1])).rejects.toMatchObject({ modbusCode: 2 });
    await new Promise<void>((resolve) => client.close(() => resolve()));
    await simulator.close();
  });

  it('runs as a process of its own, takes its time over Modbus, ends at SIGTERM', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'simulator-'));
    const file = join(dir, 'building.json');
    writeFileSync(file, JSON.stringify(BUILDING));
    const script = fileURLToPath(new URL('./main.ts', import.meta.url));
    const child = spawn(process.execPath, [script, '--simulation', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const [, host = '', port = ''] = /^simulator ready (.+):(\d+)$/.exec(String(line)) ?? [];
    const control = await controlSimulator(host, Number(port));
    const client = new modbusSerial.default();
    await client.connectTCP(host, { port: Number(port) });
    client.setID(1);
    await control.setTime(ORIGIN_MS);
    expect((await client.readHoldingRegisters(0, 2)).data).toEqual([0, 5_000]);
    await control.setTime(null);
    expect((await client.readHoldingRegisters(0, 2)).data).not.toEqual([0, 5_000]);
    await control.close();
    await new Promise<void>((resolve) => client.close(() => resolve()));
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    rmSync(dir, { recursive: true });
  });

  it.each<[string, unknown, RegExp]>([
    ['an unknown shape', { ...BUILDING, meters: [{ unit: 1 }] }, /\/meters\/0\/profile/],
    ['a bad time', { ...BUILDING, origin: 'yesterday' }, /\/origin: a time is written/],
    ['a negative rate', rated('-1'), /\/meters\/0\/perHour/],
    ['an unknown scenario', { ...BUILDING, scenarios: [{ kind: 'fire' }] }, /\/scenarios\/0/],
  ])('refuses a building with %s', (_, value, message) => {
    expect(() => parseSimulation(value)).toThrow(
      expect.objectContaining({ code: 'bad-simulation', message: expect.stringMatching(message) }),
    );
  });

  it('refuses two meters at one address', async () => {
    const { meters } = parseSimulation(BUILDING);
    const [meter] = meters;
    const twice = meter ? [meter, meter] : [];
    await expect(startSimulator({ meters: twice, clock: Date.now })).rejects.toThrow(
      expect.objectContaining({ code: 'bad-simulation', params: { unit: 1 } }),
    );
  });
});

function rated(perHour: string): unknown {
  return { ...BUILDING, meters: [{ ...BUILDING.meters[0], perHour }] };
}
