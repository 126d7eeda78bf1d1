import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { awaitReady, type NetworkConnection, readConnection } from './connection.ts';
import { NodeProcess } from './node-process.ts';
import { contractVariables, settingsFolder } from './node-settings.ts';
import {
  type NetworkPlan,
  nodeNames,
  type PeerPlan,
  type Placement,
  PORT_COUNT,
  planNetwork,
} from './plan.ts';
import { findFreePorts, takenPorts } from './ports.ts';
import { environmentOf, findBuilder, findPrograms, type Programs } from './programs.ts';
import { makeFiles, packageFiles, setUpChannel } from './set-up.ts';

export interface NetworkOptions {
  /** Holds certificates, keys, ledgers and logs; it is made where it is missing. */
  readonly folder: string;
  /** Folder of Fabric's programs; README.md says what has to be in it. */
  readonly bin: string;
  /** The first of twelve consecutive ports, for a new network; free ones when not told. */
  readonly port?: number;
  /** Whether a new channel says of itself that one machine plays every organisation. */
  readonly isDevelopment?: boolean;
}

/** A network that runs, and what its clients need. */
export interface FabricNetworkProcess extends NetworkConnection {
  /** `orderer-…`, `chaincode-…` and `peer-…` of each organisation. */
  names(): readonly string[];
  /** Kills the program of this name; the others go on. */
  kill(name: string): Promise<void>;
  /** Starts it again. Resolves when it listens. */
  start(name: string): Promise<void>;
  /** Resolves when both gateways get endorsements of both organisations. */
  ready(): Promise<void>;
  /** Ends all of it. */
  stop(): Promise<void>;
}

/**
 * Starts a network of Fabric's own programs on this machine, a new one or the one in the folder.
 * Resolves when it endorses.
 */
export async function startNetwork(options: NetworkOptions): Promise<FabricNetworkProcess> {
  const { folder, bin } = options;
  const programs = findPrograms(bin);
  mkdirSync(join(folder, 'logs'), { recursive: true, mode: 0o700 });
  const placement = await openPlacement(options);
  const plan = planNetwork(folder, placement, findBuilder(bin));
  await makeFiles(plan, programs);
  const nodes = new Map(nodesOf(plan, programs).map((node) => [node.name, node]));
  const stop = async (): Promise<void> => {
    await Promise.all([...nodes.values()].map((node) => node.stop()));
  };
  const nodeOf = (name: string): NodeProcess => {
    const node = nodes.get(name);
    if (node === undefined) throw new Error(`${name} is none of ${[...nodes.keys()].join(', ')}`);
    return node;
  };
  const connection = readConnection(plan);
  try {
    await Promise.all([...nodes.values()].map((node) => node.start()));
    await setUpOnce(plan, programs);
    await awaitReady(connection);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...connection,
    names: () => nodeNames(plan),
    kill: (name) => nodeOf(name).kill(),
    start: (name) => nodeOf(name).start(),
    ready: () => awaitReady(connection),
    stop,
  };
}

/** Ports stand in the channel configuration: they stay what they were when it was made. */
async function openPlacement({ folder, port, isDevelopment = false }: NetworkOptions) {
  const path = join(folder, 'placement.json');
  if (!existsSync(path)) {
    const firstPort = port ?? (await findFreePorts(PORT_COUNT));
    writeFileSync(path, JSON.stringify({ firstPort, isDevelopment }));
  }
  const stored: Omit<Extract<Placement, { kind: 'loopback' }>, 'kind'> = JSON.parse(
    readFileSync(path, 'utf8'),
  );
  const taken = await takenPorts(stored.firstPort, PORT_COUNT);
  if (taken.length > 0) {
    throw new Error(`Port ${taken.join(', ')} is taken: does this network run already?`);
  }
  return { kind: 'loopback', ...stored } satisfies Placement;
}

/** The channel is set up until it once was to the end. */
async function setUpOnce(plan: NetworkPlan, programs: Programs): Promise<void> {
  const done = join(plan.folder, 'channel-is-set-up');
  if (existsSync(done)) return;
  await setUpChannel(plan, programs);
  writeFileSync(done, '');
}

function nodesOf(plan: NetworkPlan, { orderer, peer }: Programs): NodeProcess[] {
  const { folder, orderers, peers } = plan;
  const log = (name: string) => join(folder, 'logs', `${name}.log`);
  const program = (
    { name, host, port }: { name: string; host: string; port: number },
    command: string,
    args: readonly string[],
    environment = environmentOf(settingsFolder(folder, name)),
  ) =>
    new NodeProcess({ name, command, args, environment, log: log(name), address: { host, port } });
  return [
    ...orderers.map((node) => program(node, orderer, [])),
    ...peers.flatMap((node) => [
      program(
        node.contract,
        process.execPath,
        [fileURLToPath(CONTRACT)],
        contractEnvironment(folder, node),
      ),
      program(node, peer, ['node', 'start']),
    ]),
  ];
}

const CONTRACT = new URL('../main.ts', import.meta.url);

function contractEnvironment(folder: string, peer: PeerPlan): NodeJS.ProcessEnv {
  return {
    ...environmentOf(undefined),
    ...contractVariables(folder, peer.contract),
    CHAINCODE_ID: readFileSync(packageFiles(folder, peer).id, 'utf8'),
    CORE_CHAINCODE_LOGGING_LEVEL: 'ERROR',
    CORE_CHAINCODE_LOGGING_SHIM: 'ERROR',
  };
}
