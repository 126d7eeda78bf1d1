import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { issueToken, tokenKeyFile } from '../../api/tokens.ts';
import { formatTime, parseTime } from '../../ledger/core/time.ts';
import { percentile } from '../bench/figure.ts';
import { loadServiceProcess } from '../crash/api-process.ts';
import { CrashPlace, chosenStores } from '../crash/crash-place.ts';
import { SampleDevice } from '../support/sample-device.ts';
import { SampleLedger, SITE } from '../support/sample-ledger.ts';
import { openDesk } from './desk.ts';
import { tell } from './figure.ts';

/** A million as the long option: BACKLOG_READINGS=1000000. */
const READINGS = Number(process.env['BACKLOG_READINGS'] ?? 20_000);
const BRIDGES = 8;
const METERS_EACH = 25;
const TENANTS = 20;
const BATCH = 500;
const BEGIN = parseTime('2026-07-31T16:00:00.000Z');
const NOW = parseTime('2027-06-01T00:00:00.000Z');
const QUARTER_MS = 15 * 60_000;

it.each(chosenStores())(
  `takes ${READINGS} readings in after an outage, into %s, and answers people meanwhile`,
  {
    timeout: 300_000 + READINGS * 2,
  },
  async (store) => {
    const place = await CrashPlace.make(store);
    const sample = await SampleLedger.make(undefined, place.database);
    const { dataDir } = sample.options;
    const devices = await openBuilding(sample);
    await sample.ledger.close();
    const key = tokenKeyFile(join(dataDir, 'keys', 'token.key'), () => new Uint8Array(32).fill(7));
    const life = { nowMs: Date.now(), seconds: 24 * 3600 };
    const token = await issueToken(key, { id: 'desk', role: 'cashier', site: SITE }, life);
    const next = loadServiceProcess();
    try {
      const service = next.open({ dataDir, database: place.database, nowMs: NOW, port: 0 });
      const url = `http://127.0.0.1:${await service.ready}`;
      const accounts = Array.from({ length: TENANTS }, (_, i) => `a-${i}`);
      const closeDesk = openDesk({ url, token, site: SITE, accounts });
      const beforeMiB = memoryMiB(service.pid);
      const beginMs = performance.now();
      await Promise.all(devices.map((device, i) => drain(device, i, url)));
      const seconds = (performance.now() - beginMs) / 1_000;
      const { times, paid } = await closeDesk();
      const about = `${store}, ${READINGS} readings by ${BRIDGES} bridges`;
      tell('backlog', READINGS / seconds, 'readings/s', about);
      tell(
        'backlog',
        percentile(times, 0.99),
        'ms, p99 of what people ask',
        `${about}, ${times.length} requests`,
      );
      tell(
        'backlog',
        memoryMiB(service.pid),
        'MiB of memory at most',
        `${beforeMiB} before; ${about}`,
      );
      expect(await service.stop()).toBe(0);
      expect(service.errors()).toBe('');
      const report = await place.fsck(dataDir);
      expect([report.findings, report.records]).toEqual([[], READINGS]);
      place.expectBalance(dataDir, 'cash:cash', BigInt(paid) * 1_000_000n);
    } finally {
      await next.discard();
      await place.remove();
      rmSync(sample.dir, { recursive: true, force: true });
    }
  },
);

/** Bridges with their keys, and meters of twenty tenants. */
async function openBuilding(sample: SampleLedger): Promise<SampleDevice[]> {
  const { ledger } = sample;
  for (let i = 0; i < TENANTS; i += 1) {
    await ledger.execute({ do: 'open-account', site: SITE, account: `a-${i}` });
  }
  const devices: SampleDevice[] = [];
  for (let i = 0; i < BRIDGES; i += 1) {
    sample.device = new SampleDevice(`backlog-${i}`);
    await sample.enrol();
    devices.push(sample.device);
    for (let m = 0; m < METERS_EACH; m += 1) await sample.meter(`a-${m % TENANTS}`, meterOf(i, m));
  }
  return devices;
}

function meterOf(bridge: number, meter: number): string {
  return `m-${bridge}-${meter}`;
}

/** Sends what a bridge has kept in its outbox, in order, each batch until it is acknowledged. */
async function drain(device: SampleDevice, bridge: number, url: string): Promise<void> {
  const cycles = BATCH / METERS_EACH;
  for (let from = 0; from < READINGS / BRIDGES / METERS_EACH; from += cycles) {
    const records: string[] = [];
    for (let quarter = from; quarter < from + cycles; quarter += 1) {
      const at = formatTime(BEGIN + quarter * QUARTER_MS);
      const value = (100 + quarter / 4).toFixed(2);
      for (let m = 0; m < METERS_EACH; m += 1) {
        records.push(device.record({ meter: meterOf(bridge, m), at, value }));
      }
    }
    const accepted = Object.fromEntries(
      Array.from({ length: METERS_EACH }, (_, m) => [meterOf(bridge, m), from + cycles - 1]),
    );
    const body = JSON.stringify(device.batch(records));
    expect(await post(`${url}/v1/bridges/${device.bridge}/batches`, body)).toEqual({
      ...{ accepted, known: 0, wanted: {} },
    });
  }
}

async function post(url: string, body: string): Promise<unknown> {
  for (;;) {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body });
    if (answer.status !== 503) return await answer.json();
    await answer.text();
    await sleep(Number(answer.headers.get('retry-after')) * 1_000);
  }
}

/** The most memory that a process has had, in MiB. */
function memoryMiB(pid: number): number {
  const [, kib = '0'] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kib) / 1024);
}
