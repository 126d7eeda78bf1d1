import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { Refusal } from '../ledger/core/refusal.ts';
import { type BridgeLog, runBridge } from './bridge.ts';
import { type BridgeConfig, readConfig } from './config.ts';
import { enrolBridge } from './identity.ts';
import { replayLoad } from './replay-load.ts';

export const BRIDGE_USAGE = `billproof bridge --config FILE                 read meters and send, until stopped
billproof bridge --config FILE --enrol TOKEN   make the key, enrol it, print its fingerprint
billproof bridge --config FILE --check-config  check the configuration and stop
billproof bridge --config FILE --load FILE.csv --unit kW --tz Asia/Shanghai
                                               replay a recorded load on the first meter
`;

export interface CommandIo {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Aborted when the process is asked to end. */
  readonly stop: AbortSignal;
}

/** Runs `billproof bridge`. Answers the exit code: 0 done, 1 refused by the ledger, 2 bad input. */
export async function bridgeCommand(args: readonly string[], io: CommandIo): Promise<number> {
  try {
    return await run(args, io);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    io.err(`${error.code}: ${error.message}`);
    return error.code === 'enrolment-refused' ? 1 : 2;
  }
}

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const options = parseOptions(args);
  if (options.help || options.config === undefined) {
    (options.help ? io.out : io.err)(BRIDGE_USAGE);
    return options.help ? 0 : 2;
  }
  const config = readConfig(options.config);
  if (options['check-config']) {
    io.out(
      `${options.config}: correct, ${config.meters.length} meters on ${config.links.length} links`,
    );
    return 0;
  }
  if (options.enrol !== undefined) {
    const { url, bridge, data } = config;
    const token = options.enrol;
    const enrolled = await enrolBridge({ url, bridge, token, dataDir: data, nowMs: Date.now() });
    io.out(`enrolled ${bridge} in epoch ${enrolled.epoch}`);
    io.out(`fingerprint ${enrolled.fingerprint}`);
    return 0;
  }
  const log = pino({ level: config.logLevel, base: { bridge: config.bridge } });
  if (options.load !== undefined) return replay(config, options.load, options, log, io);
  const bridge = runBridge({ config, log });
  await new Promise<void>((resolve) => {
    if (io.stop.aborted) resolve();
    io.stop.addEventListener('abort', () => resolve(), { once: true });
  });
  await bridge.stop();
  return 0;
}

async function replay(
  config: BridgeConfig,
  file: string,
  options: Options,
  log: BridgeLog,
  io: CommandIo,
): Promise<number> {
  const meter = config.meters[0];
  const unit = options.unit ?? 'kW';
  if (meter === undefined || (unit !== 'kW' && unit !== 'kWh')) {
    throw new Refusal('bad-option', 'Give the unit of the load file: --unit kW or --unit kWh.');
  }
  const report = await replayLoad({
    file,
    unit,
    tz: options.tz ?? 'UTC',
    url: config.url,
    bridge: config.bridge,
    data: config.data,
    meter: meter.meter,
    serial: Number(meter.serial),
    batchRecords: config.batchRecords,
    log,
  });
  io.out(`replayed ${report.presentSlots} of ${report.slots} slots in ${report.records} readings`);
  if (!report.delivered)
    io.err('not everything was acknowledged; what is left stays in the outbox');
  return report.delivered ? 0 : 1;
}

type Options = ReturnType<typeof parseOptions>;

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        config: { type: 'string' },
        enrol: { type: 'string' },
        load: { type: 'string' },
        unit: { type: 'string' },
        tz: { type: 'string' },
        'check-config': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'unreadable options';
    throw new Refusal('bad-option', `${detail} See --help.`, { detail });
  }
}
