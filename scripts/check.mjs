// `npm run check`: types behind each wall, format and lint, un-awaited promises, structure rules.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './runtime.mjs';

const tool = (/** @type {string} */ name) => join(root, 'node_modules', name);
const tsc = tool('typescript/bin/tsc');

/** @type {{ name: string, args: string[], when?: boolean }[]} */
const steps = [
  { name: 'types', args: [tsc, '-p', '.'] },
  { name: 'types of the core, without a platform', args: [tsc, '-p', 'ledger/core'] },
  { name: 'types of the pages', args: [tsc, '-p', 'web'], when: hasSources('web') },
  {
    name: 'types of what drives the pages',
    args: [tsc, '-p', 'web/tsconfig.test.json'],
    when: hasSources('web') || hasSources('test/e2e'),
  },
  { name: 'format and lint', args: [tool('@biomejs/biome/bin/biome'), 'check', '.'] },
  { name: 'promises', args: [tool('oxlint/bin/oxlint'), '--type-aware', '--deny-warnings'] },
  {
    name: 'structure',
    args: [tool('vitest/vitest.mjs'), 'run', '--reporter=dot', 'test/tidy.test.ts'],
  },
];

let failed = 0;
for (const { name, args, when = true } of steps) {
  if (!when) continue;
  const started = Date.now();
  const done = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${done.status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (done.status === 0) continue;
  failed += 1;
  console.log(`${done.stdout}${done.stderr}${done.error?.message ?? ''}`);
}
if (failed > 0) console.log(`${failed} of the checks failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** @param {string} folder */
function hasSources(folder) {
  try {
    const names = readdirSync(join(root, folder), { encoding: 'utf8', recursive: true });
    return names.some((name) => name.endsWith('.ts') && name !== 'build.ts');
  } catch {
    return false;
  }
}
