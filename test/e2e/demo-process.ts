import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** The demonstration as people start it, in a process of its own. */
export class DemoProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;
  #out = '';
  #err = '';

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const program = join(root, 'api', 'demo', 'main.ts');
    this.#child = spawn(process.execPath, [program, ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#out += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#err += text;
    });
    this.#exited = once(this.#child, 'close').then(() => this.#child.exitCode);
  }

  get out(): string {
    return this.#out;
  }

  get err(): string {
    return this.#err;
  }

  /** Waits for a line on standard output; throws with all that was said where the process ends before. */
  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const [found] = pattern.exec(this.#out) ?? [];
      if (found !== undefined) return found;
      const more = new Promise((resolve) =>
        this.#child.stdout?.once('data', () => resolve('more')),
      );
      if ((await Promise.race([more, this.#exited])) !== 'more' && !pattern.test(this.#out)) {
        throw new Error(`the demonstration ended early\n${this.#out}\n${this.#err}`);
      }
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Exit code; null where a signal ended the process. */
  async exit(): Promise<number | null> {
    return await this.#exited;
  }
}

export function readJson(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, 'utf8'));
}
