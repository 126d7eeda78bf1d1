import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface SimulationEnd {
  readonly code: number | null;
  /** What it printed, line by line. */
  readonly lines: readonly string[];
}

/** Runs the simulation in a process of its own, where nothing else happens. */
export function runSimulation(...parameters: readonly string[]): Promise<SimulationEnd> {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, ...parameters], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, lines: text.trimEnd().split('\n') }));
  });
}
