import { parseArgs } from 'node:util';
import { startDevnet } from './devnet.ts';
import { parseFault } from './faults.ts';

const USAGE = `node chaincode/devnet/main.ts FOLDER [--port N]
Serves a development network on 127.0.0.1 until it is told to end. Keys and blocks lie in FOLDER.
`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { port: { type: 'string', default: '0' } },
});
const [folder, ...others] = positionals;
if (folder === undefined || others.length > 0 || !/^\d{1,5}$/.test(values.port)) {
  process.stderr.write(USAGE);
  process.exit(2);
}

const devnet = await startDevnet({ folder, port: Number(values.port) });
const { address, channel, chaincode, genesisHash, contractAddress } = devnet;
const told = { address, channel, chaincode, genesisHash, contractAddress };
process.stdout.write(`${JSON.stringify(told)}\n`);

/** Whoever has started this process with a channel may set faults through it. */
process.on('message', (message) => devnet.fault(parseFault(message)));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void devnet.stop().then(() => process.exit(0)));
}
