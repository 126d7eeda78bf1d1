import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SampleDevice } from '../support/sample-device.ts';
import type { Engine } from './building.ts';
import { median, report } from './figure.ts';
import { pump, sign, startService } from './ingest.ts';

const BRIDGES = 32;
const METERS_EACH = 31;
const BATCH = 100;
const PAIRS = 3;

/** `engine`: ingest under the complete tariff engine against a unit price, in turns. */
export async function engineBench(readings = 240_000): Promise<void> {
  const ratios: number[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const unit = await rateUnder('unit', readings);
    const complete = await rateUnder('complete', readings);
    ratios.push((complete / unit) * 100);
    const note = `readings a second: ${Math.round(complete)} against ${Math.round(unit)}`;
    report({ bench: 'engine-pair', value: ratios.at(-1) ?? 0, unit: '%', n: readings, note });
  }
  const note = 'free allowance, quota by account, seasons, periods, event days, against one price';
  report({ bench: 'engine-ratio', value: median(ratios), unit: '%', n: PAIRS, note });
}

async function rateUnder(engine: Engine, readings: number): Promise<number> {
  const data = mkdtempSync(join(tmpdir(), 'billproof-bench-'));
  const devices = Array.from({ length: BRIDGES }, (_, i) => new SampleDevice(`br-${i}`));
  const service = await startService(data, devices, METERS_EACH, { engine });
  const requests = devices.map((device) =>
    sign(device, BATCH, Math.ceil(readings / BRIDGES / BATCH)),
  );
  const startedMs = performance.now();
  const acks = await Promise.all(requests.map((list) => pump(service.port, list)));
  const seconds = (performance.now() - startedMs) / 1e3;
  await service.stop();
  rmSync(data, { recursive: true, force: true });
  return (acks.flat().length * BATCH) / seconds;
}
