import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** How a program of the network is started, and where it then listens. */
export interface ProgramCall {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** Takes what it prints; a file that is appended to. */
  readonly log: string;
  readonly address: { readonly host: string; readonly port: number };
}

/** A program of the network in a process of its own, which never outlives this one. */
export class NodeProcess {
  readonly name: string;
  readonly #call: ProgramCall;
  #child: ChildProcess | undefined;

  constructor(call: ProgramCall) {
    this.name = call.name;
    this.#call = call;
  }

  /** Resolves when it listens. Where it runs already, nothing happens. */
  async start(): Promise<void> {
    if (this.#child !== undefined) return;
    const { command, args, environment, log, address } = this.#call;
    const output = openSync(log, 'a');
    // The shell becomes the program. Its twin holds the other end of a pipe, which the system closes when
    // this process dies, however that comes, and then ends the group of both.
    const child = spawn('/bin/sh', ['-c', GUARDED, 'sh', command, ...args], {
      detached: true,
      env: environment,
      stdio: ['ignore', output, output, 'pipe'],
    });
    closeSync(output);
    this.#child = child;
    child.once('exit', () => {
      child.stdio[3]?.destroy();
      if (this.#child === child) this.#child = undefined;
    });
    const deadline = Date.now() + START_MS;
    while (!(await listens(address))) {
      if (this.#child !== child || Date.now() > deadline) {
        const words = readFileSync(log, 'utf8').slice(-MOST_WORDS);
        await this.stop();
        throw new Error(`${this.name} does not listen on port ${address.port}. ${words}`);
      }
      await wait(POLL_MS);
    }
  }

  /** As a power cut would end it. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Lets it end by itself first. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => void this.kill(), STOP_MS);
    await this.#end('SIGTERM');
    clearTimeout(timer);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined) return;
    const exited = once(child, 'exit');
    process.kill(child.pid, signal);
    await exited;
  }
}

/** Whether somebody listens there. */
export function listens({ host, port }: { host: string; port: number }): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect(port, host);
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
    socket.once('connect', () => socket.destroy());
  });
}

const GUARDED = '{ read -r _ <&3; kill -KILL 0; } & exec "$@" 3<&-';
const START_MS = 30_000;
const STOP_MS = 10_000;
const POLL_MS = 20;
const MOST_WORDS = 2000;
