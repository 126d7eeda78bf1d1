import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DCLinter } from 'dclint';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readConfig } from '../api/config.ts';
import {
  contractVariables,
  nodeSettings,
  settingsFolder,
} from '../chaincode/network/node-settings.ts';
import { type NodePlan, nodeNames, planNetwork } from '../chaincode/network/plan.ts';
import { packageFiles } from '../chaincode/network/set-up.ts';
import { nodeVersion } from '../scripts/runtime.mjs';

// No container engine runs these tests. The file is held against the compose specification, whose schema
// the linter carries, and against the code that its containers run.

const root = join(import.meta.dirname, '..');
const path = join(root, 'docker-compose.yml');
const texts = z.array(z.string());
const service = z.looseObject({
  image: z.string(),
  build: z.string().optional(),
  command: texts.default([]),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: texts.default([]),
  ports: texts.default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.looseObject({ test: texts.optional() }).optional(),
});
const file = z
  .looseObject({ services: z.record(z.string(), service), volumes: z.record(z.string(), z.null()) })
  .parse(parse(readFileSync(path, 'utf8'), { merge: true }));
const { services } = file;
const plan = planNetwork('/network', { kind: 'containers', isDevelopment: true });
const contracts = plan.peers.map(({ contract }) => contract);

function serviceOf({ name }: { readonly name: string }): z.output<typeof service> {
  const found = services[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
}

test('the file is one of the compose specification', () => {
  const rules = Object.fromEntries(MATTERS_OF_TASTE.map((name) => [name, 0 as const]));
  const linter = new DCLinter({ rules, quiet: false, debug: false, exclude: [] });
  const [result] = linter.lintFiles([path], false);
  expect(result?.messages.map(({ message }: { message: string }) => message)).toEqual([]);
});

const MATTERS_OF_TASTE = [
  'no-build-and-image',
  'no-quotes-in-volumes',
  'require-quotes-in-ports',
  'service-dependencies-alphabetical-order',
  'service-image-require-explicit-tag',
  'service-keys-order',
  'service-ports-alphabetical-order',
  'services-alphabetical-order',
  'top-level-properties-order',
];

test('there is a service for each node of the network, and for what serves beside it', () => {
  const others = ['billproof', 'mqtt', 'network-channel', 'network-files', 'postgres'];
  expect(Object.keys(services).toSorted()).toEqual([...nodeNames(plan), ...others].toSorted());
});

test('images are official ones of one version, or our own', () => {
  const images = (nodes: readonly NodePlan[]) =>
    new Set(nodes.map((node) => serviceOf(node).image));
  expect(images(plan.orderers)).toEqual(new Set(['hyperledger/fabric-orderer:3.1']));
  expect(images(plan.peers)).toEqual(new Set(['hyperledger/fabric-peer:3.1']));
  const built = Object.entries(services).filter(([, { build }]) => build !== undefined);
  expect(new Set(built.map(([, { image, build }]) => `${image} ${build}`))).toEqual(
    new Set(['billproof .']),
  );
  expect(built.map(([name]) => name).toSorted()).toEqual(
    [...contracts.map(({ name }) => name), 'billproof', 'network-channel', 'network-files'].sort(),
  );
});

test('every node reads its settings where the set-up writes them, and stores in its own volume', () => {
  const written = nodeSettings(plan).map((settings) => settings.path);
  for (const node of [...plan.orderers, ...plan.peers]) {
    const { environment, volumes } = serviceOf(node);
    expect(environment).toEqual({ FABRIC_CFG_PATH: settingsFolder('/network', node.name) });
    expect(written.some((one) => one.startsWith(`${environment['FABRIC_CFG_PATH']}/`))).toBe(true);
    expect(volumes).toEqual(['network:/network:ro', `${node.name}:${node.dataFolder}`]);
  }
});

test('every contract server has the variables that it reads', () => {
  for (const peer of plan.peers) {
    const { environment, command, volumes } = serviceOf(peer.contract);
    const { CHAINCODE_ID_FILE, ...others } = environment;
    expect(others).toEqual(contractVariables('/network', peer.contract));
    expect(CHAINCODE_ID_FILE).toBe(packageFiles('/network', peer).id);
    expect(command.at(-1)).toContain('exec node chaincode/main.ts');
    expect(volumes).toEqual(['network:/network:ro']);
  }
});

test('the service has no setting that it does not know', () => {
  const { environment, ports } = serviceOf({ name: 'billproof' });
  const { host, port, dataFolder, keyFolder, checkpointFolder } = readConfig(environment);
  expect({ host, port, dataFolder, keyFolder, checkpointFolder }).toEqual({
    ...{ host: '0.0.0.0', port: 8600, dataFolder: '/data', keyFolder: '/keys' },
    checkpointFolder: '/checkpoints',
  });
  expect(ports).toEqual([`127.0.0.1:${port}:${port}`]);
  expect(Object.values(services).flatMap((one) => one.ports)).toEqual(ports);
});

test('the set-up runs the command that makes the same network as on one machine', () => {
  const main = 'chaincode/network/set-up-main.ts';
  const files = serviceOf({ name: 'network-files' });
  expect(files.command).toEqual(['node', main, 'files', '/network', '--development']);
  expect(files.environment).toEqual({ FABRIC_BIN: '/fabric/bin' });
  expect(files.volumes[1]).toMatch(/^\$\{FABRIC_BIN:\?[^}]+\}:\/fabric\/bin:ro$/);
  const channel = serviceOf({ name: 'network-channel' });
  expect(channel.command).toEqual(['node', main, 'channel', '/network']);
  expect(Object.keys(channel.depends_on).toSorted()).toEqual(nodeNames(plan).toSorted());
  expect(existsSync(join(root, main))).toBe(true);
});

