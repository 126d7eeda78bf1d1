import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { KEY_BYTES, KeyWrap } from './account-keys.ts';
import { type LastCheckpoint, readLastCheckpoint } from './checkpoint-store.ts';
import { fromBase64url, hex } from './core/bytes.ts';
import { parseCheckpoint, verifyCheckpoint } from './core/checkpoint.ts';
import { Refusal } from './core/refusal.ts';
import { anything, list, object, text } from './core/shape.ts';
import { formatVerifierKey, parseVerifierKey } from './core/signed-note.ts';
import { TILE_WIDTH } from './core/tiles.ts';
import { TreeCheck } from './fsck/check-tree.ts';
import { compareProjection, compareStatements } from './fsck/compare-store.ts';
import { type Finding, Findings } from './fsck/finding.ts';
import type { Job, JobResult, Place, SiteSecrets } from './fsck/jobs.ts';
import { LogRebuild } from './fsck/replay-log.ts';
import { readSnapshot, type SiteSnapshot, type Snapshot } from './fsck/snapshot.ts';
import { runJobs } from './fsck/worker-pool.ts';
import { logKeyPath, readKek, readOrMakeLogKey } from './log-keys.ts';
import { rootIfStored } from './log-reader.ts';
import { nativePrimitives } from './native-primitives.ts';
import { SqliteReader } from './store/sqlite/sqlite-reader.ts';

export interface FsckOptions {
  readonly dataDir: string;
  /** Folder of secrets; `<data>/keys` unless given. */
  readonly keysDir?: string | undefined;
  readonly kek?: Uint8Array | undefined;
  /** Public key of a log by the key that signs it; by its file in `keysDir` unless given. */
  readonly vkeyOf?: VkeyOf | undefined;
  /** File of the last signed checkpoints. */
  readonly checkpointPath?: string | undefined;
  /** Also rates every deduction anew. */
  readonly deep?: boolean | undefined;
  readonly threads?: number | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Undefined where there is no such key. */
export type VkeyOf = (site: string, origin: string) => string | undefined;

export interface FsckReport {
  readonly sites: number;
  readonly events: number;
  readonly records: number;
  readonly findings: readonly Finding[];
  readonly ms: number;
}

const KEY = /^[A-Za-z0-9_-]{43}$/;
const storedKeys = list(
  object(
    { kid: text(KEY), x: text(KEY), y: text(KEY) },
    { epoch: anything, leaf: anything, n: anything },
  ),
);

/** Segments of one job: large enough that the replay gets its charges added up. */
const JOB_SEGMENTS = 256;
const JOB_TILES = 256;

/**
 * Checks the whole store against itself, reading only, also while a service writes. From the log alone
 * it rebuilds every state, balance, index and tree, and compares. Not looked at: what is in no event
 * (names, tokens, idempotency, evidence). Refuses `data-missing`, `key-file`, `kek-wrong`.
 */
export async function fsck(options: FsckOptions): Promise<FsckReport> {
  const { dataDir, deep = false } = options;
  const path = join(dataDir, 'ledger.db');
  if (!existsSync(path)) {
    throw new Refusal('data-missing', `There is no ledger in ${dataDir}.`, { path: dataDir });
  }
  const keysDir = options.keysDir ?? join(dataDir, 'keys');
  const wrap = new KeyWrap(options.kek ?? readKek(keysDir));
  const vkeyOf = options.vkeyOf ?? ((site, origin) => vkeyInFolder(keysDir, site, origin));
  const lastPath = options.checkpointPath ?? join(dataDir, 'last-checkpoint', 'checkpoints.db');
  const threads = options.threads ?? Math.max(1, availableParallelism());
  const reading = <T>(read: (db: Database.Database) => T): T => {
    const db = new Database(path, { readonly: true, fileMustExist: true });
    try {
      return read(db);
    } finally {
      db.close();
    }
  };
  return await checkStore({
    ...{ wrap, deep, onProgress: options.onProgress },
    last: () => readLastCheckpoint(lastPath),
    snapshot: () => reading(readSnapshot),
    vkeyOf,
    doJobs: (sites, jobs) =>
      runJobs({ path, deep, sites }, Math.min(threads, Math.max(1, jobs.length)), jobs),
    rootOf: (site, size) => reading((db) => storedRoot(db, site, size)),
  });
}

/** A store to check, and who reads it. */
export interface CheckedStore {
  readonly wrap: KeyWrap;
  readonly deep: boolean;
  readonly onProgress?: FsckOptions['onProgress'];
  /** The last signed checkpoints as they are now. */
  readonly last: () => ReadonlyMap<string, LastCheckpoint>;
  readonly snapshot: () => Snapshot;
  readonly vkeyOf: VkeyOf;
  /** Gives the results in the order of the jobs. */
  readonly doJobs: (
    sites: readonly SiteSecrets[],
    jobs: readonly Job[],
  ) => AsyncIterable<JobResult> | Iterable<JobResult>;
  readonly rootOf: (site: string, size: number) => string | undefined;
}

/** What `fsck` checks, wherever the store is. */
export async function checkStore(store: CheckedStore): Promise<FsckReport> {
  const startedMs = performance.now();
  // Read before the store: what was signed is committed, so the snapshot must hold it.
  const signedBefore = store.last();
  const snapshot = store.snapshot();
  const checks = snapshot.sites.map((site) => new SiteCheck(site, store));
  const jobs = checks.flatMap((check) => check.jobs());
  const sites = checks.map(({ secrets }) => secrets);
  let done = 0;
  for await (const result of store.doJobs(sites, jobs)) {
    const site = jobs[done]?.site;
    checks.find(({ secrets }) => secrets.site === site)?.take(result);
    done += 1;
    store.onProgress?.(done, jobs.length);
  }
  const signedAfter = store.last();
  for (const check of checks) {
    const { origin, site } = check.secrets;
    const before = signedBefore.get(origin);
    check.finish(before, signedAfter.get(origin), (size) => store.rootOf(site, size));
  }
  const strays = new Findings('');
  for (const stray of snapshot.strays) strays.add('site-unknown', `Rows of no site: ${stray}.`);
  return {
    sites: checks.length,
    events: checks.reduce((sum, { events }) => sum + events, 0),
    records: checks.reduce((sum, { records }) => sum + records, 0),
    findings: [...checks.flatMap(({ found }) => found.list), ...strays.list],
    ms: Math.round(performance.now() - startedMs),
  };
}

/** Root over the first events of a site, if there are so many. The tree must be sound. */
export function storedRoot(db: Database.Database, site: string, size: number): string | undefined {
  const root = rootIfStored(new SqliteReader(db), site, size);
  return root && hex(root);
}

/** One site on its way through the checks. */
class SiteCheck {
  readonly found: Findings;
  readonly secrets: SiteSecrets;
  events = 0;
  records = 0;
  readonly #snapshot: SiteSnapshot;
  readonly #tree: TreeCheck;
  readonly #log: LogRebuild;
  #marked = false;

