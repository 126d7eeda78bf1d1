import { parseArgs } from 'node:util';
import { backup as copyStore, restore as putBack } from '../../ledger/backup.ts';
import { type Command, DONE, type ExitCode, type Invocation, onlyOne } from './command.ts';
import { DATA_OPTION, dataFolder, kekOf, nameOf } from './data-folder.ts';
import { harmless } from './terminal.ts';

export const backup: Command = {
  help: `Examples:
  billproof backup /backups/2026-09-30                  copy the store in DATABASE_URL, BILLPROOF_DATA or ./data
  billproof backup --data /srv/billproof /backups/new   also while the service runs
  billproof fsck --data /backups/2026-09-30             check the copy (with BILLPROOF_KEYS)

Usage: billproof backup [--data DIR] FOLDER

Copies events and last checkpoints as of one moment. The key folder is not copied: keep it elsewhere.`,
  run: async ({ args, env, terminal }: Invocation): Promise<ExitCode> => {
    const { values, positionals } = parse(args);
    const out = onlyOne(positionals, 'a new folder');
    const { dataDir, checkpointPath, database } = dataFolder(values.data, env);
    if (database === undefined) await copyStore({ dataDir, checkpointPath, out });
    else {
      // Loading what writes a database takes longer than most commands.
      const { backupDatabase } = await import('../../ledger/backup-database.ts');
      await backupDatabase({ ...database, out });
    }
    terminal.out(`${harmless(out)}: copied. ${database === undefined ? KEYS_APART : SAVE_KEYS}`);
    return DONE;
  },
};

const KEYS_APART = 'Keys are not in it; keep them apart.';
const SAVE_KEYS =
  'Keys are not in it. The database has those of the logs, wrapped: billproof keys save puts them with the others.';

export const restore: Command = {
  help: `Examples:
  billproof restore /backups/2026-09-30                 into DATABASE_URL, BILLPROOF_DATA or ./data, which must be empty
  billproof restore --data /srv/new /backups/2026-09-30
  billproof fsck --data /srv/new                        then check it

Usage: billproof restore [--data DIR] FOLDER

A database also takes the keys of the logs from BILLPROOF_KEYS; it has them wrapped under the
key-encryption key. A store of last checkpoints that is there stays: with it, an older copy refuses to publish a smaller or
another log (log-behind, log-forked) and the service says what to do.`,
  run: async ({ args, env, terminal }: Invocation): Promise<ExitCode> => {
    const { values, positionals } = parse(args);
    const from = onlyOne(positionals, 'the folder of a backup');
    const folder = dataFolder(values.data, env);
    const { dataDir, keysDir, checkpointPath, database } = folder;
    if (database === undefined) putBack({ from, dataDir, checkpointPath });
    else {
      const { restoreToDatabase } = await import('../../ledger/restore-database.ts');
      await restoreToDatabase({ ...database, from, keysDir, kek: kekOf(folder) });
    }
    terminal.out(`${harmless(nameOf(folder))}: restored. Check it with billproof fsck.`);
    return DONE;
  },
};

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: DATA_OPTION, allowPositionals: true });
}
