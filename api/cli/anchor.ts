import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Anchor, AnchorPlace, AnchorStore } from '../../ledger/anchor/anchor-store.ts';
import { anchorStorePath } from '../../ledger/anchor/anchoring.ts';
import { checkAnchor } from '../../ledger/anchor/check-anchors.ts';
import { hasNews } from '../../ledger/anchor/news.ts';
import { SqliteAnchorStore } from '../../ledger/anchor/sqlite-anchor-store.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { formatTime } from '../../ledger/core/time.ts';
import type { TrustedAnchor } from '../../ledger/core/trusted-anchor.ts';
import type { SiteRow } from '../../ledger/store/port.ts';
import { SqliteReader } from '../../ledger/store/sqlite/sqlite-reader.ts';
import { trustedAnchors } from '../anchor/trusted-anchors.ts';
import { readConfig } from '../config.ts';
import {
  type Command,
  DONE,
  type Environment,
  type ExitCode,
  FAILED,
  type Invocation,
  onlyOne,
  usage,
} from './command.ts';
import { DATA_OPTION } from './data-folder.ts';
import type { Terminal } from './terminal.ts';
import { readTrustFile } from './trust-file.ts';

const help = `Examples:
  billproof anchor status                                how far each log is anchored, and where
  billproof anchor now                                   ask the running service to anchor, and wait
  billproof anchor verify --trust tower.policy           check every kept receipt again, offline
  BILLPROOF_FABRIC=admin.json billproof anchor register  make the logs known to the contract, once

Usage: billproof anchor status|now|verify|register [--data DIR] [--trust FILE] [--json]

\`status\` and \`verify\` read the data folder, also while the service runs. \`verify\` takes the networks from
the trust file, or from the settings of the service. \`register\` needs the connection of an administrator of an
organisation. Exit codes: 0 done and well, 1 not anchored or a receipt that does not hold.`;

const options = {
  ...DATA_OPTION,
  trust: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

export const anchor: Command = { help, run };

/** Longest wait of \`now\`: a network without its leader takes some seconds, one that is gone for ever. */
const PATIENCE_MS = 60_000;

async function run({ args, env, terminal }: Invocation): Promise<ExitCode> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const what = onlyOne(positionals, 'a task: status, now, verify or register');
  const config = readConfig(
    values.data === undefined ? env : { ...env, BILLPROOF_DATA: values.data },
  );
  const store = openStore(config.dataFolder);
  try {
    if (what === 'register') return await register(store, env, terminal);
    const anchors = openAnchors(config.dataFolder);
    try {
      const asked = { store, anchors, terminal, json: values.json };
      if (what === 'status') return status(asked);
      if (what === 'now') return await now(asked);
      if (what === 'verify') return verify(asked, trusted(values.trust, env, store.sites()));
      throw usage(`"${what}" is no task. Say status, now, verify or register.`);
    } finally {
      anchors.close();
    }
  } finally {
    store.close();
  }
}

interface Asked {
  readonly store: SqliteReader;
  readonly anchors: AnchorStore;
  readonly terminal: Terminal;
  readonly json: boolean;
}

function status({ store, anchors, terminal, json }: Asked): ExitCode {
  const places = anchors.places();
  const rows = places.map((place) => {
    const newest = anchors.newest(place);
    const signed = store.checkpoint(place.site)?.size ?? 0;
    return { ...place, ...toldOf(newest), signed, pending: anchors.pending(place)?.size };
  });
  if (json) terminal.out(JSON.stringify(rows));
  else for (const row of rows) terminal.out(statusLine(row));
  if (rows.length === 0 && !json) terminal.out('Nothing is anchored yet.');
  return rows.length > 0 && rows.every(({ size }) => size > 0) ? DONE : FAILED;
}

function toldOf(newest: Anchor | undefined) {
  if (newest === undefined) return { size: 0, at: undefined, network: undefined };
  return { size: newest.size, at: formatTime(newest.atMs), network: newest.network };
}

function statusLine(row: {
  readonly site: string;
  readonly chain: string;
  readonly size: number;
  readonly at: string | undefined;
  readonly network: string | undefined;
  readonly signed: number;
  readonly pending: number | undefined;
}): string {
  const parts = [`${row.site}  ${row.chain}`];
  if (row.at === undefined) parts.push('nothing anchored yet');
  else parts.push(`${row.size} of ${row.signed} signed events, ${row.at}`);
  if (row.network === 'development') parts.push('development network: proves nothing');
  if (row.pending !== undefined) parts.push(`${row.pending} events under way`);
  return parts.join('  ');
}

