import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CHAINCODE_NAME } from '../anchor-record.ts';
import {
  contractFiles,
  cryptoFolder,
  cryptoSettings,
  ordererFiles,
  peerFiles,
} from './certificates.ts';
import { packageChaincode } from './chaincode-package.ts';
import { channelSettings, memberSettings, PROFILE } from './channel-settings.ts';
import { adminFolder, nodeSettings } from './node-settings.ts';
import {
  CHANNEL,
  CONTRACT_VERSION,
  ENDORSEMENT_POLICY,
  type NetworkPlan,
  type OrdererPlan,
  type PeerPlan,
} from './plan.ts';
import type { Programs } from './programs.ts';

/** The first block of the channel, which every node that joins is given. */
export function genesisFile(folder: string): string {
  return join(folder, 'genesis.block');
}

/** The package of an organisation's contract, and the file with its identifier. */
export function packageFiles(folder: string, { contract }: PeerPlan) {
  const path = join(folder, 'packages', contract.name);
  return { bytes: `${path}.tgz`, id: `${path}.id` };
}

/**
 * Makes what has to be there before any node starts: certificates, settings, the first block, and the
 * packages. What is there stays: only settings are written anew.
 */
export async function makeFiles(plan: NetworkPlan, programs: Programs): Promise<void> {
  const { folder } = plan;
  for (const { path, text } of nodeSettings(plan)) writeWhole(path, text);
  await makeCredentials(plan, programs);
  if (existsSync(genesisFile(folder))) return;
  const settings = join(folder, 'settings', 'channel');
  writeWhole(join(settings, 'configtx.yaml'), channelSettings(plan));
  const made = `${genesisFile(folder)}.new`;
  const profile = ['-profile', PROFILE, '-channelID', CHANNEL];
  const call = [...profile, '-configPath', settings, '-outputBlock', made];
  await programs.run('configtxgen', call, settings);
  renameSync(made, genesisFile(folder));
}

/**
 * Makes what an organisation needs that joins a channel of others, and answers how they will know it:
 * no secret.
 */
export async function makeMember(plan: NetworkPlan, programs: Programs): Promise<string> {
  const { folder, peers } = plan;
  for (const { path, text } of nodeSettings(plan)) writeWhole(path, text);
  await makeCredentials(plan, programs);
  const settings = join(folder, 'settings', 'channel');
  writeWhole(join(settings, 'configtx.yaml'), memberSettings(plan));
  const [peer] = peers;
  if (peer === undefined) throw new Error('nobody joins');
  return programs.run('configtxgen', ['-printOrg', peer.mspId, '-configPath', settings], settings);
}

/** Certificates with their keys, and the packages that hold some of them, where there are none. */
async function makeCredentials(plan: NetworkPlan, programs: Programs): Promise<void> {
  const { folder, peers } = plan;
  if (!existsSync(cryptoFolder(folder))) {
    const settings = join(folder, 'settings', 'crypto-config.yaml');
    writeWhole(settings, cryptoSettings(plan));
    const made = `${cryptoFolder(folder)}.new`;
    await programs.run('cryptogen', ['generate', `--config=${settings}`, `--output=${made}`]);
    renameSync(made, cryptoFolder(folder));
  }
  for (const peer of peers) {
    // Where organisations are apart, each has the key of its own contract only.
    if (!existsSync(contractFiles(folder, peer.contract).client.key)) continue;
    const { id, bytes } = packageOf(folder, peer);
    const files = packageFiles(folder, peer);
    writeWhole(files.bytes, bytes);
    writeWhole(files.id, id);
  }
}

/**
 * Joins orderers and peers, which run, to the channel, and has the contract installed, approved and
 * committed. May be repeated: what is done already stays done.
 */
