import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

/** Fabric's own programs, as an official release of version 3.1 has them. */
export interface Programs {
  readonly orderer: string;
  readonly peer: string;
  /** Runs a command to its end and answers what it printed; with the settings folder it reads. */
  run(tool: Tool, args: readonly string[], settings?: string): Promise<string>;
}

export type Tool = 'configtxgen' | 'cryptogen' | 'osnadmin' | 'peer';

/** Finds them in `bin`: the folder of that name in an unpacked release archive. */
export function findPrograms(bin: string): Programs {
  const at = (name: string) => join(resolve(bin), name);
  const missing = NAMES.filter((name) => !existsSync(at(name)));
  if (missing.length > 0) {
    throw new Error(`${bin} has no ${missing.join(', ')}: name the bin folder of a Fabric release`);
  }
  return {
    orderer: at('orderer'),
    peer: at('peer'),
    run: (tool, args, settings) => runToEnd(at(tool), args, settings),
  };
}

/** The folder with which a peer builds chaincode as a service: beside `bin` in an archive, or in it. */
export function findBuilder(bin: string): string {
  const folders = [join(bin, '..', BUILDER), join(bin, BUILDER)].map((path) => resolve(path));
  const found = folders.find((folder) => existsSync(join(folder, 'bin', 'detect')));
  if (found === undefined) throw new Error(`there is no ${folders.join(' and no ')}`);
  return found;
}

const NAMES = ['configtxgen', 'cryptogen', 'orderer', 'osnadmin', 'peer'];
const BUILDER = 'builders/ccaas';
/** An administrator's command waits for commits, and for nothing longer. */
const RUN_MS = 120_000;

/** Variables of the caller never reach Fabric, which would take some for settings. */
export function environmentOf(settings: string | undefined): NodeJS.ProcessEnv {
  const search = process.env['PATH'];
  return {
    ...(search !== undefined && { PATH: search }),
    ...(settings !== undefined && { FABRIC_CFG_PATH: settings }),
    FABRIC_LOGGING_SPEC: 'WARN',
  };
}

function runToEnd(path: string, args: readonly string[], settings?: string): Promise<string> {
  const options = { env: environmentOf(settings), timeout: RUN_MS, maxBuffer: 1 << 26 };
  return new Promise((done, fail) => {
    execFile(path, args, options, (error, stdout, stderr) => {
      if (error === null) return done(stdout);
      const call = [basename(path), ...args.slice(0, 3)].join(' ');
      fail(new Error(`${call} failed: ${stderr}${stdout}`, { cause: error }));
    });
  });
}
