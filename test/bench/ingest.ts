import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseReading } from '../../ledger/core/reading.ts';
import { SampleDevice } from '../support/sample-device.ts';
import { SITE } from '../support/sample-ledger.ts';
import { cycles } from './building.ts';
import { median, percentile, report } from './figure.ts';
import type { Setup } from './ledger-child.ts';

/** Bridges with a backlog. Each has one batch under way, as `meter-bridge/sender.ts` sends them. */
const BRIDGES = 32;
const METERS_EACH = 31;

export interface RunningService {
  readonly child: ChildProcess;
  readonly port: number;
  readonly openMs: number;
  usage(): Promise<{ rss: number; cpu: { user: number; system: number } }>;
  stop(): Promise<void>;
}

/** `ingest`: readings a second through HTTP, verified, rated, posted, in the log and on disk. */
export async function ingest(options: { readonly readings?: number } = {}): Promise<void> {
  for (const size of [100, 20, 1]) {
    const readings = options.readings ?? (size === 1 ? 40_000 : 400_000);
    await ingestBatches(size, readings);
  }
}

export async function ingestBatches(size: number, readings: number): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'billproof-bench-'));
  const devices = Array.from({ length: BRIDGES }, (_, i) => new SampleDevice(`br-${i}`));
  const service = await startService(data, devices, METERS_EACH);
  const requests = devices.map((device) =>
    sign(device, size, Math.ceil(readings / BRIDGES / size)),
  );
  const before = await service.usage();
  const bytesBefore = diskBytes(data);
  const watch = watchCheckpoints(service.port);
  const ownBefore = process.cpuUsage();
  const startedMs = performance.now();
  const acks = await Promise.all(requests.map((list) => pump(service.port, list)));
  const elapsedMs = performance.now() - startedMs;
  const own = process.cpuUsage(ownBefore);
  const after = await service.usage();
  const lags = await watch.stop();
  const times = acks.flat();
  const count = times.length * size;
  const cpu = (after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system) / 1e3;
  const note = `batches of ${size}, ${BRIDGES} bridges, ${METERS_EACH} meters each`;
  const bench = `ingest-${size}`;
  report({ bench, value: count / (elapsedMs / 1e3), unit: 'readings/s', n: count, note });
  report({ bench: `${bench}-ack-p50`, value: median(times), unit: 'ms', n: times.length, note });
  report({
    bench: `${bench}-ack-p99`,
    value: percentile(times, 0.99),
    unit: 'ms',
    n: times.length,
    note,
  });
  report({
    bench: `${bench}-checkpoint-p99`,
    value: percentile(lags, 0.99),
    unit: 'ms',
    n: lags.length,
    note: 'time between checkpoints seen while readings flow: a reading waits no longer',
  });
  report({
    bench: `${bench}-cpu`,
    value: (cpu * 1e3) / count,
    unit: 'us/reading',
    n: count,
    note: 'processor time of the service, all threads',
  });
  report({
    bench: `${bench}-generator-cpu`,
    value: (own.user + own.system) / count,
    unit: 'us/reading',
    n: count,
    note: 'processor time of the load generator, which shares the cores',
  });
  report({ bench: `${bench}-rss`, value: after.rss / 2 ** 20, unit: 'MiB', n: 1, note });
  await service.stop();
  report({
    bench: `${bench}-disk`,
    value: (diskBytes(data) - bytesBefore) / count,
    unit: 'bytes/reading',
    n: count,
    note: 'all files, after a clean stop; the verbatim record included',
  });
  rmSync(data, { recursive: true, force: true });
}

export async function startService(
  data: string,
  devices: readonly SampleDevice[],
  metersEach: number,
  more: Pick<Setup, 'anchored' | 'engine' | 'shared'> = {},
  siteOf: (bridge: string) => string | undefined = () => undefined,
): Promise<RunningService> {
  const child = fork(new URL('./ledger-child.ts', import.meta.url).pathname, [], {
    execArgv: process.env['BENCH_EXEC']?.split(' ') ?? [],
  });
  const bridges = devices.map(({ bridge, pem }) => ({ bridge, pem, site: siteOf(bridge) }));
  const setup: Setup = { data, metersEach, bridges, ...more };
  child.send(setup);
  const { port, openMs } = await answer<{ port: number; openMs: number }>(child);
  return {
    ...{ child, port, openMs },
    usage: async () => {
      child.send('usage');
      return await answer(child);
    },
    stop: async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    },
  };
}

