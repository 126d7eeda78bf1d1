import { flushCompileCache } from 'node:module';
import { openBridge } from '../../meter-bridge/bridge.ts';
import { readConfig } from '../../meter-bridge/config.ts';

// Who is killed keeps nothing at the end, and most of the next start would be compiling again.
flushCompileCache();

/** Polls all meters of the configuration again and again until SIGTERM. Its killer: bridge-process.ts. */
const config = readConfig(process.argv[2] ?? '');
const tell = (fields: object, message: string) =>
  process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
const bridge = openBridge({ config, log: { info: () => undefined, warn: tell, error: tell } });
let stopping = false;
process.once('SIGTERM', () => {
  stopping = true;
});
let polled = 0;
while (!stopping) {
  const report = await bridge.cycle();
  polled += report.records;
  process.stdout.write(`polled ${polled}\n`);
  await bridge.backlogBelow(50);
}
await bridge.stop();
