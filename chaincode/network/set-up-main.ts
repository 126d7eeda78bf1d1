import { parseArgs } from 'node:util';
import { awaitReady, readConnection, writeConnection } from './connection.ts';
import { planNetwork } from './plan.ts';
import { findPrograms } from './programs.ts';
import { makeFiles, setUpChannel } from './set-up.ts';

const USAGE = `node chaincode/network/set-up-main.ts files|channel FOLDER [--bin FOLDER] [--development]
For a network in containers (docker-compose.yml). "files" makes certificates, settings and the first
block in FOLDER; "channel" joins the nodes that run to it, and has the contract approved and committed.
Both may be repeated. --bin names the folder of Fabric's programs; otherwise FABRIC_BIN does.
`;

const { step, folder, bin, isDevelopment } = readCommand();
const programs = findPrograms(bin);
const plan = planNetwork(folder, { kind: 'containers', isDevelopment });
if (step === 'files') {
  await makeFiles(plan, programs);
} else {
  await setUpChannel(plan, programs);
  const connection = readConnection(plan);
  await awaitReady(connection);
  process.stdout.write(`${writeConnection(folder, connection)}\n`);
}

function readCommand() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { bin: { type: 'string' }, development: { type: 'boolean', default: false } },
  });
  const [step, folder, ...others] = positionals;
  const bin = values.bin ?? process.env['FABRIC_BIN'];
  const isStep = step === 'files' || step === 'channel';
  if (!isStep || folder === undefined || others.length > 0 || bin === undefined) {
    process.stderr.write(USAGE);
    process.exit(2);
  }
  return { step, folder, bin, isDevelopment: values.development };
}
