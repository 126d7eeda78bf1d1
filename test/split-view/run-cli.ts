import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { withCompileCache } from '../../scripts/runtime.mjs';

const MAIN = fileURLToPath(new URL('../../api/cli/main.ts', import.meta.url));

export interface Told {
  readonly exit: number | null;
  /** Lines of standard output. */
  readonly lines: readonly string[];
  readonly note: string;
}

/** Runs the command line as a person would, in a process of its own. */
export async function billproof(...args: readonly string[]): Promise<Told> {
  const { PATH } = process.env;
  const env = withCompileCache({ PATH, LANG: 'C' });
  const child = spawn(process.execPath, [MAIN, ...args], { env });
  let [out, note] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    note += text;
  });
  const exit = await new Promise<number | null>((done) => child.once('close', done));
  return { exit, lines: out.split('\n').slice(0, -1), note };
}