  constructor(snapshot: SiteSnapshot, { wrap, deep, vkeyOf }: CheckedStore) {
    const { row } = snapshot;
    this.#snapshot = snapshot;
    this.found = new Findings(row.site);
    this.secrets = {
      ...{ site: row.site, origin: row.origin, names: snapshot.names, vkey: row.vkey },
      keys: openKeys(snapshot, wrap, this.found),
      devices: deviceKeys(snapshot),
    };
    this.#checkLogKey(vkeyOf);
    this.#tree = new TreeCheck(snapshot, this.found);
    this.#log = new LogRebuild(snapshot, this.found, deep, () => {
      this.#marked = true;
      compareProjection(snapshot, this.#log.state, this.found);
    });
  }

  jobs(): Job[] {
    const { row, end, cuts, projection } = this.#snapshot;
    const { site } = row;
    const jobs: Job[] = [];
    const mark = { leaf: projection.leaf, record: projection.record };
    const starts = cuts.filter((_, i) => i % JOB_SEGMENTS === 0);
    if (starts.length === 0) starts.push({ leaf: 0, record: 0 });
    starts[0] = { leaf: 0, record: 0 };
    for (const [i, from] of starts.entries()) {
      const to: Place = starts[i + 1] ?? { leaf: end.leaf, record: Number.MAX_SAFE_INTEGER };
      jobs.push({ kind: 'segments', site, from, to, end, mark });
    }
    const tiles = Math.floor(end.leaf / TILE_WIDTH) + 1;
    for (let from = 0; from < tiles; from += JOB_TILES) {
      jobs.push({ kind: 'tiles', site, from, to: from + JOB_TILES, size: end.leaf });
    }
    return jobs;
  }

  take(result: JobResult): void {
    for (const { code, detail, leaf } of result.troubles) this.found.add(code, detail, leaf);
    if (result.kind === 'tiles') {
      this.#tree.take(result);
      return;
    }
    this.events += result.events;
    this.records += result.records;
    for (const item of result.items) this.#log.take(item);
  }

