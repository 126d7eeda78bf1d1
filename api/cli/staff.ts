import { parseArgs } from 'node:util';
import { readConfig } from '../config.ts';
import { siteId } from '../shapes.ts';
import { Access } from '../sign-in/access.ts';
import { accessStore } from '../sign-in/open-access.ts';
import { STAFF_NAME, staffRole } from '../sign-in/records.ts';
import { setUpStaff } from '../sign-in/staff.ts';
import { configuredTokenKey } from '../tokens.ts';
import {
  type Command,
  DONE,
  type Environment,
  type ExitCode,
  type Invocation,
  usage,
} from './command.ts';
import { DATA_OPTION } from './data-folder.ts';
import { readPassword } from './read-password.ts';

const help = `Examples:
  billproof staff add root --role admin                     the first administrator; asks for a password
  billproof staff add anna --role cashier --site tower < password.txt
  billproof staff reset root                                another password, app and recovery codes

Usage: billproof staff add NAME --role ROLE [--site SITE]… [--data DIR]
       billproof staff reset NAME [--data DIR]

Works on the data themselves, also while the service runs: for the first administrator, and for one who has lost
password or app. The password is the first line of standard input, or typed unseen at a prompt. Printed once, and
kept nowhere in the clear: the address for the authenticator app and ten recovery codes.`;

const options = {
  ...DATA_OPTION,
  role: { type: 'string' },
  site: { type: 'string', multiple: true },
} as const;

export const staff: Command = { help, run };

async function run({ args, env, terminal }: Invocation): Promise<ExitCode> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [what, name, ...more] = positionals;
  if (what !== 'add' && what !== 'reset') throw usage('Say what to do: add or reset.');
  if (name === undefined || more.length > 0) throw usage('Name one person.');
  if (!STAFF_NAME.test(name)) {
    throw usage('A name has 2 to 32 lower-case letters, digits, ".", "_" and "-".');
  }
  const fresh = what === 'add' ? { name, ...rightsIn(values) } : undefined;
  if (what === 'reset' && (values.role ?? values.site) !== undefined) {
    throw usage('`reset` leaves role and sites as they are: drop --role and --site.');
  }
  const { access, issuer } = await openAccess(values.data, env);
  try {
    const password = await readPassword(terminal, process.stdin);
    const { totpUri, recovery } = await setUpStaff(access, { name, password, fresh }, issuer);
    terminal.note(
      'For the authenticator app, as a QR code or typed; then ten codes for when it is lost:',
    );
    for (const line of [totpUri, ...recovery]) terminal.out(line);
    return DONE;
  } finally {
    await access.close();
  }
}

function rightsIn(values: {
  readonly role?: string | undefined;
  readonly site?: readonly string[] | undefined;
}) {
  const role = staffRole.safeParse(values.role);
  if (!role.success) throw usage(`--role is one of ${staffRole.options.join(', ')}.`);
  const wrong = values.site?.find((site) => !siteId.safeParse(site).success);
  if (wrong !== undefined) throw usage('--site is the id of a site: a-z, 0-9 and "-".');
  return { role: role.data, ...(values.site && { sites: values.site }) };
}

async function openAccess(data: string | undefined, env: Environment) {
  const config = readConfig(data === undefined ? env : { ...env, BILLPROOF_DATA: data });
  const { dataFolder, publicUrl } = config;
  const database = data === undefined ? config.database : undefined;
  const tokenKey = configuredTokenKey(config);
  const store = await accessStore({ dataFolder, database });
  const issuer = publicUrl === undefined ? 'Billproof' : new URL(publicUrl).host;
  return { access: new Access({ store, tokenKey, nowMs: Date.now }), issuer };
}
