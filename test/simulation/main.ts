import { argv, exit, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { Ended } from './life.ts';
import { mutateSources } from './mutated-sources.ts';
import type { RunResult } from './simulation.ts';

// node test/simulation/main.ts --seed N          replays one run and prints its course
// node test/simulation/main.ts --seeds A..B      runs them; the last line names the first that failed
// node test/simulation/main.ts --hours H         runs new seeds for so long
// with --mutation NAME                           the same over a source with a mistake (mutations.ts)

const HOUR_MS = 3_600_000;

// What a process had under way when it ended has nobody left to tell.
process.on('unhandledRejection', (error) => {
  if (!(error instanceof Ended)) throw error;
});

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    hours: { type: 'string' },
    mutation: { type: 'string' },
    quiet: { type: 'boolean', default: false },
  },
});

if (values.mutation !== undefined) mutateSources(values.mutation);
// Only now, so that they are loaded as they are to be.
const { simulate } = await import('./simulation.ts');

if (values.seed !== undefined) {
  const print = values.quiet ? undefined : (line: string) => void stdout.write(`${line}\n`);
  const result = await simulate(Number(values.seed), print);
  stdout.write(`${JSON.stringify(result)}\n`);
  end([result]);
} else {
  const [from = 1, to = Number.MAX_SAFE_INTEGER] =
    values.seeds === undefined ? [Date.now()] : values.seeds.split('..').map(Number);
  const untilMs = Date.now() + Number(values.hours ?? 10_000) * HOUR_MS;
  const results: RunResult[] = [];
  let simulatedMs = 0;
  const totals = {
    runs: 0,
    simulatedHours: 0,
    simulatedHoursPerMinute: 0,
    cpuMs: 0,
    lastTrace: '',
    events: 0,
    readings: 0,
    anchors: 0,
    refusedRestores: 0,
    refusedForgeries: 0,
  };
  for (let seed = from; seed <= to && Date.now() < untilMs; seed += 1) {
    const result = await simulate(seed);
    totals.runs += 1;
    simulatedMs += result.simulatedMs;
    totals.lastTrace = result.traceHash;
    for (const key of [
      'events',
      'readings',
      'anchors',
      'refusedRestores',
      'refusedForgeries',
    ] as const) {
      totals[key] += result[key];
    }
    if (result.violations.length === 0) continue;
    results.push(result);
    stdout.write(`seed ${seed}: ${JSON.stringify(result.violations)}\n`);
    if (!values.quiet) break;
  }
  const { user, system } = process.cpuUsage();
  totals.cpuMs = Math.round((user + system) / 1_000);
  totals.simulatedHours = Math.round(simulatedMs / HOUR_MS);
  // Of processor time: this process has one thread, and other programs do not count.
  totals.simulatedHoursPerMinute = Math.round(simulatedMs / HOUR_MS / (totals.cpuMs / 60_000));
  stdout.write(`${JSON.stringify(totals)}\n`);
  end(results);
}

function end(results: readonly RunResult[]): never {
  const failed = results.find(({ violations }) => violations.length > 0);
  const [violation] = failed?.violations ?? [];
  if (failed === undefined || violation === undefined) {
    stdout.write('every run is as the model says\n');
    exit(0);
  }
  const replay = `node test/simulation/main.ts --seed ${failed.seed}`;
  stdout.write(`seed ${failed.seed} failed: ${violation.code}; replay it with: ${replay}\n`);
  exit(1);
}
