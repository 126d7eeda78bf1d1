import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../test/support/free-port.ts';
import { shippedProfile } from './device-profile.ts';
import { driverOf } from './modbus-driver.ts';
import { ModbusLink } from './modbus-link.ts';
import { displayText } from './register-decode.ts';
import type { Scenario } from './simulator/scenario.ts';
import { type Simulator, startSimulator } from './simulator/simulator.ts';

const NOW = Date.UTC(2026, 8, 1);
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function simulated(name: string, micros: bigint, scenarios: readonly Scenario[] = []) {
  const meter = {
    unit: 9,
    profile: shippedProfile(name),
    serial: 24_110_301,
    startMicros: micros,
    load: { at: () => 0n },
  };
  const simulator = await startSimulator({ meters: [meter], scenarios, clock: () => NOW });
  cleanups.push(() => simulator.close());
  return simulator;
}

function linkTo(
  { host, port }: Pick<Simulator, 'host' | 'port'>,
  timeoutMs = 10_000,
  inFlight = 4,
) {
  const link = new ModbusLink({ host, port, timeoutMs, inFlight });
  cleanups.push(() => link.close());
  return link;
}

describe('a poll of a healthy meter', () => {
  it.each([
    ['acrel-dtsd1352', '12345.67', '0012d687', undefined],
    ['eastron-sdm630', '12345.678', '4640e6b6', '24110301'],
    ['chint-dtsu666', '12345.67', '4640e6ae', undefined],
    ['hiking-dds238', '12345.67', '0012d687', undefined],
    ['pulse-water', '12345.678', '00bc614e', '24110301'],
    ['pulse-gas', '12345.67', '0012d687', '24110301'],
    ['btu-cooling', '12345.6', '0001e240', '24110301'],
    ['replayed-load', '12345.678000', '00000002dfdc18b0', '24110301'],
  ])('%s gives the displayed value, the raw words and the serial number', async (...row) => {
    const [name, value, raw, serial] = row;
    const simulator = await simulated(name, 12_345_678_000n);
    const driver = driverOf(shippedProfile(name));
    const sample = await driver.poll(linkTo(simulator), 9, () => NOW);
    expect(sample).toMatchObject({ ok: true, atMs: NOW, raw, serial });
    const texts = sample.ok && sample.registers.map((r) => displayText(r.point, r.digits));
    expect(texts).toEqual([value]);
  });

  it('reads telemetry too when a person asks', async () => {
    const simulator = await simulated('acrel-dtsd1352', 1_000_000n);
    const driver = driverOf(shippedProfile('acrel-dtsd1352'));
    const values = await driver.inspect(linkTo(simulator), 9);
    expect(Object.fromEntries(values)).toMatchObject({ import: 100n, u1: 2_300n, f: 5_000n });
  });

  it('keeps many requests apart on one connection', async () => {
    const meters = Array.from({ length: 40 }, (_, i) => ({
      unit: i + 1,
      profile: shippedProfile('pulse-water'),
      serial: i + 1,
      startMicros: BigInt(i) * 1_000_000n,
      load: { at: () => 0n },
    }));
    const simulator = await startSimulator({ meters, clock: () => NOW });
    cleanups.push(() => simulator.close());
    const link = linkTo(simulator, 1_000, 16);
    const driver = driverOf(shippedProfile('pulse-water'));
    const samples = await Promise.all(meters.map(({ unit }) => driver.poll(link, unit, () => NOW)));
    expect(samples.map((s) => s.ok && [s.serial, s.registers[0]?.digits])).toEqual(
      meters.map((_, i) => [String(i + 1), BigInt(i) * 1_000n]),
    );
  });
});

