import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KeyWrap } from '../../ledger/account-keys.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { formatTrustedAnchor } from '../../ledger/core/trusted-anchor.ts';
import { saveLogKey } from '../../ledger/log-keys.ts';
import { openDatabase } from '../../ledger/store/location.ts';
import { readersPolicy, sitePolicy } from '../../ledger/witness/site-policy.ts';
import { trustedAnchors } from '../anchor/trusted-anchors.ts';
import { type Principal, ROLES } from '../permissions.ts';
import { issueToken, tokenKeyFile, tokenKeyFromText } from '../tokens.ts';
import {
  type Command,
  DONE,
  type Environment,
  type ExitCode,
  type Invocation,
  usage,
} from './command.ts';
import { DATA_OPTION, dataFolder, kekOf } from './data-folder.ts';
import { openStore } from './data-stores.ts';
import { harmless } from './terminal.ts';

const help = `Examples:
  billproof keys trust --site tower > tower.policy                what verifiers pin: log, witnesses, quorum
  billproof keys token --role cashier --site tower --name "desk 1"
  billproof keys token --role tenant-owner --site tower --account K3F7-9Q2M --days 30

Usage: billproof keys trust|token|save [--data DIR] [--role ROLE] [--site SITE] [--account ID]
       [--name NAME] [--days N]

\`trust\` prints a C2SP tlog-policy: of one site with the witnesses that BILLPROOF_POLICY names for it, or
of all logs in the store where those have no policies of their own. \`token\` prints a bearer token for the API,
signed with the service's own key; it is shown once and kept nowhere. \`save\`
writes the keys of the logs, which a database has wrapped, into BILLPROOF_KEYS: for a copy of that folder, and for
\`billproof restore\`.`;

const options = {
  ...DATA_OPTION,
  role: { type: 'string' },
  site: { type: 'string' },
  account: { type: 'string' },
  name: { type: 'string', default: 'command line' },
  days: { type: 'string', default: '1' },
} as const;

export const keys: Command = { help, run };

async function run({ args, env, terminal }: Invocation): Promise<ExitCode> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [what] = positionals;
  if (what === 'trust') terminal.out(trustOf(values.data, values.site, env));
  else if (what === 'token') terminal.out(await tokenOf(values, env));
  else if (what === 'save') for (const line of saveOf(env)) terminal.out(harmless(line));
  else throw usage('Say what to do: trust, token or save.');
  return DONE;
}

function trustOf(data: string | undefined, site: string | undefined, env: Environment): string {
  const folder = dataFolder(data, env);
  const { policies, chains } = folder;
  const store = openStore(folder);
  try {
    const sites = store.sites().filter((row) => site === undefined || row.site === site);
    if (site !== undefined && sites.length === 0) throw usage(`There is no site ${site} here.`);
    const each = sites.map((row) => sitePolicy(policies ?? {}, row));
    const rest = each.map((policy) => readersPolicy({ ...policy, logs: [] }));
    if (new Set(rest).size > 1) throw usage('Sites have policies of their own: name one, --site.');
    const logs = each.flatMap((policy) => policy.logs);
    const [{ witnesses, groups, quorum } = NO_WITNESSES] = each;
    const anchors = sites.flatMap((row) => trustedAnchors(chains, row));
    const byLine = new Map(anchors.map((one) => [formatTrustedAnchor(one).join(' '), one]));
    const policy = { logs, witnesses, groups, quorum, anchors: [] };
    return readersPolicy(policy, [...byLine.values()]).trimEnd();
  } finally {
    store.close();
  }
}

const NO_WITNESSES = { witnesses: [], groups: [], quorum: undefined };

/** Lines that say where each key is. */
function saveOf(env: Environment): string[] {
  const folder = dataFolder(undefined, env);
  const { database, keysDir } = folder;
  if (database === undefined) {
    throw usage('Without DATABASE_URL the keys of the logs are in the key folder already.');
  }
  const reader = openDatabase(database);
  try {
    const wrap = new KeyWrap(kekOf(folder));
    const keys = reader.logKeys();
    return reader.sites().map((row) => {
      const wrapped = keys.get(row.origin);
      if (wrapped === undefined) {
        throw new Refusal('log-key-missing', `The database has no key of log ${row.origin}.`, {
          site: row.site,
        });
      }
      return `${row.origin}  ${saveLogKey(keysDir, row, wrap, wrapped)}`;
    });
  } finally {
    reader.close();
  }
}

async function tokenOf(
  values: {
    readonly data?: string | undefined;
    readonly role?: string | undefined;
    readonly site?: string | undefined;
    readonly account?: string | undefined;
    readonly name: string;
    readonly days: string;
  },
  env: Environment,
): Promise<string> {
  const role = ROLES.find((known) => known === values.role);
  if (role === undefined) throw usage(`--role is one of ${ROLES.join(', ')}.`);
  if (!/^[1-9][0-9]{0,2}$/.test(values.days)) throw usage('--days takes 1 to 400.');
  const { site, account, name } = values;
  if (role.startsWith('tenant') !== (account !== undefined)) {
    throw usage("A tenant's token needs --site and --account; no other has an account.");
  }
  const principal: Principal = {
    id: name,
    role,
    ...(site === undefined ? {} : { site }),
    ...(account === undefined ? {} : { account }),
  };
  const seconds = Number(values.days) * 24 * 3600;
  return await issueToken(tokenKey(values.data, env), principal, { nowMs: Date.now(), seconds });
}

function tokenKey(data: string | undefined, env: Environment) {
  const given = env['BILLPROOF_TOKEN_KEY'];
  if (given !== undefined) return tokenKeyFromText(given);
  const path = join(dataFolder(data, env).keysDir, 'token.key');
  return tokenKeyFile(path, () => {
    throw new Refusal('key-file', `There is no ${path}: start the service once, or name --data.`, {
      path,
    });
  });
}
