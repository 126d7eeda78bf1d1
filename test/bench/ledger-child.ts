import pino from 'pino';
import { readConfig } from '../../api/config.ts';
import { serve } from '../../api/serve.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { SampleDevice } from '../support/sample-device.ts';
import { setUpBuilding } from './building.ts';

/** What the parent says first: the real service runs here, in a process of its own. */
export interface Setup {
  readonly data: string;
  readonly metersEach: number;
  readonly bridges: readonly { readonly bridge: string; readonly pem: string }[];
}

process.once('message', (setup: Setup) => {
  void start(setup);
});

async function start({ data, metersEach, bridges }: Setup): Promise<void> {
  const startedMs = performance.now();
  const ledger = await Ledger.open({ dataDir: data, simulatedClock: true });
  const openMs = performance.now() - startedMs;
  if (ledger.sites().length === 0) {
    const devices = bridges.map(({ bridge, pem }) => new SampleDevice(bridge, pem));
    await setUpBuilding(ledger, devices, metersEach);
  }
  const unlimited = { perSecond: 1e9, burst: 1e9 };
  const service = await serve({
    config: readConfig({ BILLPROOF_DATA: data, PORT: '0', LOG_LEVEL: 'silent' }),
    ledger,
    log: pino({ level: 'silent' }),
    limits: { batches: unlimited, refusedBatches: unlimited, log: unlimited },
  });
  process.send?.({ port: service.port, openMs });
  process.on('message', () => {
    process.send?.({ rss: process.memoryUsage().rss, cpu: process.cpuUsage() });
  });
  process.once('SIGTERM', () => {
    void service.stop().then(() => process.exit(0));
  });
}
