import { createReadStream, readFileSync } from 'node:fs';
import type { OurPayment } from '../../payments/reconcile/our-side.ts';
import { reconcileDay } from '../../payments/reconcile/reconcile-day.ts';
import {
  type ExpectedSettlement,
  readSettlement,
} from '../../payments/settlement/read-settlement.ts';
import { settlementDigits } from './settlement-lines.ts';

interface Setup {
  readonly path: string;
  readonly expected: ExpectedSettlement;
  readonly rows: number;
}

/** Midnight of 1 September in China. */
const START_MS = Date.UTC(2026, 7, 31, 16);
const DAY_MS = 86_400_000;

/** In a process of its own, so that the most memory it ever had is of nothing else. */
process.once('message', (setup: Setup) => {
  void run(setup);
});

async function run({ path, expected, rows }: Setup): Promise<void> {
  const startedMs = performance.now();
  const { matched, exceptions, unexplained } = await reconcileDay({
    ...{ source: 'wechat', day: '2026-09-01', currency: 'CNY' },
    span: { fromMs: START_MS, toMs: START_MS + DAY_MS },
    payments: ours(rows),
    refunds: [],
    rows: readSettlement(expected, createReadStream(path)).batches(),
    order: async () => undefined,
    // As the file of the bench has it: 0.60006 of each 100.00.
    feeOf: (minor) => (minor * 60_006n) / 1_000n,
  });
  if (matched !== rows || unexplained !== 0n) {
    throw new Error(`${exceptions.length} exceptions, ${unexplained} unexplained`);
  }
  const seconds = (performance.now() - startedMs) / 1e3;
  process.send?.({ matched, seconds, peakBytes: peakBytes() });
  process.disconnect();
}

/** As documents of the ledger give them: parsed one by one from their texts. */
function* ours(rows: number): Generator<OurPayment> {
  for (let n = 0; n < rows; n += 1) {
    const number = settlementDigits(n);
    const text = JSON.stringify({ id: `42000020260901${number}`, order: `BP7K2M9Q${number}` });
    const { id, order }: { id: string; order: string } = JSON.parse(text);
    const paidMs = START_MS + (n % 86_400) * 1_000;
    const amount = { minor: 10_000n, currency: 'CNY' };
    yield { id, order, amount, ordered: 10_000n, paidMs, state: 'credited' };
  }
}

/** The most this program ever had. `maxRSS` would count what its parent had when it was started. */
function peakBytes(): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
  return Number(kilobytes) * 1024;
}
