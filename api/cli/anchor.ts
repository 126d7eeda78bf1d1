import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Anchor, AnchorPlace, AnchorStore } from '../../ledger/anchor/anchor-store.ts';
import { checkAnchor } from '../../ledger/anchor/check-anchors.ts';
import { hasNews } from '../../ledger/anchor/news.ts';
import { formatTime } from '../../ledger/core/time.ts';
import type { TrustedAnchor } from '../../ledger/core/trusted-anchor.ts';
import type { SiteRow, StoreReader } from '../../ledger/store/port.ts';
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
import { DATA_OPTION, dataFolder } from './data-folder.ts';
import { openAnchors, openStore } from './data-stores.ts';
import type { Terminal } from './terminal.ts';
import { readTrustFile } from './trust-file.ts';

const help = `Examples:
  billproof anchor status                                how far each log is anchored, and where
  billproof anchor now                                   ask the running service to anchor, and wait
  billproof anchor verify --trust tower.policy           check every kept receipt again, offline
  BILLPROOF_FABRIC=admin.json billproof anchor register  make the logs known to the contract, once

Usage: billproof anchor status|now|verify|register [--data DIR] [--trust FILE] [--json]

\`status\` and \`verify\` read the data folder or the database, also while the service runs. \`verify\` takes the networks from
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
  const folder = dataFolder(values.data, env);
  const store = openStore(folder);
  try {
    if (what === 'register') return await register(store, env, terminal);
    const anchors = await openAnchors(folder);
    try {
      const asked = { store, anchors, terminal, json: values.json };
      if (what === 'status') return await status(asked);
      if (what === 'now') return await now(asked);
      if (what === 'verify') return await verify(asked, trusted(values.trust, env, store.sites()));
      throw usage(`"${what}" is no task. Say status, now, verify or register.`);
    } finally {
      await anchors.close();
    }
  } finally {
    store.close();
  }
}

interface Asked {
  readonly store: StoreReader;
  readonly anchors: AnchorStore;
  readonly terminal: Terminal;
  readonly json: boolean;
}

async function status({ store, anchors, terminal, json }: Asked): Promise<ExitCode> {
  const rows: StatusRow[] = [];
  for (const place of await anchors.places()) {
    const signed = store.checkpoint(place.site)?.size ?? 0;
    const [newest, pending] = [await anchors.newest(place), await anchors.pending(place)];
    rows.push({ ...place, ...toldOf(newest), signed, pending: pending?.size });
  }
  if (json) terminal.out(JSON.stringify(rows));
  else for (const row of rows) terminal.out(statusLine(row));
  if (rows.length === 0 && !json) terminal.out('Nothing is anchored yet.');
  return rows.length > 0 && rows.every(({ size }) => size > 0) ? DONE : FAILED;
}

function toldOf(newest: Anchor | undefined) {
  if (newest === undefined) return { size: 0, at: undefined, network: undefined };
  return { size: newest.size, at: formatTime(newest.atMs), network: newest.network };
}

interface StatusRow extends AnchorPlace {
  readonly size: number;
  readonly at: string | undefined;
  readonly network: string | undefined;
  readonly signed: number;
  readonly pending: number | undefined;
}

function statusLine(row: StatusRow): string {
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
  await anchors.askForRound();
  const untilMs = performance.now() + PATIENCE_MS;
  while (performance.now() < untilMs) {
    const sizes = new Map<AnchorPlace, number>();
    for (const place of await anchors.followed()) {
      sizes.set(place, (await anchors.newest(place))?.size ?? 0);
    }
    const isDone = ([{ site }, size]: readonly [AnchorPlace, number]) =>
      !hasNews(store, site, size, wanted.get(site) ?? 0);
    if (sizes.size > 0 && [...sizes].every(isDone)) {
      for (const [{ site, chain }, size] of sizes) {
        terminal.out(`${site}  ${chain}  ${size} events are anchored`);
      }
      return DONE;
    }
    await delay(200);
  }
  terminal.note('Not anchored within a minute. Does the service run? Its log and /readyz say why.');
  return FAILED;
}

async function verify(asked: Asked, networks: readonly TrustedAnchor[]): Promise<ExitCode> {
  const { store, anchors, terminal, json } = asked;
  const sites = new Map(store.sites().map((row) => [row.site, row]));
  let failures = 0;
  let count = 0;
  for (const place of await anchors.places()) {
    const row = sites.get(place.site);
    if (row === undefined) continue;
    for await (const kept of allOf(anchors, place)) {
      count += 1;
      const receipt = await anchors.receipt(place, kept.size);
      const found = checkAnchor(store, row, kept, receipt, networks);
      if (found.ok) continue;
      failures += 1;
      const { code, detail } = found;
      if (json) terminal.out(JSON.stringify({ ...place, size: kept.size, code, detail }));
      else terminal.out(`FAILED  ${place.site}  ${kept.size} events: ${detail} (${code})`);
    }
  }
  if (json) terminal.out(JSON.stringify({ checked: count, failed: failures }));
  else terminal.out(`${count - failures} of ${count} anchors verified${await noteOf(asked)}`);
  return failures === 0 && count > 0 ? DONE : FAILED;
}

async function noteOf({ anchors }: Asked): Promise<string> {
  for (const place of await anchors.places()) {
    if ((await anchors.newest(place))?.network !== 'development') continue;
    return '; a development network proves no independence';
  }
  return '';
}

async function* allOf(anchors: AnchorStore, place: AnchorPlace): AsyncGenerator<Anchor> {
  let below = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const page = await anchors.list(place, below, 100);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    below = last.size;
  }
}

async function register(
  store: StoreReader,
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
