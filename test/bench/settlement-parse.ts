import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { report } from './figure.ts';
import { inChild } from './in-child.ts';
import { SETTLEMENT_FILES } from './settlement-files.ts';

interface Measured {
  readonly count: number;
  readonly seconds: number;
  readonly cpuUs: number;
  readonly peakBytes: number;
}

/** `settlement-parse`: rows a second of each format, and the most memory the process ever had. */
export async function settlementParse(rows: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-bench-'));
  try {
    for (const [name, make] of Object.entries(SETTLEMENT_FILES)) {
      const path = join(folder, name);
      const expected = await make(path, rows);
      const { count, seconds, cpuUs, peakBytes } = await inChild<Measured>('settlement-child.ts', {
        path,
        expected,
      });
      const mebibytes = Math.round(statSync(path).size / 2 ** 20);
      const note = `a file of ${mebibytes} MiB in ${seconds.toFixed(1)} s, ${(cpuUs / count).toFixed(1)} us of processor time a row`;
      const bench = `settlement-parse-${name}`;
      report({ bench, value: count / seconds, unit: 'rows/s', n: count, note });
      const peak = peakBytes / 2 ** 20;
      report({ bench: `${bench}-rss`, value: peak, unit: 'MiB', n: count, note: 'at its peak' });
      rmSync(path);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
