import type { AccessChange, AccessPage, AccessStore } from '../../ledger/access/access-store.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import type { TokenKey } from '../tokens.ts';
import { NameGuard } from './name-guard.ts';
import { type Kept, type Kind, keptOf } from './records.ts';
import { SecretKeeper } from './secrets.ts';

/** What is to be written, and what is told once it is durable. */
export interface Plan<T> {
  readonly changes: readonly AccessChange[];
  readonly result: T;
}

export interface AccessParts {
  readonly store: AccessStore;
  readonly tokenKey: TokenKey;
  readonly nowMs: () => number;
}

/** Records of access by their kinds, and the keys and the clock that work on them needs. */
export class Access {
  readonly #store: AccessStore;
  readonly tokenKey: TokenKey;
  readonly keeper: SecretKeeper;
  readonly guard: NameGuard;
  readonly nowMs: () => number;

  constructor({ store, tokenKey, nowMs }: AccessParts) {
    this.#store = store;
    this.tokenKey = tokenKey;
    this.nowMs = nowMs;
    this.keeper = new SecretKeeper(tokenKey);
    this.guard = new NameGuard(nowMs);
  }

  async find<T>(kind: Kind<T>, id: string): Promise<Kept<T> | undefined> {
    const record = await this.#store.find(kind.name, id);
    return record && keptOf(kind, record);
  }

  async page<T>(kind: Kind<T>, page: AccessPage): Promise<Kept<T>[]> {
    return (await this.#store.page(kind.name, page)).map((record) => keptOf(kind, record));
  }

  /** As `page`, of those that fit. */
  async filtered<T>(
    kind: Kind<T>,
    { after, limit, ...page }: Omit<AccessPage, 'after'> & { readonly after: string | undefined },
    fits: (doc: T) => boolean,
  ): Promise<Kept<T>[]> {
    const found: Kept<T>[] = [];
    for (let last = after; found.length < limit; ) {
      const from = last === undefined ? {} : { after: last };
      const kept = await this.page(kind, { ...page, ...from, limit: READ_AT_ONCE });
      found.push(...kept.filter(({ doc }) => fits(doc)));
      last = kept.at(-1)?.id;
      if (kept.length < READ_AT_ONCE) break;
    }
    return found.slice(0, limit);
  }

  /**
   * Reads, decides and writes, again where another was faster. `plan` must decide by what it reads
   * itself. Refuses `writer-busy` where others are faster every time.
   */
  async change<T>(plan: () => Promise<Plan<T>>): Promise<T> {
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const { changes, result } = await plan();
      if (changes.length === 0 || (await this.#store.write(changes))) return result;
    }
    throw new Refusal('writer-busy', 'Others change the same at this moment. Try again.');
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}

const READ_AT_ONCE = 200;

/** Every round somebody gets through, so this many at once may change one record. */
const MOST_ROUNDS = 20;

export function put<T extends object>(
  kind: Kind<T>,
  id: string,
  kept: Kept<T> | undefined,
  doc: T,
): AccessChange {
  return { kind: kind.name, id, was: kept?.version ?? 0, doc };
}

export function remove<T>(kind: Kind<T>, { id, version }: Kept<T>): AccessChange {
  return { kind: kind.name, id, was: version };
}
