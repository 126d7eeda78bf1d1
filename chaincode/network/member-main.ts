import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { contractVariables } from './node-settings.ts';
import { planMember } from './plan.ts';
import { findBuilder, findPrograms } from './programs.ts';
import { makeMember, packageFiles } from './set-up.ts';

const USAGE = `node chaincode/network/member-main.ts NAME FOLDER --host HOST [--port N] [--bin FOLDER]
Makes in FOLDER what an organisation needs to join a channel of others: certificates and keys, settings
of its peer and administrator, the package of its contract, the variables of its server, and
organisation.json, which the others need. HOST is how they call its machine; its peer listens on N (7051), its contract's server on N + 1.
docs/fabric-network.md has the steps.
`;

const { label, folder, host, port, bin } = readCommand();
const plan = planMember(label, folder, { host, port, builder: findBuilder(bin) });
const known = await makeMember(plan, findPrograms(bin));
writeFileSync(join(folder, 'organisation.json'), known);
// So that a shell can serve the contract with it.
const variables = plan.peers.flatMap((peer) =>
  Object.entries({
    ...contractVariables(folder, peer.contract),
    CHAINCODE_ID: readFileSync(packageFiles(folder, peer).id, 'utf8'),
  }),
);
const lines = variables.map(([name, value]) => `${name}=${value}\n`);
writeFileSync(join(folder, 'contract.env'), lines.join(''));

function readCommand() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      bin: { type: 'string' },
      host: { type: 'string', default: '' },
      port: { type: 'string', default: '7051' },
    },
  });
  const [label = '', folder, ...others] = positionals;
  const bin = values.bin ?? process.env['FABRIC_BIN'];
  const isHost = /^[A-Za-z0-9.-]+$/.test(values.host);
  const isPlace = isHost && /^\d{4,5}$/.test(values.port);
  const isComplete = folder !== undefined && bin !== undefined;
  if (!/^[A-Z][A-Za-z]{1,30}$/.test(label) || others.length > 0 || !isComplete || !isPlace) {
    process.stderr.write(USAGE);
    process.exit(2);
  }
  return { label, folder, bin, host: values.host, port: Number(values.port) };
}
