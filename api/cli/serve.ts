import type { Command } from './command.ts';
import { runProgram } from './run-program.ts';

const help = `Examples:
  billproof serve                                  serve, configured by environment and file
  billproof serve --check-config                   only check the configuration, all errors at once
  BILLPROOF_DATA=/srv/billproof PORT=8700 billproof serve

Usage: billproof serve [--check-config]

The service for real use: API, public log, verification page. SIGTERM ends it after it has answered
what it accepted. Settings: docs/cli.md.`;

export const serve: Command = { help, run: ({ args }) => runProgram('api/main.ts', args) };
