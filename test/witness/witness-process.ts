import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../api/cli/main.ts', import.meta.url));
const CHILD = fileURLToPath(new URL('./mortal-witness-child.ts', import.meta.url));

export interface Reply {
  readonly status: number;
  readonly body: string;
}

/** `billproof witness`, or a witness that kills itself at a step, in a process of its own. */
export class WitnessProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly lines: Record<string, unknown>[] = [];
  url = '';
  vkey = '';
  errors = '';

  private constructor(script: string, args: readonly string[]) {
    this.#child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exited = once(this.#child, 'close');
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString('utf8');
    });
  }

  static async start(dataDir: string, ...args: string[]): Promise<WitnessProcess> {
    const options = ['--data', dataDir, '--port', '0', ...args];
    return await WitnessProcess.#run(CLI, ['witness', ...options]);
  }

  /** `step`: where it dies. */
  static async startMortal(dataDir: string, step: string): Promise<WitnessProcess> {
    return await WitnessProcess.#run(CHILD, [dataDir, step]);
  }

  static async #run(script: string, args: readonly string[]): Promise<WitnessProcess> {
    const started = new WitnessProcess(script, args);
    const stdout = started.#child.stdout;
    if (stdout === null) throw new Error('its output is a pipe');
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: stdout }).on('line', (text) => {
        const line: Record<string, unknown> = JSON.parse(text);
        started.lines.push(line);
        if (line['msg'] !== 'listening') return;
        started.url = String(line['url']);
        started.vkey = String(line['vkey']);
        resolve();
      });
      void started.#exited.then(() => reject(new Error(`it ended: ${started.errors}`)));
    });
    return started;
  }

  async add(body: string): Promise<Reply> {
    const answer = await fetch(`${this.url}/add-checkpoint`, { method: 'POST', body });
    return { status: answer.status, body: await answer.text() };
  }

  /** SIGKILL, and waits until the process is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** SIGTERM, and waits; answers the exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    await this.#exited;
    return this.#child.exitCode;
  }
}
