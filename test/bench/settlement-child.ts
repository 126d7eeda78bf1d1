import { createReadStream, readFileSync } from 'node:fs';
import { readSettlement } from '../../payments/settlement/read-settlement.ts';

/** Reads one file in a process of its own, so that the most memory it ever had is of nothing else. */
process.once('message', ({ path, expected }: Setup) => {
  void read(path, expected);
});

interface Setup {
  readonly path: string;
  readonly expected: Parameters<typeof readSettlement>[0];
}

async function read(path: string, expected: Setup['expected']): Promise<void> {
  const startedMs = performance.now();
  const before = process.cpuUsage();
  const reading = readSettlement(expected, createReadStream(path));
  let count = 0;
  for await (const row of reading) count += row.row > 0 ? 1 : 0;
  if (count !== reading.totals.rows) throw new Error(`${count} rows, not ${reading.totals.rows}`);
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - startedMs) / 1e3;
  process.send?.({ count, seconds, cpuUs: user + system, peakBytes: peakBytes() });
  process.disconnect();
}

/** The most this program ever had. `maxRSS` would count what its parent had when it was started. */
function peakBytes(): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
  return Number(kilobytes) * 1024;
}
