import { createHash } from 'node:crypto';
import { Refusal } from '../../ledger/core/refusal.ts';
import type { PersonalData } from '../../ledger/registry/personal-data.ts';
import type { Mark, RegistryChange, RegistryStore } from '../../ledger/registry/registry-store.ts';
import type { Idempotency } from '../ledger-commands.ts';
import { type Kept, type Kind, keptOf } from './records.ts';

/** What is to be written, and what is told once it is durable. */
export interface Plan<T> {
  readonly changes: readonly RegistryChange[];
  readonly result: T;
}

export interface RegistryParts {
  readonly store: RegistryStore;
  readonly personal: PersonalData;
  readonly nowMs: () => number;
}

/** Every round somebody gets through, so this many at once may change one record. */
const MOST_ROUNDS = 20;
/** Records that one question to the store answers: where others are looked for among them, and at most. */
const AT_ONCE = 500;
const MOST_AT_ONCE = 10_000;

/** Buildings, rooms, tenants and leases of every site by their kinds, and what is personal of tenants. */
export class Registry {
  readonly #store: RegistryStore;
  readonly personal: PersonalData;
  readonly nowMs: () => number;

  constructor({ store, personal, nowMs }: RegistryParts) {
    this.#store = store;
    this.personal = personal;
    this.nowMs = nowMs;
  }

  get now(): string {
    return new Date(this.nowMs()).toISOString();
  }

  async find<T>(site: string, kind: Kind<T>, id: string): Promise<Kept<T> | undefined> {
    const record = await this.#store.find(site, kind.name, id);
    return record && keptOf(kind, record);
  }

  async several<T>(
    site: string,
    kind: Kind<T>,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, Kept<T>>> {
    const found = await this.#store.several(site, kind.name, ids);
    return new Map(found.map((record) => [record.id, keptOf(kind, record)]));
  }

  /**
   * Those that have every mark, in the order of their ids. The first mark is asked of the store, so it
   * should be the one that fewest have; the others are looked for among those.
   */
  async page<T>(
    site: string,
    kind: Kind<T>,
    page: { readonly marks: readonly Mark[]; readonly after?: string | undefined; limit: number },
  ): Promise<Kept<T>[]> {
    const [mark, ...others] = page.marks;
    const found: Kept<T>[] = [];
    const limit = others.length === 0 ? Math.min(page.limit, MOST_AT_ONCE) : AT_ONCE;
    for (let { after } = page; ; ) {
      const records = await this.#store.page(site, kind.name, { mark, after, limit });
      for (const record of records) {
        const kept = keptOf(kind, record);
        if (others.every((other) => hasMark(kind.marks(kept.doc), other))) found.push(kept);
      }
      if (records.length < limit || found.length >= page.limit) return found.slice(0, page.limit);
      after = records.at(-1)?.id;
    }
  }

  /** Every record with a mark, or of the kind. */
  async all<T>(site: string, kind: Kind<T>, mark?: Mark): Promise<Kept<T>[]> {
    const marks = mark === undefined ? [] : [mark];
    return await this.page(site, kind, { marks, limit: Number.MAX_SAFE_INTEGER });
  }

  /**
   * Reads, decides and writes, again where another was faster. `plan` must decide by what it reads
   * itself. Refuses `writer-busy` where others are faster every time.
   */
  async change<T>(site: string, plan: () => Promise<Plan<T>>): Promise<T> {
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const { changes, result } = await plan();
      if (changes.length === 0 || (await this.#store.write(site, changes))) return result;
    }
    throw new Refusal('writer-busy', 'Others change the same at this moment. Try again.');
  }

  /** All of it, or false where something is not as it was read. */
  async write(site: string, changes: readonly RegistryChange[]): Promise<boolean> {
    return changes.length === 0 || (await this.#store.write(site, changes));
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}

/** What is written can be read again: refuses `bad-shape` before anything of the same write is done. */
export function put<T extends object>(
  kind: Kind<T>,
  id: string,
  kept: Kept<T> | undefined,
  doc: T,
): RegistryChange {
  const read = kind.shape.safeParse(doc);
  if (!read.success) {
    const [issue] = read.error.issues;
    const pointer = `/${issue?.path.join('/') ?? ''}`;
    const why = `${pointer} of ${kind.name} ${id} cannot be kept: ${issue?.message}`;
    throw new Refusal('bad-shape', why, { pointer });
  }
  return { kind: kind.name, id, was: kept?.version ?? 0, doc, marks: kind.marks(doc) };
}

export function remove<T>(kind: Kind<T>, { id, version }: Kept<T>): RegistryChange {
  return { kind: kind.name, id, was: version };
}

/** An id that the same request gets again: whoever sends it twice makes one record. */
export function idFor(prefix: string, idempotency: Idempotency | undefined): string {
  const key = `${idempotency?.key ?? ''}\n${idempotency?.request ?? ''}`;
  return `${prefix}-${createHash('sha256').update(key).digest('hex').slice(0, 12)}`;
}

/** Whether two documents say the same, besides who made them and when. */
export function isSame(one: object, other: object): boolean {
  const bare = (doc: object) => {
    return Object.entries(doc)
      .filter(([name, value]) => !MADE.includes(name) && value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
  };
  return JSON.stringify(bare(one)) === JSON.stringify(bare(other));
}

const MADE = ['createdAt', 'by', 'changedAt'];

function hasMark(marks: readonly Mark[], [name, value]: Mark): boolean {
  return marks.some(([mark, of]) => mark === name && of === value);
}
