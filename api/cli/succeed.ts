import { parseArgs } from 'node:util';
import { setAsideLog } from '../../ledger/set-aside.ts';
import {
  planSuccession,
  type SuccessionPlan,
  succeed as succeedLog,
} from '../../ledger/succession.ts';
import { type Command, DONE, type ExitCode, type Invocation, noneOf, usage } from './command.ts';
import { DATA_OPTION, type DataFolder, dataFolder } from './data-folder.ts';
import { anchorsOf, openOwned, witnessedOf } from './data-stores.ts';
import { harmless, type Terminal } from './terminal.ts';

const help = `Examples:
  billproof succeed --site tower --origin bills.example.com/log/tower-2 --reason "disk lost"   what it would do
  billproof succeed --site tower --origin bills.example.com/log/tower-2 --reason "disk lost" --yes
  billproof succeed --site tower --origin … --reason … --by board --yes    a role that decided, no person's name

Usage: billproof succeed --site SITE --origin NAME --reason TEXT [--by ROLE] [--data DIR] [--yes]

Only for events that were signed and are lost for ever (log-behind, docs/recovery.md). A log never shows
another tree of a size that it has signed, so the site goes on with a new log: new name, new key, the
events that are there, and an event that says all this to anybody. It cannot be undone. Without --yes nothing
is changed. The service must not run.`;

const options = {
  ...DATA_OPTION,
  site: { type: 'string' },
  origin: { type: 'string' },
  reason: { type: 'string' },
  by: { type: 'string', default: 'operator' },
  yes: { type: 'boolean', default: false },
} as const;

export const succeed: Command = { help, run };

async function run({ args, env, terminal }: Invocation): Promise<ExitCode> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  noneOf(positionals);
  const { site, origin, reason, by } = values;
  if (site === undefined || origin === undefined || reason === undefined) {
    throw usage('Give --site, --origin and --reason.');
  }
  const folder = dataFolder(values.data, env);
  const opened = new DisposableStack();
  try {
    const owned = openOwned(folder, opened);
    const { store, last } = owned;
    const plan = planSuccession(store, last, { site, origin });
    tell(plan, terminal);
    if (!values.yes) {
      terminal.out('Nothing was changed. Say --yes to do it.');
      return DONE;
    }
    await setAside(folder, site, plan.before.origin);
    const note = succeedLog({ ...owned, now: Date.now }, plan, { by, reason });
    terminal.out(`Done. The first checkpoint of the new log:\n\n${note.trimEnd()}`);
    terminal.out(
      `\nGive everybody the new trust file: billproof keys trust --site ${harmless(site)}`,
    );
    return DONE;
  } finally {
    opened.dispose();
  }
}

async function setAside(folder: DataFolder, site: string, origin: string): Promise<void> {
  const anchors = await anchorsOf(folder);
  const witnessed = await witnessedOf(folder);
  try {
    await setAsideLog({ anchors, witnessed }, site, origin);
  } finally {
    await witnessed.close();
    await anchors.close();
  }
}

function tell({ before, signed, kept, origin }: SuccessionPlan, terminal: Terminal): void {
  const lost = signed.size - kept.size;
  terminal.out(
    `Log ${harmless(before.origin)} has signed ${signed.size} events; here are ${kept.size}.`,
  );
  terminal.out(
    `${lost} signed events are lost. Bills that show them stay proofs against the operator.`,
  );
  terminal.out(
    `The site goes on as ${harmless(origin)}, a new log with a new key and these ${kept.size} events.`,
  );
}
