import { parseArgs } from 'node:util';
import { Refusal } from '../../ledger/core/refusal.ts';
import { readSimulation } from './simulation-file.ts';
import { startSimulator } from './simulator.ts';

const USAGE = 'node meter-bridge/simulator/main.ts --simulation FILE [--host H] [--port N]\n';

const { values } = parseArgs({
  options: {
    simulation: { type: 'string' },
    host: { type: 'string' },
    port: { type: 'string' },
  },
});

if (values.simulation === undefined) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  try {
    const simulator = await startSimulator({
      ...readSimulation(values.simulation),
      ...(values.host ? { host: values.host } : {}),
      port: Number(values.port ?? 0),
      clock: Date.now,
    });
    process.stdout.write(`simulator ready ${simulator.host}:${simulator.port}\n`);
    const stop = () => void simulator.close();
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`${error.code}: ${error.message}\n`);
    process.exitCode = 2;
  }
}
