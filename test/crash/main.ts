import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { STORES } from './crash-place.ts';

const USE = `npm run crash -- [--rounds N] [--store sqlite|postgres] [--only api|pair|store|anchor] [--seed N]
  Kills the service (api), the service and a bridge in turns (pair), a bare store (store), and service, network
  and node amid anchors (anchor), N times each; 1000 unless given. Repeat a failure with the seed that it printed.
`;
const TESTS = {
  api: 'test/crash/api-crash.test.ts',
  pair: 'test/crash/bridge-and-api.test.ts',
  store: 'test/crash/store-crash.test.ts',
  anchor: 'test/crash/anchor-crash.test.ts',
} as const;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1000' },
    store: { type: 'string' },
    only: { type: 'string' },
    seed: { type: 'string' },
  },
});
const { rounds, store = STORES.join(), only, seed } = values;
const files = Object.entries(TESTS).flatMap(([name, file]) =>
  only === undefined || only === name ? [file] : [],
);
const isStore = values.store === undefined || STORES.some((each) => each === values.store);
if (!/^[1-9][0-9]{0,5}$/.test(rounds) || !isStore || files.length === 0) {
  process.stderr.write(USE);
  process.exit(2);
}
const { status } = spawnSync(
  process.execPath,
  [join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs'), 'run', ...files],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      CRASH_STORES: store,
      CRASH_ROUNDS: rounds,
      PAIR_CRASH_ROUNDS: rounds,
      STORE_CRASH_ROUNDS: rounds,
      ROUNDS: rounds,
      ...(seed !== undefined && { CRASH_SEED: seed }),
    },
  },
);
process.exitCode = status ?? 1;
