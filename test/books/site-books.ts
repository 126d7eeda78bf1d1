import { KeyWrap } from '../../ledger/account-keys.ts';
import { parseMicros } from '../../ledger/core/decimal.ts';
import { SITE_ACCOUNT } from '../../ledger/core/event.ts';
import { creditLines } from '../../ledger/core/wallet-terms.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import type { StoreReader } from '../../ledger/store/port.ts';
import { SqliteStore } from '../../ledger/store/sqlite/sqlite-store.ts';
import type { Command } from '../../ledger/writer/messages.ts';
import type { SiteState } from '../../ledger/writer/site-state.ts';
import { type Outcome, Writer } from '../../ledger/writer/writer.ts';

export const START_MS = Date.UTC(2026, 8, 1);
const wrap = new KeyWrap(Buffer.alloc(32, 9));

/** A command without its site, which the books add. */
export type Act = Command extends infer C ? (C extends Command ? Omit<C, 'site'> : never) : never;

/** The real writer of one site over the real tables, in memory; each act is a commit of its own. */
export class SiteBooks {
  readonly site: string;
  readonly #store: SqliteStore;
  #writer: Writer;
  nowMs = START_MS;
  /** The next commit fails, before (`lost`) or after (`hidden`) it is written. */
  failing: 'no' | 'lost' | 'hidden' = 'no';

  constructor(site = 'tower') {
    this.site = site;
    this.#store = new SqliteStore(':memory:');
    const origin = `ledger.example/log/${site}`;
    const row = { site, origin, currency: 'CNY', zone: 'Asia/Shanghai', vkey: 'v' };
    this.#store.createSite(row, this.nowMs);
    this.#writer = this.#newWriter();
    this.#writer.openSite(site);
    this.#writer.commit();
  }

  /** What became of it once it was durable; undefined where nobody can know. */
  run(act: Act): Outcome | undefined {
    const command = { site: this.site, ...act } as Command;
    const outcome = this.#writer.take(command);
    try {
      this.#writer.commit();
    } catch {
      return undefined;
    }
    return outcome;
  }

  get state(): SiteState {
    const state = this.#writer.state(this.site);
    if (state === undefined) throw new Error('the writer has its site');
    return state;
  }

  /** The process ends and another one reads everything again. */
  restart(project: boolean): void {
    if (project) this.#writer.projectAll();
    this.#writer = this.#newWriter();
  }

  document(kind: string, id: string): string | undefined {
    return this.#store.directory(this.site, kind, id);
  }

  /** What is durable, for whoever reads the events themselves. */
  get reader(): StoreReader {
    return this.#store;
  }

  close(): void {
    this.#store.close();
  }

  #newWriter(): Writer {
    const store = this.#store;
    const failing = () => this.failing;
    const guarded = new Proxy(store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (name !== 'commit') return value.bind(target);
        return (...args: unknown[]) => {
          const how = failing();
          this.failing = 'no';
          if (how !== 'lost') value.apply(target, args);
          if (how !== 'no') throw new Error('The database was lost in the middle of a commit.');
        };
      },
    });
    return new Writer({
      ...{ store: guarded, now: () => this.nowMs, primitives: nativePrimitives() },
      wrap: (site, account, year, key) => wrap.wrap(site, account, year, key),
      unwrap: (site, account, year, wrapped) => wrap.unwrap(site, account, year, wrapped),
    });
  }
}

/** Everything that money is in, to compare as a whole. */
export function moneyOf(state: SiteState) {
  const books = [...state.books.values()]
    .filter(({ micros }) => micros !== 0n)
    .map(({ name, micros }) => `${name} ${micros}`)
    .sort();
  const accounts = [...state.accounts.values()]
    .map(({ account, n, prev, wallets, credit }) => {
      const held = [...wallets].map(([wallet, micros]) => `${wallet} ${micros}`).sort();
      const owed = JSON.stringify(creditLines(credit.wallets));
      return `${account} ${n} ${prev} ${held.join()} ${owed}`;
    })
    .sort();
  return { books, accounts };
}

/** What a refused act must leave as it is; quicker to make than `moneyOf`, and only for one run of a process. */
export function trace(state: SiteState): string {
  let text = String(state.size);
  for (const { micros } of state.books.values()) if (micros !== 0n) text += `,${micros}`;
  for (const { n, prev, wallets } of state.accounts.values()) {
    text += `;${n} ${prev}`;
    for (const micros of wallets.values()) text += `,${micros}`;
  }
  return text;
}

/** Every way in which the books do not hold; empty where they do. */
export function brokenRules(state: SiteState): string[] {
  const broken: string[] = [];
  const all = [...state.books.values()];
  const sum = all.reduce((total, { micros }) => total + micros, 0n);
  if (sum !== 0n) broken.push(`all books together are ${sum}`);
  const prepaid = new Map(
    all
      .filter(({ name }) => name.startsWith('prepaid:'))
      .map(({ name, micros }) => [name, -micros]),
  );
  let pool = 0n;
  for (const { account, wallets } of state.accounts.values()) {
    if (account === SITE_ACCOUNT && wallets.size > 0) broken.push('the site has wallets');
    for (const [wallet, micros] of wallets) {
      const book = `prepaid:${account}:${wallet}`;
      if ((prepaid.get(book) ?? 0n) !== micros) broken.push(`${book} is not what the wallet holds`);
      prepaid.delete(book);
      pool += micros;
    }
  }
  for (const [book, micros] of prepaid) if (micros !== 0n) broken.push(`${book} has no wallet`);
  broken.push(...brokenTerms(state));
  const owed = all
    .filter(({ name }) => name.startsWith('prepaid:'))
    .reduce((total, { micros }) => total - micros, 0n);
  if (owed !== pool) broken.push(`wallets hold ${pool}, the books owe ${owed}`);
  return broken;
}

/** What is owed under terms stands in its books, never below zero, and no week takes more than was agreed. */
function brokenTerms(state: SiteState): string[] {
  const broken: string[] = [];
  const owed = new Set<string>();
  for (const { account, deposits } of state.accounts.values()) {
    for (const [deposit, { left }] of deposits.held) {
      const name = `deposit:${account}:${deposit}`;
      const posted = -(state.books.get(name)?.micros ?? 0n);
      if (posted !== left || left < 0n) broken.push(`${name} holds ${posted}, not ${left}`);
    }
  }
  for (const { account, credit } of state.accounts.values()) {
    for (const [wallet, { debt, lent }] of credit.wallets) {
      const books = { debt, emergency: lent };
      for (const [book, micros] of Object.entries(books)) {
        const name = `${book}:${account}:${wallet}`;
        owed.add(name);
        const posted = state.books.get(name)?.micros ?? 0n;
        if (posted !== micros || micros < 0n) broken.push(`${name} is ${posted}, not ${micros}`);
      }
    }
  }
  for (const { name, micros } of state.books.values()) {
    if (!/^(debt|emergency):/.test(name) || owed.has(name) || micros === 0n) continue;
    broken.push(`${name} has no terms`);
  }
  return broken;
}

/** What came in by providers, by what their payments say. */
export function transitOf(state: SiteState): bigint {
  return [...state.books.values()]
    .filter(({ name }) => name.startsWith('transit:'))
    .reduce((total, { micros }) => total + micros, 0n);
}

export function micros(amount: string): bigint {
  return parseMicros(amount);
}
