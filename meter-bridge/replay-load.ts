import { readFileSync } from 'node:fs';
import { REPLAY_BRIDGE } from '../ledger/core/batch.ts';
import { Refusal } from '../ledger/core/refusal.ts';
import { type BridgeLog, openBridge } from './bridge.ts';
import { parseConfig } from './config.ts';
import { shippedProfile } from './device-profile.ts';
import { replayHistory } from './history.ts';
import { parseLoadCsv, recordedLoad } from './simulator/load-csv.ts';
import { startSimulator } from './simulator/simulator.ts';

export interface ReplayOptions {
  readonly file: string;
  readonly unit: 'kW' | 'kWh';
  /** IANA zone of times without an offset. */
  readonly tz: string;
  readonly url: string;
  /** Its name starts with `REPLAY_BRIDGE`. */
  readonly bridge: string;
  /** Meter that the ledger knows; its serial number as on the (simulated) nameplate. */
  readonly meter: string;
  readonly serial: number;
  /** Data folder of an enrolled bridge. */
  readonly data: string;
  readonly log: BridgeLog;
  /** Where an interrupted replay goes on: the first instant that is still to be read. */
  readonly fromMs?: number;
  /** Records in a batch. */
  readonly batchRecords?: number;
  readonly deliverMs?: number;
}

export interface ReplayReport {
  readonly records: number;
  readonly firstMs: number;
  readonly endMs: number;
  /** Slots with a value, and all from the first to the last. */
  readonly presentSlots: number;
  readonly slots: number;
  /** Everything was acknowledged. */
  readonly delivered: boolean;
}

/** Unit address of the replayed meter. */
const UNIT = 1;
/** Map of the replayed meter: a 64-bit register in steps of 0.000001 kWh. */
export const REPLAY_PROFILE = 'replayed-load';

/** First and last instant of a load file, for whoever has to bind the meter beforehand. */
export function inspectLoad(options: Pick<ReplayOptions, 'file' | 'unit' | 'tz'>) {
  const recorded = parseLoadCsv(readLoad(options.file), options);
  const { firstMs, endMs, slotMs, slots } = recorded;
  return {
    firstMs,
    endMs,
    slotMs,
    presentSlots: slots.size,
    slots: (endMs - firstMs) / slotMs,
    recorded,
  };
}

/**
 * Serves the file as a cumulative register over real Modbus TCP and reads it at both ends of every
 * slot with the file's own times. A slot without a value gives a failed poll, never an invented one.
 */
export async function replayLoad(options: ReplayOptions): Promise<ReplayReport> {
  if (!options.bridge.startsWith(REPLAY_BRIDGE)) {
    throw new Refusal(
      'not-a-replay-bridge',
      `Replay through a bridge whose name starts with "${REPLAY_BRIDGE}", so that every verdict says so.`,
      { bridge: options.bridge },
    );
  }
  const load = inspectLoad(options);
  const simulator = await startSimulator({
    meters: [
      {
        unit: UNIT,
        profile: shippedProfile(REPLAY_PROFILE),
        serial: options.serial,
        load: recordedLoad(load.recorded),
        startMicros: 0n,
      },
    ],
    clock: () => load.firstMs,
  });
  try {
    const bridge = openBridge({
      config: replayConfig(options, simulator.port, load.slotMs),
      log: options.log,
      clock: { nowMs: simulator.nowMs, uptimeMs: () => simulator.nowMs() - load.firstMs },
    });
    try {
      const { firstMs, endMs, presentSlots, slots } = load;
      const { setTime } = simulator;
      const records = await replayHistory({
        bridge,
        fromMs: Math.max(firstMs, options.fromMs ?? firstMs),
        toMs: endMs,
        phaseMs: firstMs % load.slotMs,
        setTime,
      });
      const delivered = await bridge.delivered(options.deliverMs ?? 600_000);
      return { records, firstMs, endMs, presentSlots, slots, delivered };
    } finally {
      await bridge.stop();
    }
  } finally {
    await simulator.close();
  }
}

function replayConfig(options: ReplayOptions, port: number, slotMs: number) {
  const { url, bridge, data, meter, serial } = options;
  return parseConfig(
    {
      bridge,
      url,
      data,
      clock: 'S',
      source: 'replay',
      batchRecords: options.batchRecords ?? 500,
      links: [{ link: 'file', host: '127.0.0.1', port }],
      meters: [
        {
          meter,
          link: 'file',
          unit: UNIT,
          profile: REPLAY_PROFILE,
          serial: String(serial),
          everyMs: slotMs,
        },
      ],
    },
    '.',
  );
}

function readLoad(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new Refusal('bad-load', `The load file cannot be read: ${file}.`, { line: 0 });
  }
}
