import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { WITNESS_KEYS } from '../test/witness/policy-keys.ts';
import { ConfigError, readConfig } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'billproof-policies-'));
afterAll(() => rmSync(folder, { recursive: true }));

const [W1] = WITNESS_KEYS;
const GOOD = `witness w1 ${W1} https://audit.example/w1\nquorum w1\n`;

test('a file is the policy of all sites', () => {
  const { policies, witnessMs } = readConfig({
    BILLPROOF_POLICY: fileOf('all.policy', GOOD),
    BILLPROOF_WITNESS_SECONDS: '30',
  });
  expect(policies?.forAll).toMatchObject({ quorum: 'w1', witnesses: [{ name: 'w1' }] });
  expect(witnessMs).toBe(30_000);
});

test('a folder holds a policy for each site', () => {
  const path = join(folder, 'policies');
  mkdirSync(path);
  writeFileSync(join(path, 'tower.policy'), GOOD);
  writeFileSync(join(path, 'quay.policy'), 'quorum none\n');
  writeFileSync(join(path, 'README'), 'not a policy');
  const { policies } = readConfig({ BILLPROOF_POLICY: path });
  const quorums = [...(policies?.bySite ?? [])].map(([site, { quorum }]) => [site, quorum]);
  expect(quorums.sort()).toEqual([
    ['quay', undefined],
    ['tower', 'w1'],
  ]);
});

test('what is wrong with it is told with file and line, beside all other mistakes', () => {
  const cases: [string, string][] = [
    [join(folder, 'absent'), 'the file or folder cannot be read.'],
    [
      fileOf('line.policy', 'quorum none\nwitnesses w1\n'),
      'line.policy: Line 2 of the policy: a line is log, witness, group or quorum with its own words.',
    ],
    [
      fileOf('address.policy', `witness w1 ${W1}\nquorum w1\n`),
      'address.policy: witness w1 needs an address, http(s)://….',
    ],
    [
      fileOf('scheme.policy', `witness w1 ${W1} ftp://audit.example\nquorum w1\n`),
      'scheme.policy: witness w1 needs an address, http(s)://….',
    ],
    [
      fileOf('long.policy', `# ${'x'.repeat(60_000)}\n${GOOD}`),
      'long.policy: a policy has at most 60000 characters.',
    ],
  ];
  for (const [path, problem] of cases) {
    expect(problemsOf({ BILLPROOF_POLICY: path, PORT: 'x' })).toEqual([
      'PORT: a port number is expected.',
      `BILLPROOF_POLICY: ${problem}`,
    ]);
  }
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  expect(problemsOf({ BILLPROOF_POLICY: empty, BILLPROOF_WITNESS_SECONDS: '0' })).toEqual([
    'BILLPROOF_WITNESS_SECONDS: seconds are expected, 1 to 9999.',
    'BILLPROOF_POLICY: the folder holds no <site>.policy.',
  ]);
});

function fileOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
