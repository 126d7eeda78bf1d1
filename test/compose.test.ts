import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DCLinter } from 'dclint';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Config, readConfig } from '../api/config.ts';
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
  networks: texts.default([]),
  secrets: texts.default([]),
  configs: z.array(z.strictObject({ source: z.string(), target: z.string() })).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.looseObject({ test: texts.optional() }).optional(),
});
const file = z
  .looseObject({
    services: z.record(z.string(), service),
    volumes: z.record(z.string(), z.null()),
    networks: z.record(z.string(), z.strictObject({ internal: z.boolean() }).nullable()),
    secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
    configs: z.record(z.string(), z.strictObject({ content: z.string() })),
  })
  .parse(parse(readFileSync(path, 'utf8'), { merge: true }));
const { services } = file;
const WRITERS = ['writer-1', 'writer-2'];
const APIS = ['api-1', 'api-2'];
const LEDGER = [...WRITERS, ...APIS];
const DATABASES = ['checkpoints', 'postgres', 'postgres-replica'];
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
  const others = [...LEDGER, ...DATABASES, 'front', 'mqtt', 'network-channel', 'network-files'];
  expect(Object.keys(services).toSorted()).toEqual([...nodeNames(plan), ...others].toSorted());
});

test('images are official ones of one version, or our own', () => {
  const images = (nodes: readonly NodePlan[]) =>
    new Set(nodes.map((node) => serviceOf(node).image));
  expect(images(plan.orderers)).toEqual(new Set(['hyperledger/fabric-orderer:3.1']));
  expect(images(plan.peers)).toEqual(new Set(['hyperledger/fabric-peer:3.1']));
  const databases = DATABASES.map((name) => serviceOf({ name }).image);
  expect(new Set(databases)).toEqual(new Set(['postgres:18']));
  const built = Object.entries(services).filter(([, { build }]) => build !== undefined);
  expect(new Set(built.map(([, { image, build }]) => `${image} ${build}`))).toEqual(
    new Set(['billproof .']),
  );
  expect(built.map(([name]) => name).toSorted()).toEqual(
    [...contracts.map(({ name }) => name), ...LEDGER, 'network-channel', 'network-files'].sort(),
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

describe('the processes of the ledger', () => {
  test('have no setting that they do not know, a role each, and the same keys', () => {
    const database = {
      url: SECRETS['database-url'],
      checkpointUrl: SECRETS['checkpoint-url'],
      deadlineMs: 15_000,
    };
    const keys = { kek: SECRETS.kek, tokenKey: SECRETS['token-key'] };
    const publicUrl = 'http://127.0.0.1:8600';
    for (const name of WRITERS) {
      expect(configOf(name)).toMatchObject({
        ...{ ...keys, publicUrl, host: '127.0.0.1', port: 8600 },
        database: {
          ...{ ...database, writes: true, replica: undefined },
          listen: { host: '0.0.0.0', port: 8601 },
          address: `${name}:8601`,
        },
      });
    }
    for (const name of APIS) {
      expect(configOf(name)).toMatchObject({
        ...{ ...keys, publicUrl, host: '0.0.0.0', port: 8600, behindProxy: true },
        database: {
          ...{ ...database, writes: false },
          replica: { url: SECRETS['replica-url'], mostMs: 5_000 },
        },
      });
    }
  });

  test('keep nothing on a disk of their own', () => {
    expect(LEDGER.map((name) => serviceOf({ name }).volumes)).toEqual(LEDGER.map(() => []));
  });

  test('reach each other and the databases on a network that nothing else is on', () => {
    expect(file.networks).toEqual({ default: null, ledger: { internal: true } });
    const inside = Object.entries(services).filter(([, one]) => one.networks.includes('ledger'));
    expect(inside.map(([name]) => name).toSorted()).toEqual([...LEDGER, ...DATABASES].toSorted());
    for (const name of DATABASES) expect(serviceOf({ name }).networks).toEqual(['ledger']);
  });

  test('answer nobody outside but through the front', () => {
    const open = Object.entries(services).filter(([, { ports }]) => ports.length > 0);
    expect(open.map(([name, { ports }]) => [name, ports])).toEqual([
      ['front', ['127.0.0.1:8600:8600']],
    ]);
  });
});

describe('the front', () => {
  const text = contentOf('front');

  test('balances the processes that answer, at the port on which they listen', () => {
    const servers = [...text.matchAll(/^ *server (\S+:\d+) resolve\b/gm)].map(([, one]) => one);
    expect(servers).toEqual(APIS.map((name) => `${name}:${configOf(name).port}`));
    expect(text).toContain('listen 8600;');
    expect(text).toContain('proxy_set_header X-Forwarded-For $remote_addr;');
  });

  test('keeps tiles and nothing else', () => {
    const places = [...text.matchAll(/^ *location (?:~ )?(\S+) \{([^}]*)\}/gm)];
    const keeping = places.filter(([, , body]) => body?.includes('proxy_cache '));
    expect(places).toHaveLength(2);
    expect(text.match(/\bproxy_cache /g)).toHaveLength(1);
    const kept = new RegExp(keeping[0]?.[1] ?? '$^');
    const isKept = (path: string) => kept.test(path);
    expect(['/log/tower/tile/0/000', '/log/tower/tile/entries/x001/234.p/17'].map(isKept)).toEqual([
      true,
      true,
    ]);
    const others = [
      ...['/log/tower/checkpoint', '/log/tower/checkpoint.witnessed', '/log/status.json'],
      ...['/log', '/v1/accounts/tile/', '/readyz', '/'],
    ];
    expect(others.filter(isKept)).toEqual([]);
  });
});

describe('the databases', () => {
  test('are followed by a role and from a place that the first one has made', () => {
    const role = contentOf('replication-role');
    const follow = contentOf('follow');
    expect(/CREATE ROLE (\w+) REPLICATION LOGIN/.exec(role)?.[1]).toBe('replica');
    expect(/create_physical_replication_slot\('(\w+)'\)/.exec(role)?.[1]).toBe('replica');
    expect(role).toContain('host replication replica all scram-sha-256');
    expect(follow).toContain('--slot replica');
    const { environment, secrets, depends_on } = serviceOf({ name: 'postgres-replica' });
    expect(environment).toEqual({ PGHOST: 'postgres', PGUSER: 'replica' });
    expect(depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
    expect(secrets).toEqual(['replication-password']);
    expect(serviceOf({ name: 'postgres' }).secrets).toContain('replication-password');
  });

  test('run scripts that a shell can read', () => {
    for (const name of ['replication-role', 'follow']) {
      execFileSync('/bin/sh', ['-n'], { input: contentOf(name) });
    }
  });
});

test('every secret and every written file is declared, used, and made as the guide says', () => {
  const used = Object.values(services).flatMap(({ secrets }) => secrets);
  expect([...new Set(used)].toSorted()).toEqual(Object.keys(file.secrets).toSorted());
  const written = Object.values(services).flatMap(({ configs }) => configs);
  expect(written.map(({ source }) => source).toSorted()).toEqual(
    Object.keys(file.configs).toSorted(),
  );
  for (const [name, { file: from }] of Object.entries(file.secrets)) {
    expect(from).toMatch(new RegExp(`^\\$\\{BILLPROOF_SECRETS(:\\?[^}]+)?\\}/${name}$`));
  }
  const guide = readFileSync(join(root, 'docs', 'several-machines.md'), 'utf8');
  const made = [...guide.matchAll(/> ([a-z-]+)(?=;|$)/gm)].map(([, name]) => name);
  expect(made.toSorted()).toEqual(Object.keys(file.secrets).toSorted());
});

/** What the processes read in a container from `/run/secrets`. */
const SECRETS = {
  kek: 'a'.repeat(64),
  'token-key': 'b'.repeat(64),
  'database-url': 'postgres://billproof:one@postgres:5432/billproof',
  'checkpoint-url': 'postgres://billproof:two@checkpoints:5432/billproof',
  'replica-url': 'postgres://billproof:one@postgres-replica:5432/billproof',
};

/** The settings of a process, with its secrets where they are mounted and variables at their defaults. */
function configOf(name: string): Config {
  const { environment, secrets } = serviceOf({ name });
  const folder = mkdtempSync(join(tmpdir(), 'billproof-secrets-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [secret, value] of Object.entries(SECRETS)) {
    if (secrets.includes(secret)) writeFileSync(join(folder, secret), value);
  }
  const given = Object.entries(environment).map(([key, value]) => [
    key,
    value.replace('/run/secrets', folder).replace(/\$\{\w+:-([^}]*)\}/, '$1'),
  ]);
  return readConfig(Object.fromEntries(given));
}

/** A file that is written in the compose file itself, as a container has it. */
function contentOf(name: string): string {
  const text = file.configs[name]?.content ?? '';
  // One dollar alone would be a variable of compose.
  expect(text.replaceAll('$$', '')).not.toContain('$');
  return text.replaceAll('$$', '$');
}

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
      const { build, healthcheck } = serviceOf({ name });
      // Of our own image the one that the image has.
      const check = healthcheck === undefined && build === '.' ? ['CMD'] : healthcheck?.test;
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