test('a service waits only for what exists and can tell that it is ready', () => {
  for (const { depends_on } of Object.values(services)) {
    for (const [name, { condition }] of Object.entries(depends_on)) {
      const check = serviceOf({ name }).healthcheck?.test;
      if (condition === 'service_healthy') expect([name, check?.[0]]).toEqual([name, 'CMD']);
      else expect([name, condition]).toEqual(['network-files', 'service_completed_successfully']);
    }
  }
  for (const node of [...plan.orderers, ...plan.peers, ...contracts]) {
    expect(serviceOf(node).healthcheck?.test?.at(-1)).toMatch(new RegExp(`[/(]${node.port}\\b`));
  }
});

test('every volume is declared and used', () => {
  const named = Object.values(services).flatMap(({ volumes }) =>
    volumes.map((volume) => volume.split(':')[0] ?? '').filter((name) => !name.startsWith('$')),
  );
  expect([...new Set(named)].toSorted()).toEqual(Object.keys(file.volumes).toSorted());
});

test('our own image has the pinned Node, runs as nobody special, and starts what exists', () => {
  const image = readFileSync(join(root, 'Dockerfile'), 'utf8');
  const bases = [...image.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
  expect(new Set(bases)).toEqual(new Set([`node:${nodeVersion}-trixie-slim`]));
  expect(image).toMatch(/^USER node$/m);
  expect(image).toMatch(/^HEALTHCHECK [\s\S]*127\.0\.0\.1:8600\/readyz/m);
  const started = /^CMD \["node", "([^"]+)"\]$/m.exec(image)?.[1] ?? '';
  expect([started, existsSync(join(root, started))]).toEqual(['api/main.ts', true]);
  const folders = Object.values(services)
    .filter(({ build }) => build !== undefined)
    .flatMap(({ volumes }) => volumes.map((volume) => volume.split(':')[1] ?? ''))
    .filter((target) => target !== '' && !target.startsWith('/fabric') && target.startsWith('/'));
  for (const folder of folders) expect(image).toMatch(new RegExp(`mkdir -p .*${folder}\\b`));
});
