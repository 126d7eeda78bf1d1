import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ledger } from '../../ledger/ledger.ts';
import { SampleDevice } from '../support/sample-device.ts';
import { SITE } from '../support/sample-ledger.ts';
import { cycles, setUpBuilding } from './building.ts';
import { report } from './figure.ts';
import { diskBytes, startService } from './ingest.ts';

const METERS = 1_000;
const BATCH = 1_000;
const IN_FLIGHT = 8;

/**
 * `growth` and `restart`: fills a ledger in this process, without HTTP, measures the rate at 100,000
 * events and at the end, then how long a start takes and how much memory it needs.
 */
export async function growth(events: number): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'billproof-growth-'));
  const device = new SampleDevice('br-0');
  const ledger = await Ledger.open({ dataDir: data, simulatedClock: true });
  await setUpBuilding(ledger, [device], METERS);
  const records = cycles(device, METERS, 0);
  await fill(ledger, device, records, 50_000);
  const early = await fill(ledger, device, records, 100_000);
  await fill(ledger, device, records, Math.max(0, events - 250_000));
  const late = await fill(ledger, device, records, 100_000);
  const note = `in process, batches of ${BATCH}, signing by the same process included, ${METERS} meters`;
  report({ bench: 'growth-early', value: early, unit: 'readings/s', n: 100_000, note });
  report({ bench: 'growth-late', value: late, unit: 'readings/s', n: events, note });
  report({ bench: 'growth-ratio', value: late / early, unit: 'late/early', n: events, note });
  report({
    bench: 'growth-disk',
    value: diskBytes(data) / events,
    unit: 'bytes/reading',
    n: events,
    note,
  });
  await ledger.close();
  // The real service in a fresh process: what an operator waits for and needs memory for.
  const service = await startService(data, [device], METERS);
  const { rss } = await service.usage();
  const after = 'the service in a fresh process, after a clean stop';
  report({ bench: 'restart', value: service.openMs, unit: 'ms', n: events, note: after });
  report({ bench: 'restart-rss', value: rss / 2 ** 20, unit: 'MiB', n: events, note: after });
  await service.stop();
  rmSync(data, { recursive: true, force: true });
}

/** Sends readings with a few batches under way; readings a second. */
async function fill(
  ledger: Ledger,
  device: SampleDevice,
  records: Generator<string>,
  count: number,
): Promise<number> {
  const startedMs = performance.now();
  const waiting = new Set<Promise<unknown>>();
  for (let sent = 0; sent < count; sent += BATCH) {
    const batch = device.batch(Array.from({ length: BATCH }, () => String(records.next().value)));
    const answer = ledger.acceptBatch(SITE, device.bridge, batch.jws, batch.records);
    waiting.add(answer);
    void answer.finally(() => waiting.delete(answer));
    if (waiting.size >= IN_FLIGHT) await Promise.race(waiting);
  }
  await Promise.all(waiting);
  return count / ((performance.now() - startedMs) / 1e3);
}
