import { pino } from 'pino';
import { Refusal } from '../ledger/core/refusal.ts';
import { StoreUnavailable } from '../ledger/store/store-errors.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { apiLog } from './log.ts';
import { serve } from './serve.ts';

/** Exit code for settings, keys or data that the service cannot start with. */
const UNUSABLE = 2;
/** For a database that cannot be reached: to be started again. */
const UNAVAILABLE = 1;

await start(process.argv.slice(2));

async function start(words: readonly string[]): Promise<void> {
  try {
    const unknown = words.find((word) => word !== '--check-config');
    if (unknown !== undefined) {
      throw new ConfigError([`${unknown}: no such option. There is only --check-config.`]);
    }
    const config = readConfig();
    if (words.length > 0) process.stdout.write('The configuration is sound.\n');
    else await run(config);
  } catch (error) {
    const isAway = error instanceof StoreUnavailable;
    if (!(isAway || error instanceof ConfigError || error instanceof Refusal)) throw error;
    process.stderr.write(`billproof serve: ${error.message}\n`);
    process.exitCode = isAway ? UNAVAILABLE : UNUSABLE;
  }
}

async function run(config: Config): Promise<void> {
  const log = apiLog(config.logLevel, pino.destination({ fd: 1, sync: true }));
  const service = await serve({ config, log, processMetrics: true });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void service.stop());
  }
}
