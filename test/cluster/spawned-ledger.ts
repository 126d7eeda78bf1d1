import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { withCompileCache } from '../../scripts/runtime.mjs';

const MAIN = fileURLToPath(new URL('../../api/main.ts', import.meta.url));

/** A line of the service's log. */
export interface LogLine {
  readonly msg: string;
  readonly code?: string;
  readonly sites?: readonly string[];
  readonly url?: string;
}

/** The service itself, as an operator starts it, on a port of its own. */
export class ServiceProcess {
  readonly url: string;
  readonly log: readonly LogLine[];
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(child: ChildProcess, url: string, log: readonly LogLine[]) {
    this.#child = child;
    this.url = url;
    this.log = log;
    this.#exited = once(child, 'exit');
  }

  /**
   * Resolves once it listens; rejects with what it said when it ends before. `begun` gets hold of its
   * process while it comes up.
   */
  static async start(
    env: Readonly<Record<string, string>>,
    begun: (child: ChildProcess) => void = () => undefined,
  ): Promise<ServiceProcess> {
    const child = spawn(process.execPath, [MAIN], {
      env: withCompileCache({ ...process.env, PORT: '0', ...env }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    begun(child);
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString('utf8');
    });
    const log: LogLine[] = [];
    const listening = Promise.withResolvers<string>();
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry: LogLine = JSON.parse(line);
      log.push(entry);
      if (entry.msg === 'listening') listening.resolve(entry.url ?? '');
    });
    child.once('exit', (code) => {
      listening.reject(new Error(`the service ended with ${code}: ${errors}`));
    });
    return new ServiceProcess(child, await listening.promise, log);
  }

  /** SIGSTOP and SIGCONT stop it and let it go on; SIGKILL ends it as a power cut does. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** SIGTERM unless another is given, and waits until it is gone; its exit code. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill(signal);
      await this.#exited;
    }
    return this.#child.exitCode;
  }
}
