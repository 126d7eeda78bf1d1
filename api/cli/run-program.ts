import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Refusal } from '../../ledger/core/refusal.ts';
import { type ExitCode, INTERNAL } from './command.ts';

const root = new URL('../../', import.meta.url);
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Runs another of our programs with this process's streams until it ends, and passes signals on: the
 * bridge, which this folder must not import, and the service, which is a process of its own.
 * `program` is a path inside the project.
 */
export async function runProgram(program: string, args: readonly string[]): Promise<ExitCode> {
  const file = fileURLToPath(new URL(program, root));
  if (!existsSync(file)) {
    throw new Refusal('program-missing', `${program} is not installed. Install all of Billproof.`);
  }
  const child = spawn(process.execPath, [file, ...args], { stdio: 'inherit' });
  const passOn = SIGNALS.map((signal) => {
    const pass = () => void child.kill(signal);
    process.on(signal, pass);
    return () => process.off(signal, pass);
  });
  try {
    const code = await new Promise<number>((done, fail) => {
      child.once('error', fail);
      child.once('exit', (status) => done(status ?? INTERNAL));
    });
    return asExitCode(code);
  } finally {
    for (const stop of passOn) stop();
  }
}

function asExitCode(code: number): ExitCode {
  return code === 0 || code === 1 || code === 2 ? code : INTERNAL;
}
