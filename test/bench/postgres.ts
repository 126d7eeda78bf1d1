import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresServer } from '../support/postgres-server.ts';
import { SampleDevice } from '../support/sample-device.ts';
import { median, percentile, report } from './figure.ts';
import { type Exchange, pump, type RunningService, sign, startService } from './ingest.ts';

const METERS_EACH = 31;
const BRIDGES = 16;
const ROUNDS = 5;

/** `postgres`: readings a second into a database beside the service, and what a second writer adds. */
export async function postgresIngest(options: { readonly readings?: number } = {}): Promise<void> {
  const server = await PostgresServer.start(['shared_buffers=256MB', 'max_wal_size=4GB']);
  try {
    for (const [size, share] of [
      [100, 1],
      [20, 1],
      [1, 10],
    ] as const) {
      await oneWriter(server, size, (options.readings ?? 200_000) / share);
    }
    for (const [size, share] of [
      [100, 1],
      [1, 10],
    ] as const) {
      await twoWriters(server, size, (options.readings ?? 60_000) / share);
    }
  } finally {
    await server.stop();
  }
}

/** A process that owns some sites, and their bridges. */
interface Writing {
  readonly devices: readonly SampleDevice[];
  readonly service: RunningService;
}

async function startWriting(url: string, kek: string, sites: readonly string[]): Promise<Writing> {
  const devices = sites.flatMap((site) =>
    Array.from({ length: BRIDGES }, (_, i) => new SampleDevice(`${site}.${i}`)),
  );
  const data = mkdtempSync(join(tmpdir(), 'billproof-bench-'));
  const siteOf = (bridge: string) => bridge.split('.')[0];
  const service = await startService(data, devices, METERS_EACH, { shared: { url, kek } }, siteOf);
  rmSync(data, { recursive: true, force: true });
  return { devices, service };
}

function signed({ devices }: Writing, size: number, readings: number): Exchange[][] {
  const each = Math.ceil(readings / devices.length / size);
  return devices.map((device) => sign(device, size, each));
}

interface Course {
  readonly readings: number;
  readonly ms: number;
  readonly acks: readonly number[];
}

/** All connections at once; readings that were acknowledged, and how long that took. */
async function send(
  work: readonly { readonly port: number; readonly lists: Exchange[][] }[],
  size: number,
): Promise<Course> {
  const startedMs = performance.now();
  const acks = await Promise.all(
    work.flatMap(({ port, lists }) => lists.map((list) => pump(port, list))),
  );
  const ms = performance.now() - startedMs;
  return { readings: acks.flat().length * size, ms, acks: acks.flat() };
}

async function oneWriter(server: PostgresServer, size: number, readings: number): Promise<void> {
  const url = server.makeDatabase();
  const writing = await startWriting(url, randomBytes(32).toString('hex'), ['a', 'b']);
  const lists = signed(writing, size, readings);
  const before = await writing.service.usage();
  const { port } = writing.service;
  const course = await send([{ port, lists }], size);
  const after = await writing.service.usage();
  const bench = `postgres-ingest-${size}`;
  const note = `batches of ${size}, ${2 * BRIDGES} bridges, the server beside it on the same cores`;
  const rate = course.readings / (course.ms / 1e3);
  report({ bench, value: rate, unit: 'readings/s', n: course.readings, note });
  const n = course.acks.length;
  report({ bench: `${bench}-ack-p50`, value: median(course.acks), unit: 'ms', n, note });
  const p99 = percentile(course.acks, 0.99);
  report({ bench: `${bench}-ack-p99`, value: p99, unit: 'ms', n, note });
  const cpu = after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system;
  report({
    ...{ bench: `${bench}-cpu`, value: cpu / course.readings, unit: 'us/reading' },
    ...{ n: course.readings, note: 'processor time of the service, without the server' },
  });
  await writing.service.stop();
}

/** As `send`, with the processor time of all writers and of the server. */
async function sendCosted(
  server: PostgresServer,
  writing: readonly Writing[],
  size: number,
  readings: number,
): Promise<Course & { readonly cpuUs: number }> {
  const work = writing.map((each) => ({
    port: each.service.port,
    lists: signed(each, size, readings),
  }));
  const used = async () => {
    const usages = await Promise.all(writing.map(({ service }) => service.usage()));
    const own = usages.reduce((sum, { cpu }) => sum + cpu.user + cpu.system, 0);
    return own + server.processorTime();
  };
  const before = await used();
  const course = await send(work, size);
  return { ...course, cpuUs: (await used()) - before };
}

/** The same readings of two sites, in turns: by one process that owns both, and by two with one each. */
async function twoWriters(server: PostgresServer, size: number, readings: number): Promise<void> {
  const kek = randomBytes(32).toString('hex');
  const shared = await startWriting(server.makeDatabase(), kek, ['a', 'b']);
  const url = server.makeDatabase();
  const first = await startWriting(url, kek, ['a']);
  const second = await startWriting(url, kek, ['b']);
  const ratios: number[] = [];
  const costs: number[] = [];
  const cores: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const one = await sendCosted(server, [shared], size, 2 * readings);
    const two = await sendCosted(server, [first, second], size, readings);
    ratios.push(two.readings / two.ms / (one.readings / one.ms));
    costs.push(one.cpuUs / one.readings / (two.cpuUs / two.readings));
    cores.push(one.cpuUs / 1e3 / one.ms);
  }
  const note = `batches of ${size}, two sites; median of ${ROUNDS} pairs in turns`;
  const bench = `postgres-two-writers-${size}`;
  report({ bench, value: median(ratios), unit: 'times one writer', n: ROUNDS, note });
  report({
    ...{ bench: `${bench}-given-cores`, value: 2 * median(costs), unit: 'times one writer' },
    ...{
      n: ROUNDS,
      note: 'by processor time a reading of all writers and the server, twice the cores',
    },
  });
  report({
    ...{ bench: `${bench}-cores-of-one`, value: median(cores), unit: 'cores', n: ROUNDS },
    note: 'what one writer and the server use of this machine',
  });
  for (const { service } of [shared, first, second]) await service.stop();
}
