import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseCheckpoint, type SignedCheckpoint } from '../../ledger/core/checkpoint.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import type { Finding } from '../../ledger/fsck/finding.ts';
import { fsck as checkStore, type FsckOptions, type FsckReport } from '../../ledger/fsck.ts';
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
import { DATA_OPTION, type DataFolder, dataFolder, kekOf } from './data-folder.ts';
import { logFiles } from './log-files.ts';
import { claimedTrees } from './signed-trees.ts';
import { harmless, type Terminal } from './terminal.ts';

const help = `Examples:
  billproof fsck                                    check the store in DATABASE_URL, BILLPROOF_DATA or ./data
  billproof fsck --data /srv/billproof --deep       also rate every deduction anew
  billproof fsck --log https://bills.example.com/log/tower --vkey VKEY   the public part only
  billproof fsck --log … --vkey VKEY --against my.billproof   and whether it is the log that my bill is of

Usage: billproof fsck [--data DIR | --log URL --vkey VKEY [--against FILE]…] [--deep] [--json] [-q]

FILE is a bill, or a checkpoint of the log as a witness or anybody else was shown it. A log that was
forked is sound in itself: without something to compare it with it passes.

Reads only, also while the service runs; of a database a copy as of one moment, which lies in the folder for
temporary files meanwhile (TMPDIR) and needs as much room. Exit codes: 0 nothing found, 1 something is wrong, 2 there is
no store to check, 3 internal error.`;

const options = {
  ...DATA_OPTION,
  log: { type: 'string' },
  vkey: { type: 'string' },
  against: { type: 'string', multiple: true },
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
    if (values.against !== undefined) throw usage('--against goes with --log.');
    const report = await check(dataFolder(values.data, env), { deep: values.deep, onProgress });
    const { sites, events, records, ms } = report;
    const counted = `${sites} sites, ${events} events, ${records} records in ${seconds(ms)}`;
    return tell(report, counted, values.json === true, terminal);
  }
  if (values.vkey === undefined) {
    throw usage('--log needs --vkey: the key that the log must be signed with.');
  }
  const known = (values.against ?? []).flatMap(readKnown);
  const report = await fsckLog(logFiles(values.log), values.vkey, { known, onProgress });
  const { size, tiles, ms } = report;
  const counted = `${harmless(report.origin)}, ${size} events, ${tiles} tiles in ${seconds(ms)}`;
  return tell(report, counted, values.json === true, terminal);
}

/** A database is checked by a copy of one moment in a temporary folder. */
async function check(
  folder: DataFolder,
  how: Pick<FsckOptions, 'deep' | 'onProgress'>,
): Promise<FsckReport> {
  const { database } = folder;
  if (database === undefined) return await checkStore({ ...folder, ...how });
  const { fsckDatabase } = await import('../../ledger/fsck-database.ts');
  return await fsckDatabase({ ...database, ...how, kek: kekOf(folder) });
}

/** The checkpoints of a bill, or the one that the file is. */
function readKnown(path: string): readonly SignedCheckpoint[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal('file-unreadable', `${path} cannot be read: ${why}.`, { path });
  }
  return claimedTrees(text)?.checkpoints ?? [parseCheckpoint(text)];
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
