import pino from 'pino';
import { readConfig } from '../../api/config.ts';
import { serve } from '../../api/serve.ts';
import { FabricChain } from '../../ledger/anchor/fabric/fabric-chain.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import { connectionTo, type FabricUnderTest, registerLog } from '../anchor/fabric-networks.ts';
import { SampleDevice } from '../support/sample-device.ts';
import { setUpBuilding } from './building.ts';

/** What the parent says first: the real service runs here, in a process of its own. */
export interface Setup {
  readonly data: string;
  readonly metersEach: number;
  readonly bridges: readonly { readonly bridge: string; readonly pem: string }[];
  /** Where the log is anchored, and how often. */
  readonly anchored?: { readonly network: FabricUnderTest; readonly everyMs: number } | undefined;
}

process.once('message', (setup: Setup) => {
  void start(setup);
});

async function start({ data, metersEach, bridges, anchored }: Setup): Promise<void> {
  const startedMs = performance.now();
  const ledger = await Ledger.open({ dataDir: data, simulatedClock: true });
  const openMs = performance.now() - startedMs;
  if (ledger.sites().length === 0) {
    const devices = bridges.map(({ bridge, pem }) => new SampleDevice(bridge, pem));
    await setUpBuilding(ledger, devices, metersEach);
  }
  if (anchored !== undefined) await startAnchoring(ledger, anchored);
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

async function startAnchoring(
  ledger: Ledger,
  { network, everyMs }: NonNullable<Setup['anchored']>,
): Promise<void> {
  const [site] = ledger.sites();
  if (site === undefined) throw new Error('the building has a site');
  await registerLog(network, site);
  const chain = new FabricChain(connectionTo(network), nativePrimitives());
  ledger.startAnchoring({ chains: [{ chainOf: () => chain, everyMs }], tell: () => undefined });
}
