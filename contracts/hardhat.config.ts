import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'hardhat/config';

const folder = dirname(fileURLToPath(import.meta.url));

// The compiler is one of the locked packages: nothing is fetched, and all machines have the same.
const compiler = createRequire(import.meta.url).resolve('solc/soljson.js');

export default defineConfig({
  solidity: {
    compilers: [
      {
        version: '0.8.37',
        path: compiler,
        settings: { optimizer: { enabled: true, runs: 200 }, evmVersion: 'cancun' },
      },
    ],
  },
  paths: {
    sources: join(folder, 'src'),
    tests: { solidity: join(folder, 'fuzz') },
    artifacts: join(folder, 'dist', 'artifacts'),
    cache: join(folder, 'dist', 'cache'),
  },
  test: {
    solidity: {
      // The seed is fixed, so that a run can be repeated; change it to search elsewhere.
      fuzz: { runs: 400, seed: '0x62696c6c70726f6f66', failurePersistDir: join(folder, 'dist') },
      invariant: {
        runs: 24,
        depth: 32,
        failOnRevert: true,
        failurePersistDir: join(folder, 'dist'),
      },
    },
  },
});
