import type { Bridge } from './bridge.ts';

export interface HistoryOptions {
  readonly bridge: Bridge;
  /** First and last instant, both polled, in milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Moves the meters and the bridge's clock to the instant. */
  readonly setTime: (ms: number) => void | Promise<void>;
  /** Shifts the grid of polls, for loads whose slots do not start on whole multiples. */
  readonly phaseMs?: number;
  /** Batches that may wait for the ledger before polling pauses. */
  readonly backlog?: number;
  /** Told after every instant. */
  readonly onInstant?: (ms: number, records: number) => void;
}

/**
 * Reads a stretch of simulated time as fast as it goes: real polls of each meter at the whole
 * multiples of its interval, full batches, sending beside it. Answers the number of records once all
 * is sealed; `bridge.delivered` tells when all is acknowledged.
 */
export async function replayHistory(options: HistoryOptions): Promise<number> {
  const { bridge, fromMs, toMs, setTime, backlog = 20, phaseMs = 0 } = options;
  const step = greatestCommonDivisor(bridge.meters.map(({ everyMs }) => everyMs));
  let records = 0;
  const first = Math.ceil((fromMs - phaseMs) / step) * step + phaseMs;
  for (let ms = first; ms <= toMs; ms += step) {
    const due = bridge.meters
      .filter(({ everyMs }) => (ms - phaseMs) % everyMs === 0)
      .map(({ meter }) => meter);
    if (due.length === 0) continue;
    await setTime(ms);
    let report = await bridge.cycle(due, true);
    while (report.storageFull && report.records === 0) {
      await bridge.backlogBelow(0);
      report = await bridge.cycle(due, true);
    }
    records += report.records;
    options.onInstant?.(ms, report.records);
    await bridge.backlogBelow(backlog);
  }
  bridge.seal();
  return records;
}

function greatestCommonDivisor(numbers: readonly number[]): number {
  let divisor = 0;
  for (const number of numbers) {
    let [a, b] = [divisor, number];
    while (b !== 0) [a, b] = [b, a % b];
    divisor = a;
  }
  return divisor;
}