export async function setUpChannel(plan: NetworkPlan, programs: Programs): Promise<void> {
  const { folder, orderers, peers } = plan;
  await Promise.all(orderers.map((orderer) => joinOrderer(folder, orderer, programs)));
  const administrators = peers.map((peer): Administrator => {
    const settings = adminFolder(folder, peer);
    return { folder, peer, run: (...args) => programs.run('peer', args, settings) };
  });
  await Promise.all(administrators.map(joinPeer));
  const [orderer] = orderers;
  const [first] = administrators;
  if (orderer === undefined || first === undefined) throw new Error('nobody takes part');
  const ordering = [
    ...['-o', `${orderer.host}:${orderer.port}`, '--tls'],
    ...['--cafile', ordererFiles(folder, orderer).tls.authority],
  ];
  await Promise.all(administrators.map((one) => approve(one, ordering)));
  const endorsers = peers.flatMap((peer) => [
    ...['--peerAddresses', `${peer.host}:${peer.port}`],
    ...['--tlsRootCertFiles', peerFiles(folder, peer).tls.authority],
  ]);
  await ensure(
    () => first.run(...LIFECYCLE, 'commit', ...ordering, ...DEFINITION, ...endorsers),
    async () =>
      (await first.run(...LIFECYCLE, 'querycommitted', ...NAMED)).includes(
        `Sequence: ${SEQUENCE}, `,
      ),
  );
}

/** Of a peer organisation; `run` is the command `peer` with these arguments. */
interface Administrator {
  readonly folder: string;
  readonly peer: PeerPlan;
  run(...args: readonly string[]): Promise<string>;
}

const LIFECYCLE = ['lifecycle', 'chaincode'];
const SEQUENCE = '1';
const NAMED = ['--channelID', CHANNEL, '--name', CHAINCODE_NAME];
const DEFINITION = [
  ...[...NAMED, '--version', CONTRACT_VERSION, '--sequence', SEQUENCE],
  ...['--signature-policy', ENDORSEMENT_POLICY],
];

async function joinPeer({ folder, peer, run }: Administrator): Promise<void> {
  await ensure(
    () => run('channel', 'join', '-b', genesisFile(folder)),
    async () => (await run('channel', 'list')).split('\n').includes(CHANNEL),
  );
  const { id, bytes } = packageFiles(folder, peer);
  await ensure(
    () => run(...LIFECYCLE, 'install', bytes),
    async () => (await run(...LIFECYCLE, 'queryinstalled')).includes(readFileSync(id, 'utf8')),
  );
}

async function approve({ folder, peer, run }: Administrator, ordering: string[]): Promise<void> {
  const id = readFileSync(packageFiles(folder, peer).id, 'utf8');
  const asked = [...NAMED, '--sequence', SEQUENCE];
  await ensure(
    () => run(...LIFECYCLE, 'approveformyorg', ...ordering, ...DEFINITION, '--package-id', id),
    async () => (await run(...LIFECYCLE, 'queryapproved', ...asked)).includes(id),
  );
}

async function joinOrderer(folder: string, orderer: OrdererPlan, programs: Programs) {
  const { tls, adminTls } = ordererFiles(folder, orderer);
  const where = [
    ...['--orderer-address', `${orderer.host}:${orderer.adminPort}`, '--ca-file', tls.authority],
    ...['--client-cert', adminTls.certificate, '--client-key', adminTls.key],
    ...['--channelID', CHANNEL],
  ];
  await ensure(
    async () => {
      const call = ['channel', 'join', ...where, '--config-block', genesisFile(folder)];
      const answer = await programs.run('osnadmin', call);
      if (!answer.includes('Status: 201')) throw new Error(`${orderer.name} refused: ${answer}`);
    },
    async () =>
      (await programs.run('osnadmin', ['channel', 'list', ...where])).includes('Status: 200'),
  );
}

/** Does it; an error does not matter when what was to be reached holds already. */
async function ensure(act: () => Promise<unknown>, holds: () => Promise<boolean>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(await holds().catch(() => false))) throw error;
  }
}

function packageOf(folder: string, { contract }: PeerPlan) {
  const { client } = contractFiles(folder, contract);
  const text = (path: string) => readFileSync(path, 'utf8');
  return packageChaincode(`${CHAINCODE_NAME}_${CONTRACT_VERSION}`, {
    address: `${contract.host}:${contract.port}`,
    authority: text(client.authority),
    clientCertificate: text(client.certificate),
    clientKey: text(client.key),
  });
}

/** Settings and packages may name or hold keys. */
function writeWhole(path: string, content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, content, { mode: 0o600 });
}
