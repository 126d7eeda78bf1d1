import { flushCompileCache } from 'node:module';
import { createInterface } from 'node:readline';
import pino from 'pino';
import { readConfig } from '../../api/config.ts';
import { serve } from '../../api/serve.ts';
import { Ledger } from '../../ledger/ledger.ts';
import type { ToOpen } from './api-process.ts';

/**
 * The real service on the place that the first line names. It waits for that with everything loaded, so
 * that its killer (api-process.ts) can have the next one ready.
 */
// Who is killed keeps nothing at the end, and most of the next start would be compiling again.
flushCompileCache();
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { dataDir, database, nowMs, port }: ToOpen = JSON.parse(String((await lines.next()).value));
const ledger = await Ledger.open({ dataDir, database, simulatedClock: true, checkpointMs: 20 });
await ledger.setClock(nowMs);
const service = await serve({
  config: readConfig({
    ...{ BILLPROOF_DATA: dataDir, PORT: `${port}`, LOG_LEVEL: 'silent' },
    BILLPROOF_WEBHOOK_NETWORKS: '127.0.0.1/32',
  }),
  ledger,
  log: pino({ level: 'silent' }),
});
process.stdout.write(`ready ${service.port}\n`);
process.once('SIGTERM', () => {
  void service.stop().then(() => process.exit(0));
});
