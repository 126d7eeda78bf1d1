import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { LedgerOptions } from '../../ledger/ledger-options.ts';
import { withCompileCache } from '../../scripts/runtime.mjs';

/** What a service opens: its clock is at `nowMs`, and `port` is 0 for any. */
export interface ToOpen extends Pick<LedgerOptions, 'dataDir' | 'database'> {
  readonly nowMs: number;
  readonly port: number;
}

export interface ServiceProcess {
  readonly pid: number;
  /** Resolves with the port; rejects when the process ends before it listens. */
  readonly ready: Promise<number>;
  /** SIGKILL, and waits until the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM, and waits; answers the exit code. */
  stop(): Promise<number | null>;
  /** What it wrote to stderr. */
  errors(): string;
}

const CHILD = fileURLToPath(new URL('./api-child.ts', import.meta.url));

/** Starts a process that has all code loaded and waits to be told what to open. */
export function loadServiceProcess(): {
  open(what: ToOpen): ServiceProcess;
  discard(): Promise<void>;
} {
  const env = withCompileCache(process.env);
  const child = spawn(process.execPath, [CHILD], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString('utf8');
  });
  // What is written to a process that was killed is lost with it.
  child.stdin.on('error', () => undefined);
  const ready = new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('ready ')) resolve(Number(line.slice(6)));
    });
    void exited.then(() => reject(new Error(`the service ended: ${errors}`)));
  });
  // A kill before the service listens is one of the moments to be tested.
  ready.catch(() => undefined);
  return {
    open(what) {
      child.stdin.write(`${JSON.stringify(what)}\n`);
      return {
        pid: child.pid ?? 0,
        ready,
        errors: () => errors,
        kill: () => end(child, 'SIGKILL', exited),
        stop: async () => {
          await end(child, 'SIGTERM', exited);
          return child.exitCode;
        },
      };
    },
    discard: () => end(child, 'SIGKILL', exited),
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals, exited: Promise<unknown>) {
  child.kill(signal);
  await exited;
}