describe('a poll that fails', () => {
  const outage = (how: 'silent' | 'gateway' | 'cut'): Scenario => ({
    kind: 'outage',
    unit: 9,
    fromMs: NOW,
    toMs: NOW + 1,
    how,
  });

  it.each([
    ['silent', 'timeout', 'no answer within 300 ms'],
    ['gateway', 'timeout', 'Modbus exception 11'],
    ['cut', 'disconnected', 'the gateway closed the connection'],
  ] as const)('because the meter is %s says %s', async (how, status, detail) => {
    const simulator = await simulated('pulse-water', 0n, [outage(how)]);
    const driver = driverOf(shippedProfile('pulse-water'));
    const link = linkTo(simulator, 300);
    expect(await driver.poll(link, 9, () => NOW)).toEqual({ ok: false, atMs: NOW, status, detail });
    simulator.setTime(NOW + 1);
    expect((await driver.poll(link, 9, () => NOW)).ok).toBe(true);
  });

  it('because nobody listens says disconnected, and works once somebody does', async () => {
    const driver = driverOf(shippedProfile('pulse-water'));
    const port = await freePort();
    const link = linkTo({ host: '127.0.0.1', port });
    const sample = await driver.poll(link, 9, () => NOW);
    expect(sample).toMatchObject({ ok: false, status: 'disconnected' });
    const meter = {
      unit: 9,
      profile: shippedProfile('pulse-water'),
      serial: 1,
      startMicros: 0n,
      load: { at: () => 0n },
    };
    const again = await startSimulator({ meters: [meter], port, clock: () => NOW });
    cleanups.push(() => again.close());
    expect((await driver.poll(link, 9, () => NOW)).ok).toBe(true);
  });

  it.each([
    [0, 1, true],
    [2, 3, true],
    [3, 3, false],
  ])('after %i unanswered requests has asked %i times', async (silent, asked, ok) => {
    let requests = 0;
    const server = await listening((socket) => {
      socket.on('data', (request) => {
        requests += 1;
        if (requests <= silent) return;
        const body = Buffer.concat([Buffer.from([9, 3, 12]), Buffer.alloc(12)]);
        const header = Buffer.from(request.subarray(0, 6));
        header.writeUInt16BE(body.length, 4);
        socket.write(Buffer.concat([header, body]));
      });
    });
    const driver = driverOf(shippedProfile('pulse-water'));
    const sample = await driver.poll(linkTo(server, 1_000), 9, () => NOW);
    expect([sample.ok, requests]).toEqual([ok, asked]);
  });

  it('because a float is not a number says out-of-range', async () => {
    const server = await answering((request) => {
      const count = request.readUInt16BE(10);
      const data = Buffer.alloc(2 * count, 0xff);
      return Buffer.concat([Buffer.from([request[6] ?? 0, request[7] ?? 0, 2 * count]), data]);
    });
    const driver = driverOf(shippedProfile('chint-dtsu666'));
    expect(await driver.poll(linkTo(server), 9, () => NOW)).toEqual({
      ok: false,
      atMs: NOW,
      status: 'out-of-range',
      detail: 'register import shows ffffffff',
    });
  });

  it.each([
    ['another unit', [8, 3, 12], 'another unit answered'],
    ['another function', [9, 4, 12], 'another function was answered'],
    ['too few registers', [9, 3, 2, 0, 0], 'the answer has another length than asked for'],
    ['an exception', [9, 0x83, 2], 'Modbus exception 2'],
  ])('because of %s says read-error', async (_, body, detail) => {
    const server = await answering(() => Buffer.from(body));
    const driver = driverOf(shippedProfile('pulse-water'));
    const sample = await driver.poll(linkTo(server), 9, () => NOW);
    expect(sample).toEqual({ ok: false, atMs: NOW, status: 'read-error', detail });
  });

  it('because the peer does not speak Modbus says disconnected', async () => {
    const server = await listening((socket) =>
      socket.on('data', () => socket.write('HTTP/1.1 400')),
    );
    const driver = driverOf(shippedProfile('pulse-water'));
    const sample = await driver.poll(linkTo(server), 9, () => NOW);
    expect(sample).toEqual({
      ok: false,
      atMs: NOW,
      status: 'disconnected',
      detail: 'the gateway does not speak Modbus TCP',
    });
  });
});

type OnConnection = (socket: Socket) => void;

/** A device that answers each request with the body that `answer` makes of it. */
function answering(answer: (request: Buffer) => Buffer) {
  return listening((socket) => {
    socket.on('data', (request) => {
      const body = answer(request);
      const header = Buffer.from(request.subarray(0, 6));
      header.writeUInt16BE(body.length, 4);
      socket.write(Buffer.concat([header, body]));
    });
  });
}

async function listening(onConnection: OnConnection) {
  const server = createServer(onConnection).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return { host: address.address, port: address.port };
}
