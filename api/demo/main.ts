import { pino } from 'pino';
import { Refusal } from '../../ledger/core/refusal.ts';
import { openTerminal } from '../cli/terminal.ts';
import { apiLog } from '../log.ts';
import { runDemo } from './demo.ts';
import { DEMO_USAGE, parseOptions } from './options.ts';

/** Exit code for options, ports or data that the demonstration cannot start with. */
const UNUSABLE = 2;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const terminal = openTerminal(process.stdout, process.stderr, {
    env: process.env,
    outIsScreen: process.stdout.isTTY,
    noteIsScreen: process.stderr.isTTY,
  });
  // A second signal must find somebody who listens, or it would cut the first one's clean end short.
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
  try {
    const options = parseOptions(args);
    if (options === undefined) {
      process.stdout.write(DEMO_USAGE);
      return 0;
    }
    const log = apiLog('warn', pino.destination({ fd: 2, sync: true }));
    const folder = process.cwd();
    return await runDemo({
      ...{ options, terminal, log, stop: stop.signal, nowMs: Date.now(), folder },
    });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    terminal.note(`billproof: ${error.message} (${error.code})`);
    return error.code === 'stopped' ? 0 : UNUSABLE;
  }
}