function answer<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error('the service ended'));
    child.once('exit', onExit);
    child.once('message', (message: T) => {
      child.removeListener('exit', onExit);
      resolve(message);
    });
  });
}

/** A request ready to be written, and the one answer that takes its whole batch. */
export interface Exchange {
  readonly request: Buffer;
  readonly answer: string;
}

/** Signing is the bridges' work, not what is measured; neither is knowing what they should hear. */
export function sign(device: SampleDevice, size: number, batches: number): Exchange[] {
  const texts = cycles(device, METERS_EACH, 0);
  return Array.from({ length: batches }, () => {
    const records = Array.from({ length: size }, () => String(texts.next().value));
    const body = Buffer.from(JSON.stringify(device.batch(records)));
    const head =
      `POST /v1/bridges/${device.bridge}/batches HTTP/1.1\r\nHost: 127.0.0.1\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    const accepted: Record<string, number> = {};
    for (const { meter, seq } of records.map(parseReading)) accepted[meter] = seq;
    return {
      request: Buffer.concat([Buffer.from(head), body]),
      answer: JSON.stringify({ accepted, known: 0, wanted: {} }),
    };
  });
}

/**
 * Sends requests over one connection, each after the answer to the one before; milliseconds to each
 * answer. Rejects with the first answer that does not say that its whole batch was accepted.
 */
export function pump(port: number, exchanges: readonly Exchange[]): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const times: number[] = [];
    const sentMs: number[] = [];
    let received = '';
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    const send = () => {
      const exchange = exchanges[sentMs.length];
      if (exchange === undefined) return;
      sentMs.push(performance.now());
      socket.write(exchange.request);
    };
    socket.on('connect', send);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      for (;;) {
        const end = endOfAnswer(received);
        if (end === undefined) return;
        const expected = exchanges[times.length]?.answer ?? '';
        if (!received.startsWith('HTTP/1.1 200') || !isBody(received, end, expected)) {
          reject(new Error(`not the whole batch was taken: ${received.slice(0, end)}`));
          socket.destroy();
          return;
        }
        received = received.slice(end);
        times.push(performance.now() - (sentMs[times.length] ?? 0));
        if (times.length === exchanges.length) {
          socket.end();
          resolve(times);
          return;
        }
        send();
      }
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed after ${times.length} answers`)));
  });
}

const LENGTH = 'content-length: ';

/** Where the first answer of a text ends, if it is there. The service writes names in lowercase. */
function endOfAnswer(received: string): number | undefined {
  const head = received.indexOf('\r\n\r\n');
  if (head < 0) return undefined;
  const at = received.indexOf(LENGTH);
  const length = at < 0 || at > head ? 0 : Number.parseInt(received.slice(at + LENGTH.length), 10);
  const end = head + 4 + length;
  return received.length < end ? undefined : end;
}

/** Whether an answer that ends at `end` has this body; compared as it came, nothing is parsed. */
function isBody(received: string, end: number, body: string): boolean {
  const begin = end - body.length;
  return received.startsWith('\r\n\r\n', begin - 4) && received.startsWith(body, begin);
}

/** Milliseconds between the checkpoints that a reader sees. */
function watchCheckpoints(port: number) {
  const gaps: number[] = [];
  let last = '';
  let lastMs = performance.now();
  const look = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/log/${SITE}/checkpoint`);
    const text = await response.text();
    if (text === last) return;
    if (last !== '') gaps.push(performance.now() - lastMs);
    last = text;
    lastMs = performance.now();
  };
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, 25);
  return {
    stop: async () => {
      clearInterval(timer);
      await looking;
      return gaps;
    },
  };
}

export function diskBytes(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size;
  }
  return bytes;
}
