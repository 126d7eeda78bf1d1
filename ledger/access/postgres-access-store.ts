import type { SqlRow, SqlValue, Statement } from '../store/postgres/bridge-messages.ts';
import { numberIn, textIn } from '../store/postgres/columns.ts';
import { OwnTables } from '../store/postgres/own-tables.ts';
import type { PostgresOptions } from '../store/postgres/postgres-reader.ts';
import type { AccessChange, AccessPage, AccessRecord, AccessStore } from './access-store.ts';

const TABLE = `CREATE TABLE IF NOT EXISTS access_records (kind text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL, version bigint NOT NULL, doc text COLLATE "C" NOT NULL,
  PRIMARY KEY (kind, id))`;
/** Of this store, so that two processes that start at once do not make the table at once. */
const MAKING = 0x61636373;
const SELECT = 'SELECT id, version, doc FROM access_records WHERE kind = $1';

/** In a table of its own in the ledger's database, for all machines. */
export class PostgresAccessStore implements AccessStore {
  readonly #tables: OwnTables;

  constructor(options: PostgresOptions) {
    this.#tables = new OwnTables(options, MAKING, [TABLE]);
  }

  async find(kind: string, id: string): Promise<AccessRecord | undefined> {
    const [row] = await this.#tables.rows(`${SELECT} AND id = $2`, kind, id);
    return row && recordIn(row);
  }

  async page(kind: string, page: AccessPage): Promise<AccessRecord[]> {
    const { prefix = '', after = '', limit } = page;
    const where = 'AND id > $2 AND id >= $3 AND starts_with(id, $3) ORDER BY id LIMIT $4';
    return (await this.#tables.rows(`${SELECT} ${where}`, kind, after, prefix, limit)).map(
      recordIn,
    );
  }

  async write(changes: readonly AccessChange[]): Promise<boolean> {
    // One writer at a time: the statement after the lock sees all that was committed before.
    const lock = { text: 'LOCK TABLE access_records IN SHARE ROW EXCLUSIVE MODE' };
    const [, [row] = []] = await this.#tables.write([lock, allOrNothing(changes)]);
    return row !== undefined && row['done'] === true;
  }

  async kinds(): Promise<string[]> {
    const rows = await this.#tables.rows('SELECT DISTINCT kind FROM access_records ORDER BY kind');
    return rows.map((row) => textIn(row, 'kind'));
  }

  async close(): Promise<void> {
    await this.#tables.close();
  }
}

/** One statement that compares every version and then changes all, or nothing. */
function allOrNothing(changes: readonly AccessChange[]): Statement {
  const values: SqlValue[] = [];
  const rows = changes.map(({ kind, id, was, doc }) => {
    const at = values.length;
    values.push(kind, id, was, doc === undefined ? null : JSON.stringify(doc));
    return `($${at + 1}::text, $${at + 2}::text, $${at + 3}::bigint, $${at + 4}::text)`;
  });
  const text = `WITH given (kind, id, was, doc) AS (VALUES ${rows.join(', ')}),
    verdict AS (SELECT NOT EXISTS (SELECT FROM given g LEFT JOIN access_records r
      ON r.kind = g.kind AND r.id = g.id WHERE coalesce(r.version, 0) <> g.was) AS done),
    gone AS (DELETE FROM access_records r USING given g, verdict
      WHERE done AND g.doc IS NULL AND r.kind = g.kind AND r.id = g.id),
    put AS (INSERT INTO access_records SELECT kind, id, was + 1, doc FROM given, verdict
      WHERE done AND doc IS NOT NULL
      ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version, doc = excluded.doc)
    SELECT done FROM verdict`;
  return { text, values };
}

function recordIn(row: SqlRow): AccessRecord {
  const doc: unknown = JSON.parse(textIn(row, 'doc'));
  return { id: textIn(row, 'id'), version: numberIn(row, 'version'), doc };
}
