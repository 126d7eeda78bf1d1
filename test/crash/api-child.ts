import { createInterface } from 'node:readline';
import pino from 'pino';
import { readConfig } from '../../api/config.ts';
import { serve } from '../../api/serve.ts';
import { Ledger } from '../../ledger/ledger.ts';

/**
 * The real service on the data folder that the first line names, its clock set to the second, at the
 * port of the third (0 for any). It waits for them with everything loaded, so that its killer
 * (api-process.ts) can have the next one ready.
 */
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const dataDir = String((await lines.next()).value);
const nowMs = String((await lines.next()).value);
const port = String((await lines.next()).value);
const ledger = await Ledger.open({ dataDir, simulatedClock: true, checkpointMs: 20 });
await ledger.setClock(Number(nowMs));
const service = await serve({
  config: readConfig({ BILLPROOF_DATA: dataDir, PORT: port, LOG_LEVEL: 'silent' }),
  ledger,
  log: pino({ level: 'silent' }),
});
process.stdout.write(`ready ${service.port}\n`);
process.once('SIGTERM', () => {
  void service.stop().then(() => process.exit(0));
});
