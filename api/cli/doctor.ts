import { parseArgs } from 'node:util';
import {
  type Command,
  DONE,
  type ExitCode,
  FAILED,
  type Invocation,
  noneOf,
  usage,
} from './command.ts';
import { examine, type Finding } from './doctor-checks.ts';
import { harmless } from './terminal.ts';

const help = `Examples:
  billproof doctor                               what this machine lacks
  billproof doctor --data /srv/billproof         for another data folder
  billproof doctor --port 8700 --json            for another port, as JSON

Usage: billproof doctor [--data DIR] [--port N] [--json]

Exit codes: 0 nothing is lacking, 1 something is.`;

const options = {
  data: { type: 'string' },
  port: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

export const doctor: Command = { help, run };

async function run({ args, env, terminal }: Invocation): Promise<ExitCode> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  noneOf(positionals);
  const port = Number(values.port ?? env.PORT ?? '8600');
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw usage('A port is a number from 1 to 65535.');
  }
  const findings = await examine({
    data: values.data ?? env.BILLPROOF_DATA ?? 'data',
    host: env.HOST ?? '127.0.0.1',
    port,
  });
  if (values.json) terminal.out(JSON.stringify({ format: 'billproof-doctor/1', findings }));
  else for (const finding of findings) terminal.out(line(finding));
  return findings.some(({ state }) => state === 'lacking') ? FAILED : DONE;

  function line({ state, check, told }: Finding): string {
    const marks = { fine: terminal.good('ok'), lacking: terminal.bad('!!'), note: '--' };
    return `  ${marks[state]} ${check.padEnd(10)}${harmless(told)}`;
  }
}
