import type { SqlRow, Statement } from '../store/postgres/bridge-messages.ts';
import { bytesIn, numberIn, textIn } from '../store/postgres/columns.ts';
import { OwnTables } from '../store/postgres/own-tables.ts';
import type { PostgresOptions } from '../store/postgres/postgres-reader.ts';
import { byteaArray, int8Array, textArray } from '../store/postgres/sql-arrays.ts';
import type {
  RegistryChange,
  RegistryPage,
  RegistryRecord,
  RegistryStore,
  SubjectKey,
} from './registry-store.ts';

const C = 'text COLLATE "C" NOT NULL';
const TABLES = [
  `CREATE TABLE IF NOT EXISTS registry_records (site ${C}, kind ${C}, id ${C}, version bigint NOT NULL,
    doc ${C}, PRIMARY KEY (site, kind, id))`,
  `CREATE TABLE IF NOT EXISTS registry_marks (site ${C}, kind ${C}, mark ${C}, value ${C}, id ${C},
    PRIMARY KEY (site, kind, mark, value, id))`,
  'CREATE INDEX IF NOT EXISTS registry_marked ON registry_marks (site, kind, id)',
  `CREATE TABLE IF NOT EXISTS registry_keys (site ${C}, subject ${C}, wrapped bytea NOT NULL,
    PRIMARY KEY (site, subject))`,
];
/** Of this store, so that two processes that start at once do not make the tables at once. */
const MAKING = 0x72656769;
const OWN = 'r.site = $1 AND r.kind = $2';
const SELECT = `SELECT r.id, r.version, r.doc FROM registry_records r WHERE ${OWN}`;

/** In tables of its own in the ledger's database, for all machines. */
export class PostgresRegistryStore implements RegistryStore {
  readonly #tables: OwnTables;

  constructor(options: PostgresOptions) {
    this.#tables = new OwnTables(options, MAKING, TABLES);
  }

  async find(site: string, kind: string, id: string): Promise<RegistryRecord | undefined> {
    const [row] = await this.#tables.rows(`${SELECT} AND r.id = $3`, site, kind, id);
    return row && recordIn(row);
  }

  async several(site: string, kind: string, ids: readonly string[]): Promise<RegistryRecord[]> {
    const where = 'AND r.id = ANY ($3::text[])';
    return (await this.#tables.rows(`${SELECT} ${where}`, site, kind, textArray(ids))).map(
      recordIn,
    );
  }