  /** `rootOf`: over so many events as they are stored; asked for only where the tree is sound. */
  finish(
    before: LastCheckpoint | undefined,
    after: LastCheckpoint | undefined,
    rootOf: (size: number) => string | undefined,
  ): void {
    const { found } = this;
    const { end, projection } = this.#snapshot;
    this.#tree.finish();
    compareStatements(this.#snapshot, this.#log.statements, found);
    for (const account of this.#log.surplus.left()) {
      found.add('surplus-missing', `A surplus that was settled never went back to ${account}.`);
    }
    if (!this.#marked) {
      const place = `${projection.leaf}/${projection.record}`;
      found.add(
        'projection-place',
        `The projection stands at ${place}, which is no place of the log.`,
      );
    }
    if (this.events !== end.leaf || this.records !== end.record) {
      found.add(
        'log-size',
        `${this.events} events and ${this.records} records of ${end.leaf} and ${end.record} could be read.`,
      );
    }
    this.#log.pools.finish();
    this.#checkTakenOver(rootOf);
    const root = before && found.list.length === 0 ? rootOf(before.size) : undefined;
    if (before === undefined || root === undefined || root === before.root) {
      this.#checkLast(before, after);
    } else {
      const why = `The first ${before.size} events are not those that were signed`;
      found.add('log-forked', `${why}: this is another history.`);
    }
  }

  /** A log that took the place of another one has the tree that it says to have of it. */
  #checkTakenOver(rootOf: (size: number) => string | undefined): void {
    if (this.found.list.length > 0) return;
    for (const { size, root } of this.#log.takenOver) {
      if (rootOf(size) === root) continue;
      const why = `The first ${size} events are not those that were kept of the log before.`;
      this.found.add('succession-differs', why, size);
    }
  }

  /** The store apart holds the newest checkpoint; nothing else may have been published. */
  #checkLast(before: LastCheckpoint | undefined, after: LastCheckpoint | undefined): void {
    const { found } = this;
    const { latest, end } = this.#snapshot;
    if ((latest?.size ?? -1) > (after?.size ?? -1)) {
      found.add(
        'last-checkpoint-behind',
        `Checkpoint ${latest?.size} is not in the store of last checkpoints.`,
      );
    }
    if (before === undefined) return;
    if (before.size > end.leaf) {
      found.add(
        'log-behind',
        `A checkpoint of ${before.size} events was signed; there are ${end.leaf}.`,
      );
    } else if (latest === undefined || latest.size < before.size) {
      found.add(
        'checkpoint-missing',
        `The signed checkpoint ${before.size} is not stored yet; a start stores it.`,
      );
    } else if (latest.size === before.size && latest.note !== before.note) {
      found.add('log-forked', `Two checkpoints of ${before.size} events were signed.`);
    }
    const wrong = whyNotSigned(before, this.secrets.vkey);
    if (wrong !== undefined) found.add('last-checkpoint-invalid', wrong);
  }

  /** The log's key is the one that signs, so that nobody signs a second history with another. */
  #checkLogKey(vkeyOf: VkeyOf): void {
    const { site, origin, vkey } = this.secrets;
    const known = vkeyOf(site, origin);
    if (known === undefined) {
      this.found.add('log-key-missing', `There is no key of log ${site} where keys are kept.`);
    } else if (known !== vkey) {
      this.found.add(
        'log-key-differs',
        `The stored public key of log ${site} is not that of its key.`,
      );
    }
  }
}

function vkeyInFolder(keysDir: string, site: string, origin: string): string | undefined {
  if (!existsSync(logKeyPath(keysDir, site, origin))) return undefined;
  return formatVerifierKey(readOrMakeLogKey(keysDir, site, origin).key);
}

function whyNotSigned(last: LastCheckpoint, vkey: string): string | undefined {
  try {
    const note = parseCheckpoint(last.note);
    const verified = verifyCheckpoint(note, parseVerifierKey(vkey), nativePrimitives());
    if (!verified.ok) return verified.detail;
    const same = note.size === last.size && hex(note.root) === last.root;
    return same ? undefined : 'The note is of another tree than its row says.';
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

function openKeys(snapshot: SiteSnapshot, wrap: KeyWrap, found: Findings): Map<string, Uint8Array> {
  const keys = new Map<string, Uint8Array>();
  let opened = 0;
  let refused: Refusal | undefined;
  for (const { account, year, wrapped } of snapshot.keys) {
    try {
      const key = wrap.unwrap(snapshot.row.site, account, year, wrapped);
      if (key.length !== KEY_BYTES) {
        found.add('key-damaged', `The key of account ${account} and year ${year} is no key.`);
        continue;
      }
      keys.set(`${account}/${year}`, key);
      if (account !== 'site') opened += 1;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refused = error;
      found.add('key-damaged', `The key of account ${account} and year ${year} cannot be opened.`);
    }
  }
  if (refused !== undefined && opened === 0 && keys.size + 1 < snapshot.keys.length) throw refused;
  return keys;
}

function deviceKeys(snapshot: SiteSnapshot): Map<string, Uint8Array> {
  const devices = new Map<string, Uint8Array>();
  for (const doc of snapshot.projection.bridges.values()) {
    // What is damaged here is found when the document is compared with the log.
    for (const { kid, x, y } of keysOf(doc)) {
      devices.set(kid, Buffer.concat([fromBase64url(x), fromBase64url(y)]));
    }
  }
  return devices;
}

function keysOf(bridgeDocument: string): readonly { kid: string; x: string; y: string }[] {
  try {
    const { keys }: { keys?: unknown } = Object(JSON.parse(bridgeDocument));
    return storedKeys(keys, '/keys');
  } catch {
    return [];
  }
}
