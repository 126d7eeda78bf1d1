import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError, type Environment, readConfig } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'config-'));

test('an empty environment gives the embedded defaults', () => {
  expect(readConfig({ PATH: '/bin' })).toEqual({
    host: '127.0.0.1',
    port: 8600,
    dataFolder: resolve('data'),
    publicUrl: undefined,
    behindProxy: false,
    logLevel: 'info',
    checkpointFolder: undefined,
    tokenKey: undefined,
    kek: undefined,
    keyFolder: resolve('data/keys'),
    policies: undefined,
    webhookNetworks: [],
    oidc: undefined,
    witnessMs: 2_000,
    fabric: undefined,
    ethereum: undefined,
    anchorMs: 60_000,
  });
});

test('the environment wins over the file that it names', () => {
  const file = fileOf('settings.json', '{"PORT":"7000","LOG_LEVEL":"warn"}');
  const config = readConfig({ BILLPROOF_CONFIG: file, PORT: '7001' });
  expect([config.port, config.logLevel]).toEqual([7001, 'warn']);
});

test('a secret may come from a file', () => {
  const key = 'ab'.repeat(32);
  const path = fileOf('token.key', `${key}\n`);
  expect(readConfig({ BILLPROOF_TOKEN_KEY_FILE: path }).tokenKey).toBe(key);
});

test('all mistakes are told at once, each with its name, and no secret with them', () => {
  const mistakes = problemsOf({
    PORT: '70000',
    HOST: 'a b',
    LOG_LEVEL: 'loud',
    BILLPROOF_KEK: 'secret',
    BILLPROOF_TOKEN_KEY: 'cd'.repeat(32),
    BILLPROOF_TOKEN_KEY_FILE: join(folder, 'absent'),
    BILLPROOF_PROT: '1',
    BILLPROOF_PUBLIC_URL: 'https://bills.example.com/',
    DATABASE_URL: 'mysql://user:secret@host/db',
  });
  expect(mistakes).toEqual([
    'BILLPROOF_TOKEN_KEY: give it or BILLPROOF_TOKEN_KEY_FILE, not both.',
    'BILLPROOF_TOKEN_KEY_FILE: the file cannot be read.',
    'BILLPROOF_PROT: no such setting. Remove it, or correct its name.',
    'PORT: a port is at most 65535.',
    'HOST: a host name or an address is expected.',
    'BILLPROOF_PUBLIC_URL: such as https://bills.example.com.',
    'BILLPROOF_KEK: 64 hex digits are expected.',
    'LOG_LEVEL: one of fatal, error, warn, info, debug, silent is expected.',
    'DATABASE_URL: such as postgres://user:password@host:5432/billproof.',
  ]);
});

test('a settings file that cannot be read, is no object of texts, or names what is not there', () => {
  expect(problemsOf({ BILLPROOF_CONFIG: join(folder, 'absent.json') })).toEqual([
    'BILLPROOF_CONFIG: the file cannot be read as JSON.',
  ]);
  expect(problemsOf({ BILLPROOF_CONFIG: fileOf('list.json', '[1]') })).toEqual([
    'BILLPROOF_CONFIG: the file must be a JSON object of texts, named as here.',
  ]);
  expect(problemsOf({ BILLPROOF_CONFIG: fileOf('other.json', '{"PROT":"1"}') })).toEqual([
    'BILLPROOF_CONFIG: in the file, a setting that does not exist.',
  ]);
});

function fileOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function problemsOf(environment: Environment): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test('networks for webhooks are told apart by commas, and one that is none is named', () => {
  const read = (text: string) => readConfig({ BILLPROOF_WEBHOOK_NETWORKS: text }).webhookNetworks;
  expect(read('10.1.0.0/16,::1/128')).toEqual(['10.1.0.0/16', '::1/128']);
  for (const text of [
    '10.1.0.0',
    '10.1.0.0/33',
    '10.1.0.0/16,',
    'intranet/8',
    '10.0.0.0/8 ::1/128',
  ]) {
    expect(() => read(text)).toThrow(/BILLPROOF_WEBHOOK_NETWORKS: address\/bits/);
  }
});

test('an identity provider needs a client and a way back, and its secret is never told', () => {
  const oidc = {
    BILLPROOF_OIDC_ISSUER: 'https://login.example.com',
    BILLPROOF_OIDC_CLIENT: 'bills',
  };
  const publicUrl = { BILLPROOF_PUBLIC_URL: 'https://bills.example.com' };
  expect(readConfig({ ...oidc, ...publicUrl }).oidc).toEqual({
    ...{ issuer: 'https://login.example.com', client: 'bills', secret: undefined },
    ...{ redirect: 'https://bills.example.com/console', newRole: undefined },
  });
  const complaints = (environment: Record<string, string>) => {
    try {
      readConfig(environment);
    } catch (error) {
      return String(error).split('\n').slice(1);
    }
    return [];
  };
  expect(complaints({ BILLPROOF_OIDC_ISSUER: 'https://login.example.com' })).toEqual([
    '  BILLPROOF_OIDC_CLIENT: who we are at the issuer. Give it.',
    '  BILLPROOF_OIDC_REDIRECT: give it or BILLPROOF_PUBLIC_URL, where people come back to.',
  ]);
  expect(complaints({ BILLPROOF_OIDC_SECRET: 'hunter2' })).toEqual([
    '  BILLPROOF_OIDC_SECRET: give BILLPROOF_OIDC_ISSUER, too.',
  ]);
  expect(complaints({ ...oidc, ...publicUrl, BILLPROOF_OIDC_NEW_ROLE: 'admin' })).toHaveLength(1);
  const plain = { ...oidc, ...publicUrl, BILLPROOF_OIDC_ISSUER: 'http://login.example.com' };
  expect(complaints(plain)).toHaveLength(1);
});
