import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { HOST } from './channel.ts';

/** A chaincode server in a process of its own, always at the same address. */
export class ChaincodeProcess {
  readonly address: string;
  readonly #packageId: string;
  #child: ChildProcess | undefined;
  #awayMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(address: string, packageId: string) {
    this.address = address;
    this.#packageId = packageId;
  }

  static async start(packageId: string): Promise<ChaincodeProcess> {
    for (let attempt = 1; ; attempt += 1) {
      const server = new ChaincodeProcess(`${HOST}:${await freePort()}`, packageId);
      try {
        await server.start();
        return server;
      } catch (error) {
        // Somebody else may have taken the port meanwhile.
        if (attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** Starts it (again). Resolves when it serves. */
  async start(): Promise<void> {
    const env = {
      ...process.env,
      CHAINCODE_SERVER_ADDRESS: this.address,
      CHAINCODE_ID: this.#packageId,
      CORE_CHAINCODE_LOGGING_LEVEL: 'ERROR',
      CORE_CHAINCODE_LOGGING_SHIM: 'ERROR',
    };
    // The channel tells the process when its parent has died, however that came.
    const child = spawn(process.execPath, [fileURLToPath(MAIN)], {
      env,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child = child;
    let words = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      words = `${words}${chunk}`.slice(-MOST_WORDS);
    });
    const started = once(child, 'message');
    const ended = once(child, 'exit').then(() => {
      throw new Error(`The chaincode process has ended before it served. ${words}`);
    });
    await Promise.race([started, ended]);
    ended.catch(() => this.#restart(child, RESTART_MS));
  }

  /** Lets it die now, and starts it again so much later. */
  interrupt(ms: number): void {
    const child = this.#child;
    if (child === undefined) return;
    child.kill('SIGKILL');
    this.#awayMs = ms;
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** As whatever supervises a server does, unless it was stopped. */
  #restart(ended: ChildProcess, usualMs: number): void {
    if (this.#child !== ended) return;
    const ms = this.#awayMs ?? usualMs;
    this.#awayMs = undefined;
    this.#timer = setTimeout(() => {
      this.start().catch(() => this.#restart(this.#child ?? ended, usualMs));
    }, ms);
    this.#timer.unref();
  }
}

const MAIN = new URL('../main.ts', import.meta.url);
const ATTEMPTS = 3;
const RESTART_MS = 500;
const MOST_WORDS = 2000;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}
