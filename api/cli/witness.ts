import { parseArgs } from 'node:util';
import { pino } from 'pino';
import {
  ED25519_NOTE,
  formatVerifierKey,
  parseVerifierKey,
  type VerifierKey,
} from '../../ledger/core/signed-note.ts';
import { openWitness } from '../../ledger/witness/open-witness.ts';
import { apiLog } from '../log.ts';
import { serveWitness } from '../witness/witness-server.ts';
import { type Command, DONE, type ExitCode, type Invocation, noneOf, usage } from './command.ts';
import { readTrustFile } from './trust-file.ts';

const help = `Examples:
  billproof witness --data w1 --name audit.example/w1 --logs tower.policy     run, and make the key at the first start
  billproof witness --data w1 --log 'bills.example/log/tower+fb0a2426+ARy4…'  later starts know the name
  billproof witness --data w1 --logs tower.policy --print-key                 what operators and tenants pin

Usage: billproof witness --data DIR [--name NAME] (--log VKEY | --logs FILE)… [--host HOST]
       [--port N] [--behind-proxy] [--print-key]

Cosigns the checkpoints of the logs named, each only when it continues the one before (C2SP
tlog-witness). A log is named by its key, or by a trust file with \`log\` lines, as
\`billproof keys trust\` prints it. DIR holds the key and what was cosigned last: never bring an older
copy back, or the witness could cosign two histories. It listens on 127.0.0.1:8700 unless told
otherwise, writes JSON lines to standard output, and ends on SIGTERM.`;

const options = {
  data: { type: 'string' },
  name: { type: 'string' },
  log: { type: 'string', multiple: true },
  logs: { type: 'string', multiple: true },
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '8700' },
  'behind-proxy': { type: 'boolean', default: false },
  'print-key': { type: 'boolean', default: false },
} as const;

export const witness: Command = { help, run };

async function run({ args, terminal }: Invocation): Promise<ExitCode> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  noneOf(positionals);
  const { data: dataDir, name, host } = values;
  if (dataDir === undefined) throw usage('Name the folder of the key and the memory: --data DIR.');
  const port = /^[0-9]{1,5}$/.test(values.port) ? Number(values.port) : 65_536;
  if (port > 65_535) throw usage('--port takes 0 to 65535.');
  const logs = logKeys(values.log ?? [], values.logs ?? []);
  if (logs.length === 0) throw usage('Name the logs to watch: --log VKEY or --logs FILE.');
  const opened = openWitness({ dataDir, name, logs });
  try {
    if (values['print-key']) {
      terminal.out(formatVerifierKey(opened.witness.key));
      return DONE;
    }
    const log = apiLog('info', pino.destination({ fd: 1, sync: true }));
    const behindProxy = values['behind-proxy'];
    const stop = untilSignalled();
    const server = await serveWitness({ witness: opened.witness, host, port, behindProxy, log });
    await stop;
    await server.stop();
    log.info('stopped');
    return DONE;
  } finally {
    opened.close();
  }
}

/** Refuses `policy-unreadable`, what `parseTrustPolicy` refuses, and keys that no log has. */
function logKeys(vkeys: readonly string[], files: readonly string[]): VerifierKey[] {
  const named = files.flatMap((file) => readTrustFile(file).logs);
  const all = [...vkeys.map((vkey) => parseVerifierKey(vkey)), ...named.map(({ key }) => key)];
  const other = all.find(({ type }) => type !== ED25519_NOTE);
  if (other !== undefined) throw usage(`The key of ${other.name} is not that of a log.`);
  const byText = new Map(all.map((key) => [formatVerifierKey(key), key]));
  return [...byText.values()];
}

/** A second signal finds somebody who listens, so that it cannot cut the clean end short. */
async function untilSignalled(): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
  });
}