  async page(site: string, kind: string, page: RegistryPage): Promise<RegistryRecord[]> {
    const { mark, after = '', limit } = page;
    if (mark === undefined) {
      const where = 'AND r.id > $3 ORDER BY r.id LIMIT $4';
      return (await this.#tables.rows(`${SELECT} ${where}`, site, kind, after, limit)).map(
        recordIn,
      );
    }
    const marked = `SELECT r.id, r.version, r.doc FROM registry_marks m
      JOIN registry_records r ON r.site = m.site AND r.kind = m.kind AND r.id = m.id
      WHERE m.site = $1 AND m.kind = $2 AND m.mark = $3 AND m.value = $4 AND m.id > $5
      ORDER BY m.id LIMIT $6`;
    return (await this.#tables.rows(marked, site, kind, ...mark, after, limit)).map(recordIn);
  }

  async write(site: string, changes: readonly RegistryChange[]): Promise<boolean> {
    // One writer at a time: the statement after the lock sees all that was committed before.
    const lock = { text: 'LOCK TABLE registry_records IN SHARE ROW EXCLUSIVE MODE' };
    const [, [row] = []] = await this.#tables.write([lock, allOrNothing(site, changes)]);
    return row !== undefined && row['done'] === true;
  }

  async keepKeys(site: string, keys: readonly SubjectKey[]): Promise<SubjectKey[]> {
    const text = `INSERT INTO registry_keys SELECT $1, * FROM unnest($2::text[], $3::bytea[])
      ON CONFLICT DO NOTHING`;
    const subjects = keys.map(({ subject }) => subject);
    const wrapped = byteaArray(keys.map((key) => key.wrapped));
    await this.#tables.write([{ text, values: [site, textArray(subjects), wrapped] }]);
    return await this.keys(site, subjects);
  }

  async keys(site: string, subjects: readonly string[]): Promise<SubjectKey[]> {
    const text = `SELECT subject, wrapped FROM registry_keys
      WHERE site = $1 AND subject = ANY ($2::text[]) AND wrapped <> ''`;
    const rows = await this.#tables.rows(text, site, textArray(subjects));
    return rows.map((row) => ({
      subject: textIn(row, 'subject'),
      wrapped: bytesIn(row, 'wrapped'),
    }));
  }

  /** The table is small, so all of it is written again: what was deleted is in none of its files. */
  async eraseKey(site: string, subject: string): Promise<boolean> {
    const text = `UPDATE registry_keys SET wrapped = ''
      WHERE site = $1 AND subject = $2 AND wrapped <> '' RETURNING subject`;
    const [rows = []] = await this.#tables.write([{ text, values: [site, subject] }]);
    await this.#tables.rows('VACUUM FULL registry_keys');
    return rows.length > 0;
  }

  async close(): Promise<void> {
    await this.#tables.close();
  }
}

/**
 * One statement that compares every version and then changes all, or nothing. Marks that stay are left
 * where they are, since one statement may not delete and insert the same row.
 */
function allOrNothing(site: string, changes: readonly RegistryChange[]): Statement {
  const marks = changes.flatMap(({ kind, id, doc, marks: all = [] }) => {
    return doc === undefined ? [] : all.map(([mark, value]) => [kind, mark, value, id] as const);
  });
  const column = (at: 0 | 1 | 2 | 3) => textArray(marks.map((mark) => mark[at]));
  const docs = changes.map(({ doc }) => (doc === undefined ? '' : JSON.stringify(doc)));
  return {
    text: WRITE,
    values: [
      site,
      textArray(changes.map(({ kind }) => kind)),
      textArray(changes.map(({ id }) => id)),
      int8Array(changes.map(({ was }) => was)),
      textArray(docs),
      ...[column(0), column(1), column(2), column(3)],
    ],
  };
}

const WRITE = `WITH given AS (SELECT * FROM
    unnest($2::text[], $3::text[], $4::int8[], $5::text[]) AS g (kind, id, was, doc)),
  marked AS (SELECT DISTINCT * FROM
    unnest($6::text[], $7::text[], $8::text[], $9::text[]) AS m (kind, mark, value, id)),
  verdict AS (SELECT NOT EXISTS (SELECT FROM given g LEFT JOIN registry_records r
    ON r.site = $1 AND r.kind = g.kind AND r.id = g.id WHERE coalesce(r.version, 0) <> g.was) AS done),
  gone AS (DELETE FROM registry_records r USING given g, verdict
    WHERE done AND g.doc = '' AND r.site = $1 AND r.kind = g.kind AND r.id = g.id),
  unmarked AS (DELETE FROM registry_marks r USING given g, verdict
    WHERE done AND r.site = $1 AND r.kind = g.kind AND r.id = g.id AND NOT EXISTS (SELECT FROM marked m
      WHERE m.kind = r.kind AND m.mark = r.mark AND m.value = r.value AND m.id = r.id)),
  newly AS (INSERT INTO registry_marks SELECT $1, m.kind, m.mark, m.value, m.id
    FROM marked m, verdict WHERE done ON CONFLICT DO NOTHING),
  put AS (INSERT INTO registry_records SELECT $1, kind, id, was + 1, doc FROM given, verdict
    WHERE done AND doc <> ''
    ON CONFLICT (site, kind, id) DO UPDATE SET version = excluded.version, doc = excluded.doc)
  SELECT done FROM verdict`;

function recordIn(row: SqlRow): RegistryRecord {
  const doc: unknown = JSON.parse(textIn(row, 'doc'));
  return { id: textIn(row, 'id'), version: numberIn(row, 'version'), doc };
}
