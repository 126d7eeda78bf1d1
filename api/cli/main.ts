import { readFileSync } from 'node:fs';
import { Refusal } from '../../ledger/core/refusal.ts';
import { StoreFull, StoreUnavailable } from '../../ledger/store/store-errors.ts';
import { type Command, DONE, type ExitCode, INTERNAL, UNUSABLE, usage } from './command.ts';
import { harmless, openTerminal, type Terminal } from './terminal.ts';

interface Entry {
  readonly summary: string;
  /** Loaded only when it is asked for, so that `verify` starts without the service. */
  readonly load: () => Promise<Command>;
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  verify: {
    summary: 'check a bill: a proof bundle from a file, an address or standard input',
    load: async () => (await import('./verify.ts')).verify,
  },
  inspect: {
    summary: 'tell in words what a proof bundle holds, without judging it',
    load: async () => (await import('./inspect.ts')).inspect,
  },
  explain: {
    summary: 'explain a code that a verdict gave',
    load: async () => (await import('./explain.ts')).explain,
  },
  'page-hash': {
    summary: 'hash of a verification page, to compare with the published one',
    load: async () => (await import('./page-hash.ts')).pageHash,
  },
  serve: {
    summary: 'run the service: API, public log, verification page',
    load: async () => (await import('./serve.ts')).serve,
  },
  bridge: {
    summary: 'run the edge gateway that reads meters',
    load: async () => (await import('./bridge.ts')).bridge,
  },
  witness: {
    summary: 'run a witness that cosigns the logs of others',
    load: async () => (await import('./witness.ts')).witness,
  },
  anchor: {
    summary: 'anchors of the logs on chains: status, now, verify, register',
    load: async () => (await import('./anchor.ts')).anchor,
  },
  fsck: {
    summary: 'check the whole store, or the public part of a log',
    load: async () => (await import('./fsck.ts')).fsck,
  },
  export: {
    summary: "write the auditor's archive of a time",
    load: async () => (await import('./export.ts')).exportCommand,
  },
  import: {
    summary: 'take rooms, meters, tenants, leases and balances from a spreadsheet',
    load: async () => (await import('./import.ts')).importCommand,
  },
  backup: {
    summary: 'copy the store, also while the service runs',
    load: async () => (await import('./backup.ts')).backup,
  },
  restore: {
    summary: 'put a backup into an empty data folder or database',
    load: async () => (await import('./backup.ts')).restore,
  },
  succeed: {
    summary: 'go on with a new log where signed events are lost for ever',
    load: async () => (await import('./succeed.ts')).succeed,
  },
  keys: {
    summary: 'print what verifiers pin, make a token for the API, save keys of a database',
    load: async () => (await import('./keys.ts')).keys,
  },
  staff: {
    summary: 'add or reset one of the staff, the first administrator above all',
    load: async () => (await import('./staff.ts')).staff,
  },
  doctor: {
    summary: 'what this machine lacks',
    load: async () => (await import('./doctor.ts')).doctor,
  },
};

await start();

async function start(): Promise<void> {
  // A reader that has seen enough (`| head`) closes the pipe; that is no fault of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  const terminal = openTerminal(process.stdout, process.stderr, {
    env: process.env,
    outIsScreen: process.stdout.isTTY === true,
    noteIsScreen: process.stderr.isTTY === true,
  });
  process.exitCode = await dispatch(process.argv.slice(2), terminal);
}

async function dispatch(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [name, ...args] = words;
  try {
    if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
      terminal.out(overview());
      return DONE;
    }
    if (name === '--version') {
      terminal.out(version());
      return DONE;
    }
    const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (entry === undefined) throw usage(`There is no command "${harmless(name)}".`);
    const command = await entry.load();
    if (asksForHelp(args)) {
      terminal.out(command.help);
      return DONE;
    }
    return await command.run({ args, env: process.env, terminal });
  } catch (error) {
    return complain(error, name, terminal);
  }
}

function complain(error: unknown, name: string | undefined, terminal: Terminal): ExitCode {
  terminal.progress('');
  const mistake = asMistake(error);
  if (mistake === undefined) {
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
    terminal.note(`billproof: failed by its own fault; nothing was judged.\n${told}`);
    return INTERNAL;
  }
  const help = name !== undefined && Object.hasOwn(COMMANDS, name) ? `${name} --help` : '--help';
  const hint = mistake.code === 'usage' ? `\nTry: billproof ${help}` : ` (${mistake.code})`;
  terminal.note(`billproof: ${harmless(mistake.message)}${hint}`);
  return UNUSABLE;
}

/** What the caller can set right; undefined for what only we can. */
function asMistake(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (error instanceof StoreUnavailable || error instanceof StoreFull) {
    return new Refusal(error.code, error.message);
  }
  if (!(error instanceof TypeError) || !('code' in error)) return undefined;
  if (!String(error.code).startsWith('ERR_PARSE_ARGS_')) return undefined;
  return usage(error.message.replace(/\. To specify a positional.*$/s, '.'));
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const before = end < 0 ? args : args.slice(0, end);
  return before.includes('--help') || before.includes('-h');
}

function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length)) + 2;
  const lines = Object.entries(COMMANDS).map(
    ([name, { summary }]) => `  ${name.padEnd(width)}${summary}`,
  );
  return [
    'Examples:',
    '  billproof verify september.billproof        check a bill, offline',
    '  billproof explain rate-differs              what a code of a verdict means',
    '  billproof doctor                            what this machine lacks',
    '',
    'Usage: billproof COMMAND [options]',
    '',
    ...lines,
    '',
    'Each command has --help. Exit codes: 0 done and well, 1 failed, 2 unusable input, 3 our fault.',
  ].join('\n');
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const described: { readonly version?: unknown } = JSON.parse(text);
  return String(described.version);
}
