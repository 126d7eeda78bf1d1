import { parseDecimal } from '../ledger/core/decimal.ts';
import type { ClockQuality, Reading, RegisterValue } from '../ledger/core/reading.ts';
import { readingText } from '../ledger/core/reading.ts';
import { formatTime } from '../ledger/core/time.ts';
import type { BridgeClock } from './bridge-clock.ts';
import { afterRecord, judgeContinuity, type MeterState, NEW_METER } from './meter-state.ts';
import type { MeterDriver, Sample } from './modbus-driver.ts';
import type { RegisterLink } from './modbus-link.ts';
import { displayText } from './register-decode.ts';

/** A meter that this bridge reads. */
export interface PolledMeter {
  readonly meter: string;
  readonly unit: number;
  readonly link: RegisterLink;
  readonly driver: MeterDriver;
  /** Serial number on the nameplate, for meters that cannot be asked. */
  readonly serial: string;
  readonly ct: string;
  readonly pt: string;
}

export interface PollerOptions {
  readonly bridge: string;
  readonly epoch: number;
  readonly clock: BridgeClock;
  readonly quality: () => ClockQuality;
  readonly states: ReadonlyMap<string, MeterState>;
}

/** Turns polls into records, each linked to the same meter's record before it. */
export class Poller {
  readonly #options: PollerOptions;
  readonly #states: Map<string, MeterState>;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#states = new Map(options.states);
  }

  /**
   * Polls the meters at the same time, as far as their links allow, and answers one record a meter
   * in the order given: a poll that fails is a record too. The caller must not poll a meter again
   * before the answer, or two records would claim one place in its chain.
   */
  async cycle(meters: readonly PolledMeter[]): Promise<string[]> {
    const { clock } = this.#options;
    const nowMs = () => clock.nowMs();
    const taken = await Promise.all(
      meters.map(async (meter) => {
        const sample = await meter.driver.poll(meter.link, meter.unit, nowMs);
        return { sample, uptimeMs: clock.uptimeMs() };
      }),
    );
    const quality = this.#options.quality();
    const records: string[] = [];
    for (const [i, meter] of meters.entries()) {
      const poll = taken[i];
      if (poll) records.push(this.#record(meter, poll.sample, poll.uptimeMs, quality));
    }
    return records;
  }

  /** The chains' ends, in-memory ones included. */
  states(): ReadonlyMap<string, MeterState> {
    return this.#states;
  }

  #record(meter: PolledMeter, sample: Sample, uptimeMs: number, clock: ClockQuality): string {
    const state = this.#states.get(meter.meter) ?? NEW_METER;
    const reading: Reading = {
      v: 1,
      bridge: this.#options.bridge,
      epoch: this.#options.epoch,
      meter: meter.meter,
      seq: state.nextSeq,
      prev: state.prev,
      at: formatTime(sample.atMs),
      clock,
      uptimeMs,
      ...outcomeOf(meter, state, sample),
    };
    const text = readingText(reading);
    this.#states.set(meter.meter, afterRecord(state, reading, text));
    return text;
  }
}

type Outcome = Pick<Reading, 'serial' | 'status' | 'ratio' | 'registers' | 'raw'>;

/** An old value never gets a new time: registers and raw words are there only when just read. */
function outcomeOf(meter: PolledMeter, state: MeterState, sample: Sample): Outcome {
  const serial = state.serial ?? meter.serial;
  if (!sample.ok) {
    return { serial, status: sample.status, ratio: { ct: meter.ct, pt: meter.pt } };
  }
  const ratio = { ct: ratioText(sample.ct, meter.ct), pt: ratioText(sample.pt, meter.pt) };
  const status = judgeContinuity(state, sample, meter.serial);
  const known = sample.serial ?? serial;
  if (status !== 'good') return { serial: known, status, ratio };
  const registers: Record<string, RegisterValue> = {};
  for (const { point, digits } of sample.registers) {
    registers[point.obis ?? ''] = { unit: point.unit, value: displayText(point, digits) };
  }
  return { serial: known, status, ratio, registers, raw: sample.raw };
}

/** A meter that shows no ratio (0) is read directly or has it on its nameplate. */
function ratioText(read: string | undefined, configured: string): string {
  return read === undefined || parseDecimal(read).digits < 1n ? configured : read;
}