/** The service hears of it by the store that both have open. */
async function now({ store, anchors, terminal }: Asked): Promise<ExitCode> {
  const wanted = new Map(
    store.sites().map(({ site }) => [site, store.checkpoint(site)?.size ?? 0]),
  );
  anchors.askForRound();
  const untilMs = performance.now() + PATIENCE_MS;
  while (performance.now() < untilMs) {
    const places = anchors.followed();
    const isDone = (place: AnchorPlace) => {
      const anchored = anchors.newest(place)?.size ?? 0;
      return !hasNews(store, place.site, anchored, wanted.get(place.site) ?? 0);
    };
    if (places.length > 0 && places.every(isDone)) {
      for (const place of places) {
        const size = anchors.newest(place)?.size ?? 0;
        terminal.out(`${place.site}  ${place.chain}  ${size} events are anchored`);
      }
      return DONE;
    }
    await delay(200);
  }
  terminal.note('Not anchored within a minute. Does the service run? Its log and /readyz say why.');
  return FAILED;
}

function verify(asked: Asked, networks: readonly TrustedAnchor[]): ExitCode {
  const { store, anchors, terminal, json } = asked;
  const sites = new Map(store.sites().map((row) => [row.site, row]));
  let failures = 0;
  let count = 0;
  for (const place of anchors.places()) {
    const row = sites.get(place.site);
    if (row === undefined) continue;
    for (const kept of allOf(anchors, place)) {
      count += 1;
      const found = checkAnchor(store, row, kept, anchors.receipt(place, kept.size), networks);
      if (found.ok) continue;
      failures += 1;
      const { code, detail } = found;
      if (json) terminal.out(JSON.stringify({ ...place, size: kept.size, code, detail }));
      else terminal.out(`FAILED  ${place.site}  ${kept.size} events: ${detail} (${code})`);
    }
  }
  if (json) terminal.out(JSON.stringify({ checked: count, failed: failures }));
  else terminal.out(`${count - failures} of ${count} anchors verified${noteOf(asked)}`);
  return failures === 0 && count > 0 ? DONE : FAILED;
}

function noteOf({ anchors }: Asked): string {
  const isDevelopment = anchors
    .places()
    .some((place) => anchors.newest(place)?.network === 'development');
  return isDevelopment ? '; a development network proves no independence' : '';
}

function* allOf(anchors: AnchorStore, place: AnchorPlace): Generator<Anchor> {
  let below = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const page = anchors.list(place, below, 100);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    below = last.size;
  }
}

async function register(
  store: SqliteReader,
  env: Environment,
  terminal: Terminal,
): Promise<ExitCode> {
  const { fabric } = readConfig(env);
  if (fabric === undefined) {
    throw usage('Name the connection of an administrator: BILLPROOF_FABRIC=FILE.');
  }
  const { registerLog } = await import('../../ledger/anchor/fabric/register-log.ts');
  for (const { origin, vkey } of store.sites()) {
    await registerLog(fabric, { origin, vkey });
    terminal.out(`${origin} is registered on ${fabric.network.channel}`);
  }
  return DONE;
}

function trusted(
  file: string | undefined,
  env: Environment,
  sites: readonly SiteRow[],
): readonly TrustedAnchor[] {
  if (file !== undefined) return readTrustFile(file).anchors;
  const config = readConfig(env);
  const known = sites.flatMap((row) => trustedAnchors(config, row));
  if (known.length > 0) return known;
  throw usage('Name the networks to believe: --trust FILE, or the settings of the service.');
}

function openAnchors(dataDir: string): AnchorStore {
  const path = anchorStorePath(dataDir);
  if (existsSync(path)) return new SqliteAnchorStore(path);
  throw new Refusal(
    'anchors-missing',
    `Nothing was ever anchored in ${dataDir}. Set BILLPROOF_FABRIC or BILLPROOF_ETHEREUM for the service, or name another --data.`,
    { path },
  );
}

function openStore(dataDir: string): SqliteReader {
  const path = join(dataDir, 'ledger.db');
  if (existsSync(path)) return new SqliteReader(path);
  throw new Refusal('data-missing', `There is no ledger in ${dataDir}.`, { path });
}
