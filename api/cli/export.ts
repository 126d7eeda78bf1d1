import { parseArgs } from 'node:util';
import { parseCheckpoint, type SignedCheckpoint } from '../../ledger/core/checkpoint.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import {
  type ExportedTime,
  type ExportSummary,
  exportPeriod,
  exportStore,
} from '../../ledger/export.ts';
import { type Command, DONE, type ExitCode, type Invocation, noneOf, usage } from './command.ts';
import { DATA_OPTION, type DataFolder, dataFolder, kekOf } from './data-folder.ts';
import { openStore, witnessedOf } from './data-stores.ts';
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
  const time = { site, from, to, out };
  const { first, end, records } = await write(dataFolder(values.data, env), time);
  terminal.out(`${harmless(out)}: events ${first} to ${end - 1} of the log, ${records} readings`);
  return DONE;
}

async function write(folder: DataFolder, time: ExportedTime): Promise<ExportSummary> {
  if (folder.database === undefined) return exportPeriod({ ...folder, ...time });
  const store = openStore(folder);
  const witnessed = await witnessedOf(folder);
  try {
    const kept = noteIn(await witnessed.last(time.site));
    return exportStore(store, kekOf(folder), kept, time);
  } finally {
    await witnessed.close();
    store.close();
  }
}

/** A note that is damaged is none. */
function noteIn(text: string | undefined): SignedCheckpoint | undefined {
  try {
    return text === undefined ? undefined : parseCheckpoint(text);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
