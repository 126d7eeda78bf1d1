import { parseArgs } from 'node:util';
import type { Finding } from '../../ledger/fsck/finding.ts';
import { fsck as checkStore } from '../../ledger/fsck.ts';
import { fsckLog } from '../../ledger/fsck-log.ts';
import {
  type Command,
  DONE,
  type ExitCode,
  FAILED,
  type Invocation,
  noneOf,
  usage,
} from './command.ts';
import { DATA_OPTION, dataFolder } from './data-folder.ts';
import { logFiles } from './log-files.ts';
import { harmless, type Terminal } from './terminal.ts';

const help = `Examples:
  billproof fsck                                    check the store in BILLPROOF_DATA or ./data
  billproof fsck --data /srv/billproof --deep       also rate every deduction anew
  billproof fsck --log https://bills.example.com/log/tower --vkey VKEY   the public part only

Usage: billproof fsck [--data DIR | --log URL --vkey VKEY] [--deep] [--json] [-q]

Reads only, also while the service runs. Exit codes: 0 nothing found, 1 something is wrong, 2 there is
no store to check, 3 internal error.`;

const options = {
  ...DATA_OPTION,
  log: { type: 'string' },
  vkey: { type: 'string' },
  deep: { type: 'boolean' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
} as const;

export const fsck: Command = { help, run };

async function run({ args, env, terminal }: Invocation): Promise<ExitCode> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  noneOf(positionals);
  if (values.log !== undefined && values.data !== undefined) {
    throw usage('Give --data or --log, not both.');
  }
  let shown = 0;
  const onProgress = (done: number, total: number) => {
    const tenths = Math.floor((done / Math.max(1, total)) * 10);
    if (values.quiet || tenths === shown) return;
    shown = tenths;
    terminal.note(`${tenths * 10} % …`);
  };
  if (values.log === undefined) {
    const report = await checkStore({
      ...dataFolder(values.data, env),
      deep: values.deep,
      onProgress,
    });
    const { sites, events, records, ms } = report;
    const counted = `${sites} sites, ${events} events, ${records} records in ${seconds(ms)}`;
    return tell(report, counted, values.json === true, terminal);
  }
  if (values.vkey === undefined) {
    throw usage('--log needs --vkey: the key that the log must be signed with.');
  }
  const report = await fsckLog(logFiles(values.log), values.vkey, onProgress);
  const { size, tiles, ms } = report;
  const counted = `${harmless(report.origin)}, ${size} events, ${tiles} tiles in ${seconds(ms)}`;
  return tell(report, counted, values.json === true, terminal);
}

function tell(
  report: { readonly findings: readonly Finding[] },
  counted: string,
  json: boolean,
  terminal: Terminal,
): ExitCode {
  const { findings } = report;
  const sound = findings.length === 0;
  if (json) terminal.out(JSON.stringify({ format: 'billproof-fsck/1', ...report }));
  else {
    terminal.out(`${sound ? 'CLEAN  ' : 'DAMAGED'} ${counted}`);
    for (const { code, site, leaf, detail } of findings) {
      const place = leaf === undefined ? site : `${site} event ${leaf}`;
      terminal.out(`  !! ${code}  ${harmless(place)}: ${harmless(detail)}`);
    }
  }
  return sound ? DONE : FAILED;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
