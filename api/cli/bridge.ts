import type { Command } from './command.ts';
import { runProgram } from './run-program.ts';

const help = `Examples:
  billproof bridge --config bridge.json --enrol TOKEN    make the key, once, and enrol it
  billproof bridge --config bridge.json                  read meters and send, until stopped
  billproof bridge --config bridge.json --load load.csv --unit kW --tz Asia/Shanghai

Usage: billproof bridge --config FILE [--enrol TOKEN | --check-config | --load FILE.csv …]

The edge gateway. It keeps every reading on disk until the ledger has acknowledged it.`;

export const bridge: Command = {
  help,
  run: ({ args }) => runProgram('meter-bridge/main.ts', args),
};
