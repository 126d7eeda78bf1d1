import { rmSync } from 'node:fs';
import { parseTime } from '../../ledger/core/time.ts';
import { fsck } from '../../ledger/fsck.ts';
import { SampleLedger } from '../support/sample-ledger.ts';
import { report } from './figure.ts';

const METERS = 500;
const QUARTERS_A_SEND = 8;
const QUARTER_MS = 15 * 60_000;

/** `fsck`: events a second that the whole store is checked with, charges rated anew or not. */
export async function fsckBench(options: { readonly events?: number } = {}): Promise<void> {
  const events = options.events ?? 320_000;
  const sample = await SampleLedger.make();
  const meters = Array.from({ length: METERS }, (_, i) => `m-${i}`);
  for (const [i, meter] of meters.entries()) await sample.account(`a-${i}`, meter);
  let atMs = parseTime('2026-07-31T16:00:00.000Z');
  for (let sent = 0, step = 0; sent < events; step += QUARTERS_A_SEND) {
    const from = new Date(atMs).toISOString();
    await sample.readings(meters, from, QUARTERS_A_SEND, 25, 100 + (step * 25) / 100);
    atMs += QUARTERS_A_SEND * QUARTER_MS;
    sent += meters.length * QUARTERS_A_SEND;
  }
  await sample.ledger.close();
  const { dataDir } = sample.options;
  for (const deep of [false, true]) {
    const before = process.cpuUsage();
    const { ms, findings, ...found } = await fsck({ dataDir, deep });
    const { user, system } = process.cpuUsage(before);
    if (findings.length > 0) throw new Error(JSON.stringify(findings.slice(0, 3)));
    const bench = deep ? 'fsck-deep' : 'fsck';
    const note = `${METERS} meters, ${found.records} records; the store is sound`;
    report({ bench, value: found.events / (ms / 1e3), unit: 'events/s', n: found.events, note });
    const cpu = (user + system) / found.events;
    report({ bench: `${bench}-cpu`, value: cpu, unit: 'us/event', n: found.events, note });
  }
  rmSync(sample.dir, { recursive: true, force: true });
}
