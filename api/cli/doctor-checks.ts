import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, freemem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { constants as zlib } from 'node:zlib';

export interface Finding {
  readonly check: string;
  /** `note`: worth knowing, stops nothing. */
  readonly state: 'fine' | 'lacking' | 'note';
  readonly told: string;
}

export interface Wanted {
  readonly data: string;
  readonly host: string;
  readonly port: number;
}

const OLDEST_NODE = 24;
const LEAST_DISK_BYTES = 2 * 1024 ** 3;
const LEAST_MEMORY_BYTES = 512 * 1024 ** 2;
/** Files of the system's Noto Sans CJK, which printed bills use, by distribution. */
const CJK_FONTS = [
  '/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc',
  '/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc',
  '/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc',
];

/** Looks at everything that the service needs. Leaves nothing behind and asks no other machine. */
export async function examine(wanted: Wanted): Promise<Finding[]> {
  return [
    node(),
    await database(),
    compression(),
    zones(),
    dataFolder(wanted.data),
    disk(wanted.data),
    clock(wanted.data),
    await port(wanted.host, wanted.port),
    memory(),
    fonts(),
  ];
}

function node(): Finding {
  const { node: version } = process.versions;
  const recent = Number(version.split('.')[0]) >= OLDEST_NODE;
  if (recent) return fine('node', `${version} on ${process.platform} ${process.arch}`);
  return lacking(
    'node',
    `${version} is too old. Run npm start once: it fetches Node 24 for itself.`,
  );
}

async function database(): Promise<Finding> {
  try {
    const { default: Database } = await import('better-sqlite3');
    const memory = new Database(':memory:');
    const row: unknown = memory.prepare('SELECT sqlite_version() AS version').pluck().get();
    memory.close();
    return fine('sqlite', `SQLite ${String(row)}, native`);
  } catch (error) {
    return lacking('sqlite', `better-sqlite3 does not load (${messageOf(error)}). Run npm start.`);
  }
}

function compression(): Finding {
  if ('ZSTD_c_compressionLevel' in zlib) return fine('zstd', 'built into Node');
  return lacking('zstd', 'this Node has no zstd. Use Node 24 or later.');
}

function zones(): Finding {
  const known = ['Asia/Shanghai', 'America/Los_Angeles', 'Australia/Lord_Howe'].every((zone) => {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
    } catch {
      return false;
    }
  });
  if (known) return fine('zones', `time zone data ${process.versions.tz ?? 'of the system'}`);
  return lacking('zones', 'Node lacks time zone data. Use a Node with full ICU.');
}

function dataFolder(data: string): Finding {
  const folder = resolve(data);
  const place = nearest(folder);
  try {
    if (!statSync(place).isDirectory()) throw new Error(`${place} is a file`);
    accessSync(place, constants.W_OK | constants.X_OK);
    const trial = mkdtempSync(join(place, '.billproof-doctor-'));
    try {
      writeFileSync(join(trial, 'trial'), 'x', { flush: true });
    } finally {
      rmSync(trial, { recursive: true });
    }
    return fine('data', place === folder ? folder : `${folder} will be created`);
  } catch (error) {
    const what = `${folder} cannot be written (${messageOf(error)})`;
    return lacking('data', `${what}. Give another with --data, or change its owner.`);
  }
}

function disk(data: string): Finding {
  const { bavail, bsize } = statfsSync(nearest(resolve(data)));
  const free = bavail * bsize;
  const told = `${Math.floor(free / 1024 ** 2)} MiB free`;
  return free >= LEAST_DISK_BYTES
    ? fine('disk', told)
    : lacking('disk', `${told}; 2 GiB are wanted.`);
}

/** Without asking another machine, only a clock that stands still or lies far off can be told. */
function clock(data: string): Finding {
  const now = Date.now();
  const told = new Date(now).toISOString();
  // No clock that is right shows a time before this program was written.
  if (now < statSync(new URL(import.meta.url)).mtimeMs - 86_400_000) {
    return lacking('clock', `${told} is before this program was installed. Set the clock (NTP).`);
  }
  const newest = existsSync(data) ? statSync(data).mtimeMs : 0;
  if (newest > now + 60_000) {
    return lacking('clock', `${told} is before the last change of the data. Set the clock (NTP).`);
  }
  return fine('clock', told);
}

async function port(host: string, wanted: number): Promise<Finding> {
  const server = createServer();
  const problem = await new Promise<NodeJS.ErrnoException | undefined>((done) => {
    server.once('error', done);
    server.listen(wanted, host, () => done(undefined));
  });
  if (problem !== undefined) {
    const why = `${host}:${wanted} cannot be used (${problem.code ?? problem.message})`;
    return lacking('port', `${why}. Stop what uses it, or give another with --port.`);
  }
  await new Promise((closed) => server.close(closed));
  return fine('port', `${host}:${wanted} is free`);
}

function memory(): Finding {
  const told = `${Math.floor(freemem() / 1024 ** 2)} MiB free, ${availableParallelism()} cores`;
  if (freemem() >= LEAST_MEMORY_BYTES) return fine('memory', told);
  return note('memory', `${told}; 512 MiB are wanted for a large building.`);
}

function fonts(): Finding {
  const found = CJK_FONTS.find((file) => existsSync(file));
  if (found !== undefined) return fine('fonts', 'Noto Sans CJK, for printed bills');
  return note('fonts', 'no Noto Sans CJK; Chinese on printed bills needs it (fonts-noto-cjk).');
}

/** The folder itself or the deepest of its parents that exists. */
function nearest(folder: string): string {
  let place = folder;
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  return place;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}

function fine(check: string, told: string): Finding {
  return { check, state: 'fine', told };
}
function lacking(check: string, told: string): Finding {
  return { check, state: 'lacking', told };
}
function note(check: string, told: string): Finding {
  return { check, state: 'note', told };
}
