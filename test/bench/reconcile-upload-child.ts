import { readFileSync } from 'node:fs';
import pino from 'pino';
import { readConfig } from '../../api/config.ts';
import { serve } from '../../api/serve.ts';

/** The service in a process of its own, so that the most memory it ever had is of nothing else. */
process.once('message', (setup: { readonly dataDir: string }) => {
  void run(setup);
});

async function run({ dataDir }: { readonly dataDir: string }): Promise<void> {
  const service = await serve({
    config: readConfig({ BILLPROOF_DATA: dataDir, PORT: '0', LOG_LEVEL: 'silent' }),
    log: pino({ level: 'silent' }),
  });
  const before = process.cpuUsage();
  process.send?.(service.port);
  process.once('message', () => {
    const { user, system } = process.cpuUsage(before);
    process.send?.({ peakBytes: peakBytes(), processorSeconds: (user + system) / 1e6 });
    void service.stop().then(() => process.disconnect());
  });
}

/** The most this program ever had. `maxRSS` would count what its parent had when it was started. */
function peakBytes(): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
  return Number(kilobytes) * 1024;
}
