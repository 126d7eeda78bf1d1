import { parseArgs } from 'node:util';
import { exportPeriod } from '../../ledger/export.ts';
import { type Command, DONE, type ExitCode, type Invocation, noneOf, usage } from './command.ts';
import { DATA_OPTION, dataFolder } from './data-folder.ts';
import { harmless } from './terminal.ts';

const help = `Examples:
  billproof export --site tower --from 2026-09-01T00:00:00.000Z --to 2026-10-01T00:00:00.000Z -o september.archive
  billproof export --data /srv/billproof --site tower --from … --to … -o september.archive
  billproof verify september.archive --trust tower.policy          check it, offline

Usage: billproof export [--data DIR] --site SITE --from TIME --to TIME -o FILE

The auditor's archive: every event that took effect in the time, as an unbroken stretch of the log, with
the readings taken in meanwhile and the proofs. It opens these bills: hand it to the auditor only.`;

const options = {
  ...DATA_OPTION,
  site: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  out: { type: 'string', short: 'o' },
} as const;

export const exportCommand: Command = { help, run };

async function run({ args, env, terminal }: Invocation): Promise<ExitCode> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  noneOf(positionals);
  const { site, from, to, out } = values;
  if (site === undefined || from === undefined || to === undefined || out === undefined) {
    throw usage('Give --site, --from, --to and -o.');
  }
  const { first, end, records } = exportPeriod({
    ...dataFolder(values.data, env),
    ...{ site, from, to, out },
  });
  terminal.out(`${harmless(out)}: events ${first} to ${end - 1} of the log, ${records} readings`);
  return DONE;
}
