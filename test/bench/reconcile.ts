import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { report } from './figure.ts';
import { inChild } from './in-child.ts';
import { SETTLEMENT_FILES } from './settlement-files.ts';

interface Measured {
  readonly matched: number;
  readonly seconds: number;
  readonly peakBytes: number;
}

/** `reconcile`: a file of so many rows against as many payments of ours, and the most memory it took. */
export async function reconcileBench(rows: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-bench-'));
  try {
    const path = join(folder, 'bill');
    const expected = await SETTLEMENT_FILES['wechat']?.(path, rows);
    const { matched, seconds, peakBytes } = await inChild<Measured>('reconcile-child.ts', {
      path,
      expected,
      rows,
    });
    const note = `${matched} of ${rows} rows matched, file and both sides read`;
    report({ bench: 'reconcile', value: seconds, unit: 's', n: rows, note });
    const peak = peakBytes / 2 ** 20;
    report({ bench: 'reconcile-rss', value: peak, unit: 'MiB', n: rows, note: 'at its peak' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
