import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface BridgeProcess {
  readonly pid: number;
  /** Records that the bridge says were polled since it started. */
  polled(): number;
  /** Waits until at least `records` were polled; rejects when the process ends before. */
  reached(records: number): Promise<void>;
  /** SIGKILL, and waits until the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM, and waits; answers the exit code. */
  stop(): Promise<number | null>;
  /** What it wrote to stderr. */
  errors(): string;
}

/**
 * Starts a bridge of its own process that polls without a pause, so that a kill at any moment hits
 * something. `config` is the path of a bridge configuration whose data folder is enrolled.
 */
export function startBridgeProcess(config: string): BridgeProcess {
  const script = fileURLToPath(new URL('./bridge-child.ts', import.meta.url));
  const child = spawn(process.execPath, [script, config], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  let records = 0;
  let errors = '';
  let told: () => void = () => undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('polled ')) records = Number(line.slice(7));
    told();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString('utf8');
  });
  void exited.then(() => told());
  return {
    pid: pidOf(child),
    polled: () => records,
    errors: () => errors,
    async reached(wanted) {
      while (records < wanted) {
        if (child.exitCode !== null || child.signalCode !== null) {
          throw new Error(`the bridge ended after ${records} records: ${errors}`);
        }
        await new Promise<void>((resolve) => {
          told = resolve;
        });
      }
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      child.kill('SIGTERM');
      await exited;
      return child.exitCode;
    },
  };
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('the bridge did not start');
  return child.pid;
}
