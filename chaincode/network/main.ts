import { parseArgs } from 'node:util';
import { writeConnection } from './connection.ts';
import { type NetworkOptions, startNetwork } from './network.ts';

const USAGE = `node chaincode/network/main.ts FOLDER [--bin FOLDER] [--port N] [--development]
Runs a network of Fabric's own programs on 127.0.0.1 until it is told to end. Certificates, keys and
ledgers lie in FOLDER. --bin names the programs' folder; otherwise FABRIC_BIN does.
`;

const { folder, ...options } = readCommand();
const network = await startNetwork({ folder, ...options });
process.stdout.write(`${writeConnection(folder, network)}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void network.stop().then(() => process.exit(0)));
}
// The programs do not keep this process alive by themselves when they end.
setInterval(() => {}, 2 ** 30);

function readCommand(): NetworkOptions {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      bin: { type: 'string' },
      port: { type: 'string' },
      development: { type: 'boolean', default: false },
    },
  });
  const [path, ...others] = positionals;
  const bin = values.bin ?? process.env['FABRIC_BIN'];
  const isPort = values.port === undefined || /^\d{4,5}$/.test(values.port);
  if (path === undefined || others.length > 0 || bin === undefined || !isPort) {
    process.stderr.write(USAGE);
    process.exit(2);
  }
  return {
    ...{ folder: path, bin, isDevelopment: values.development },
    ...(values.port !== undefined && { port: Number(values.port) }),
  };
}
