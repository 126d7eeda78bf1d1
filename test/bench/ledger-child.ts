import pino from 'pino';
import { readConfig } from '../../api/config.ts';
import { serve } from '../../api/serve.ts';
import { FabricChain } from '../../ledger/anchor/fabric/fabric-chain.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import { connectionTo, type FabricUnderTest, registerLog } from '../anchor/fabric-networks.ts';
import { SampleDevice } from '../support/sample-device.ts';
import { SITE } from '../support/sample-ledger.ts';
import { type Engine, setUpBuilding } from './building.ts';

/** What the parent says first: the real service runs here, in a process of its own. */
export interface Setup {
  readonly data: string;
  readonly metersEach: number;
  /** A database that this process shares with others. */
  readonly shared?: { readonly url: string; readonly kek: string } | undefined;
  /** Each at the one site, unless another is named. */
  readonly bridges: readonly {
    readonly bridge: string;
    readonly pem: string;
    readonly site?: string | undefined;
  }[];
  /** Under which tariff the building is billed; `office` of the samples unless named. */
  readonly engine?: Engine | undefined;
  /** Where the log is anchored, and how often. */
  readonly anchored?: { readonly network: FabricUnderTest; readonly everyMs: number } | undefined;
}

process.once('message', (setup: Setup) => {
  void start(setup);
});

async function start({
  data,
  metersEach,
  bridges,
  anchored,
  shared,
  engine,
}: Setup): Promise<void> {
  const startedMs = performance.now();
  const ledger = await Ledger.open({
    ...{ dataDir: data, simulatedClock: true },
    ...(shared && {
      kek: Buffer.from(shared.kek, 'hex'),
      database: { url: shared.url, writes: true, listen: { host: '127.0.0.1', port: 0 } },
    }),
  });
  const openMs = performance.now() - startedMs;
  for (const site of new Set(bridges.map((each) => each.site ?? SITE))) {
    if (ledger.site(site) !== undefined) continue;
    const there = bridges.filter((each) => (each.site ?? SITE) === site);
    const devices = there.map(({ bridge, pem }) => new SampleDevice(bridge, pem));
    await setUpBuilding(ledger, devices, metersEach, site, engine);
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
