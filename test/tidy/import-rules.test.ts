import { describe, expect, test } from 'vitest';
import { findChainTools, findCorePackages, findUpwardImports, importsOf } from './import-rules.ts';

describe('the imports of a file', () => {
  test('are found in every form', () => {
    const text = `import a from './a.ts';
import {
  b,
} from './b.ts';
import type { C } from "./c.ts";
export { d } from './d.ts';
import './e.ts';
const f = await import('./f.ts');
`;
    expect(importsOf(text)).toEqual([
      { specifier: './a.ts', line: 1 },
      { specifier: './b.ts', line: 4 },
      { specifier: './c.ts', line: 5 },
      { specifier: './d.ts', line: 6 },
      { specifier: './e.ts', line: 7 },
      { specifier: './f.ts', line: 8 },
    ]);
  });

  test('are not found in strings and comments', () => {
    expect(importsOf(`const a = "import x from './y.ts'"; // from './z.ts'`)).toEqual([]);
  });
});

describe('arrows', () => {
  test.each([
    ['ledger/core/event.ts', '../books.ts'],
    ['ledger/core/event.ts', '../../test/reference/tree.ts'],
    ['ledger/writer.ts', '../api/app.ts'],
    ['ledger/writer.ts', '../meter-bridge/outbox.ts'],
    ['ledger/writer.test.ts', '../api/app.ts'],
    ['meter-bridge/outbox.ts', '../ledger/writer.ts'],
    ['meter-bridge/outbox.ts', '../api/app.ts'],
    ['web/verify/page.ts', '../../ledger/fsck.ts'],
    ['web/verify/page.ts', '../../api/app.ts'],
    ['api/app.ts', '../meter-bridge/outbox.ts'],
    ['api/app.ts', '../test/tariff.ts'],
    ['chaincode/anchor.ts', '../ledger/writer.ts'],
    ['contracts/deploy.ts', '../ledger/writer.ts'],
    ['contracts/test-chain.ts', '../test/reference/tree.ts'],
    ['contracts/interface/digest.ts', '../test-chain.ts'],
    ['ledger/evm-anchor.ts', '../contracts/deploy.ts'],
    ['ledger/core/event.ts', '../../contracts/interface/digest.ts'],
    ['chaincode/anchor.ts', './devnet/chain.ts'],
    ['chaincode/devnet/chain.ts', '../../ledger/writer.ts'],
  ])('%s may not import %s', (path, specifier) => {
    const findings = findUpwardImports({ path, text: `\nimport { a } from '${specifier}';\n` });
    expect(findings.map(({ line }) => line)).toEqual([2]);
  });

  test.each([
    ['ledger/core/event.ts', './bytes.ts'],
    ['ledger/core/tree.test.ts', '../../test/reference/tree.ts'],
    ['ledger/writer.ts', './core/event.ts'],
    ['api/routes/bridges.ts', '../../ledger/writer.ts'],
    ['api/demo/main.ts', '../../meter-bridge/bridge.ts'],
    ['meter-bridge/outbox.ts', '../ledger/core/batch.ts'],
    ['web/verify/page.ts', '../../ledger/core/verdict.ts'],
    ['contracts/deploy.ts', '../ledger/core/refusal.ts'],
    ['contracts/merkle.test.ts', '../test/reference/tree.ts'],
    ['contracts/interface/digest.ts', '../../ledger/core/bytes.ts'],
    ['ledger/evm-anchor.ts', '../contracts/interface/digest.ts'],
    ['chaincode/anchor.ts', '../ledger/core/merkle.ts'],
    ['chaincode/devnet/chain.ts', '../anchor-record.ts'],
    ['web/build.ts', 'esbuild'],
    ['test/e2e/verify.test.ts', '../../api/app.ts'],
  ])('%s may import %s', (path, specifier) => {
    expect(findUpwardImports({ path, text: `import { a } from '${specifier}';` })).toEqual([]);
  });
});

test.each(['node:fs', 'zod', 'vitest', '@hono/node-server'])('the core may not use %s', (name) => {
  const file = { path: 'ledger/core/event.ts', text: `import { a } from '${name}';` };
  expect(findCorePackages(file).map(({ line }) => line)).toEqual([1]);
});

test('the core may use @noble, and its tests any package', () => {
  const text = "import { sha256 } from '@noble/hashes/sha2.js';";
  expect(findCorePackages({ path: 'ledger/core/event.ts', text })).toEqual([]);
  const test = "import { expect } from 'vitest';";
  expect(findCorePackages({ path: 'ledger/core/event.test.ts', text: test })).toEqual([]);
});

describe('tools for contracts', () => {
  test.each([
    ['ledger/evm-anchor.ts', 'ethers'],
    ['ledger/anchor/anchorer.ts', 'ethers'],
    ['ledger/anchor/ethereum/chain.ts', 'hardhat/hre'],
    ['contracts/interface/digest.ts', 'ethers'],
    ['scripts/start.mjs', 'hardhat/hre'],
    ['api/app.ts', '@nomicfoundation/hardhat-ethers'],
    ['test/e2e/anchor.test.ts', 'solc'],
  ])('%s may not use %s', (path, name) => {
    const findings = findChainTools({ path, text: `import { a } from '${name}';` });
    expect(findings.map(({ line }) => line)).toEqual([1]);
  });

  test.each([
    ['contracts/deploy.ts', 'ethers'],
    ['ledger/anchor/ethereum/chain.ts', 'ethers'],
    ['contracts/compile.ts', 'hardhat/hre'],
    ['ledger/evm-anchor.ts', 'ethers-like'],
  ])('%s may use %s', (path, name) => {
    expect(findChainTools({ path, text: `import { a } from '${name}';` })).toEqual([]);
  });
});
