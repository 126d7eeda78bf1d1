import { hasNews } from '../../ledger/anchor/news.ts';
import { hex } from '../../ledger/core/bytes.ts';
import { formatVerifierKey } from '../../ledger/core/signed-note.ts';
import { jobDoer } from '../../ledger/fsck/do-job.ts';
import { readSnapshot } from '../../ledger/fsck/snapshot.ts';
import { checkStore, storedRoot } from '../../ledger/fsck.ts';
import type { BridgeNode } from './bridge-node.ts';
import { expectedBalances } from './expected-balances.ts';
import { ORIGIN, SITE, type World } from './world.ts';

/** After the last fault and the last retry: the whole store against itself, the log against the model. */
export async function checkLog(world: World, bridges: readonly BridgeNode[]): Promise<void> {
  world.model.log.refresh(world.database.reader());
  await runFsck(world);
  checkRequests(world);
  checkReadings(world, bridges);
  checkAnchors(world);
}

async function runFsck({ database, checkpoints, wrap, signer, model }: World): Promise<void> {
  const { db } = database;
  const { findings } = await checkStore({
    ...{ wrap, deep: true },
    last: () => {
      const last = checkpoints.fetch(ORIGIN);
      return new Map(last === undefined ? [] : [[ORIGIN, last]]);
    },
    snapshot: () => readSnapshot(db),
    vkeyOf: () => formatVerifierKey(signer.key),
    doJobs: (sites, jobs) => jobs.map(jobDoer(db, { sites, deep: true })),
    rootOf: (site, size) => storedRoot(db, site, size),
  });
  for (const { code, detail } of findings) model.violate(`fsck-${code}`, detail);
}

/** Each request that was acknowledged is there once, and nothing that nobody asked for. */
function checkRequests({ model }: World): void {
  const { log, acknowledged, sentKeys } = model;
  const seen = new Map<string, number>();
  for (const { type, data } of log.events) {
    if (type !== 'topup.credited') continue;
    const key = String(data['reference']);
    seen.set(key, (seen.get(key) ?? 0) + 1);
    if (!sentKeys.has(key)) model.violate('top-up-forged', `Nobody asked for ${key}.`);
  }
  for (const [key, times] of seen) {
    if (times > 1) model.violate('top-up-doubled', `${key} was credited ${times} times.`);
  }
  for (const [key, { command, leaf }] of acknowledged) {
    const event = log.events[leaf];
    if (event?.type !== TYPES[command.do]) {
      model.violate('acknowledged-lost', `${key} is not at event ${leaf}.`);
    }
    if (command.do !== 'credit-top-up') continue;
    if (event?.data['reference'] === key && event.data['amount'] === command.amount) continue;
    model.violate('acknowledged-lost', `${key} is not what event ${leaf} credits.`);
  }
}

const TYPES: Readonly<Record<string, string>> = {
  'credit-top-up': 'topup.credited',
  'open-account': 'account.opened',
  'publish-tariff': 'tariff.published',
  'issue-statement': 'statement.issued',
  'confirm-anchor': 'anchor.confirmed',
};

/** Every poll that a bridge has kept is in its meter's chain, once, as the meter showed it. */
function checkReadings({ model }: World, bridges: readonly BridgeNode[]): void {
  const stored = new Set<string>();
  let failures = 0;
  for (const [meter, chain] of model.log.chains) {
    for (const { reading } of chain) {
      if (reading.raw === undefined) {
        failures += 1;
        continue;
      }
      const poll = `${meter}/${reading.raw}`;
      if (stored.has(poll)) model.violate('reading-doubled', `${poll} is there twice.`);
      if (!model.shown.has(poll)) model.violate('reading-forged', `${poll} was never shown.`);
      stored.add(poll);
    }
  }
  // Behind a disk that pretends, what was not acknowledged may be gone.
  const honest = bridges.filter(({ disk }) => !disk.hasLied).flatMap(({ meters }) => meters);
  for (const { meter, raw } of model.kept) {
    if (!honest.includes(meter) || stored.has(`${meter}/${raw}`)) continue;
    model.violate('reading-lost', `${meter} showed ${raw}; it was kept and is not here.`);
  }
  const isHonest = bridges.every(({ disk }) => !disk.hasLied);
  const most = model.keptFailures + model.openPolls;
  if (failures > most || (isHonest && failures < model.keptFailures)) {
    model.violate('failed-polls', `${failures} of ${model.keptFailures} failed polls are told.`);
  }
}

/** The chain holds our tree and no other, and the ledger knows of every anchor, once. */
function checkAnchors({ chain, model, database }: World): void {
  const told = model.log.events.filter(({ type }) => type === 'anchor.confirmed');
  const sizes = told.map(({ data }) => Number(data['size']));
  if (new Set(sizes).size !== sizes.length) {
    model.violate('anchor-told-twice', `Sizes told: ${sizes.join(', ')}.`);
  }
  for (const { size, root, id } of chain.anchored) {
    if (!sizes.includes(size)) model.violate('anchor-lost', `Nobody told of ${size}.`);
    if (model.watcher.rootOf(size) !== hex(root)) {
      model.violate('anchor-other-tree', `The chain holds another tree of ${size} events.`);
    }
    if (model.dropped.includes(id)) {
      model.violate('anchor-given-up', `${id} was given up and then had an effect.`);
    }
  }
  if (sizes.length !== chain.anchored.length) {
    model.violate('anchor-invented', `${sizes.length} told, ${chain.anchored.length} anchored.`);
  }
  const head = chain.head?.size ?? 0;
  if (hasNews(database.reader(), SITE, head, model.log.size)) {
    model.violate('not-anchored', `${head} of ${model.log.size} events are anchored.`);
  }
}

/** Balances and books as a sum over what was acknowledged, beside what the writer says. */
export function checkBalances({ model }: World, answer: unknown): void {
  const expected = expectedBalances(model);
  const books: { book: string; balance: string }[] = Object(answer ?? []);
  const found = new Map(books.map(({ book, balance }) => [book, balance]));
  for (const [book, balance] of expected) {
    if (found.get(book) === balance) continue;
    model.violate('balance', `${book}: expected ${balance}, found ${found.get(book) ?? 'none'}.`);
  }
  for (const book of found.keys()) {
    if (!expected.has(book)) model.violate('balance', `Nobody expects book ${book}.`);
  }
}
