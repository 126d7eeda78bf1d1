import { getTableName, is } from 'drizzle-orm';
import { getTableConfig as configOf, PgTable } from 'drizzle-orm/pg-core';
import { SQLiteTable, getTableConfig as sqliteConfigOf } from 'drizzle-orm/sqlite-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PostgresServer } from '../../../test/support/postgres-server.ts';
import * as sqliteSchema from '../sqlite/schema.ts';
import { SCHEMA_VERSION } from './migrate.ts';
import { PostgresStore } from './postgres-store.ts';
import * as schema from './schema.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server.stop());

/** What only PostgreSQL has: its own, and what chains and witnesses keep in files where there is no database. */
const OWN = [
  ...['anchor_parts', 'anchors', 'asked_rounds', 'followed_chains', 'log_keys', 'owners'],
  ...['pending_anchors', 'schema_version', 'witnessed_last', 'witnessed_notes', 'writers'],
];
/** How a type of one dialect is written in the other. */
const TYPES: Readonly<Record<string, string>> = {
  ...{ text: 'text', integer: 'bigint', blob: 'bytea' },
};

interface Drawn {
  readonly name: string;
  readonly columns: readonly object[];
  readonly key: readonly string[];
  readonly indexes: readonly object[];
}

it('makes exactly the tables, columns, keys and indexes of the schema, compared by bytes', () => {
  const url = server.makeDatabase();
  new PostgresStore({ url }).close();
  const made = server
    .query(
      `SELECT t.table_name AS name,
         (SELECT json_agg(json_build_object('column', column_name, 'type', data_type,
            'required', is_nullable = 'NO', 'bytewise',
            data_type <> 'text' OR collation_name = 'C') ORDER BY ordinal_position)
          FROM information_schema.columns c
          WHERE c.table_schema = t.table_schema AND c.table_name = t.table_name)::text AS columns,
         (SELECT json_agg(a.attname ORDER BY k.n) FROM pg_index i
          CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k (attnum, n)
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
          WHERE i.indrelid = t.table_name::regclass AND i.indisprimary)::text AS key,
         (SELECT coalesce(json_agg(json_build_object('index', x.relname, 'columns',
            (SELECT json_agg(a.attname ORDER BY k.n)
             FROM unnest(i.indkey) WITH ORDINALITY k (attnum, n)
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum))
            ORDER BY x.relname), '[]')
          FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
          WHERE i.indrelid = t.table_name::regclass AND NOT i.indisunique)::text AS indexes
       FROM information_schema.tables t WHERE t.table_schema = current_schema()
       ORDER BY t.table_name COLLATE "C"`,
      url,
    )
    .map(({ name, columns, key, indexes }) => ({
      name,
      columns: JSON.parse(String(columns)),
      key: JSON.parse(String(key)),
      indexes: JSON.parse(String(indexes)),
    }));
  expect(made).toEqual(postgresTables());
});

it('has the tables of the SQLite store, column by column, and only the named ones beside them', () => {
  const own = postgresTables().filter(({ name }) => OWN.includes(name));
  expect(own.map(({ name }) => name)).toEqual(OWN);
  const common = postgresTables().filter(({ name }) => !OWN.includes(name));
  expect(common).toEqual(sqliteTables());
});

it('leaves a database of this version as it is, and refuses one of a later', () => {
  const url = server.makeDatabase();
  new PostgresStore({ url }).close();
  new PostgresStore({ url }).close();
  expect(server.query('SELECT max(version) AS version FROM schema_version', url)).toEqual([
    { version: SCHEMA_VERSION },
  ]);
  server.query(`INSERT INTO schema_version VALUES (${SCHEMA_VERSION + 1})`, url);
  expect(() => new PostgresStore({ url })).toThrow(
    expect.objectContaining({
      code: 'schema-newer',
      params: { found: SCHEMA_VERSION + 1, expected: SCHEMA_VERSION },
    }),
  );
});

function postgresTables(): Drawn[] {
  return Object.values(schema)
    .flatMap((table) => (is(table, PgTable) ? [table] : []))
    .map((table) => {
      const { columns, primaryKeys, indexes } = configOf(table);
      const key = primaryKeys[0]?.columns ?? columns.filter(({ primary }) => primary);
      return {
        name: getTableName(table),
        columns: columns.map((column) => ({
          ...{ column: column.name, type: column.getSQLType(), required: column.notNull },
          bytewise: true,
        })),
        key: key.map(({ name }) => name),
        indexes: indexes.map(({ config }) => ({
          index: config.name,
          columns: config.columns.map((column) => ('name' in column ? column.name : 'expression')),
        })),
      };
    })
    .sort(byName);
}

function sqliteTables(): Drawn[] {
  return Object.values(sqliteSchema)
    .flatMap((table) => (is(table, SQLiteTable) ? [table] : []))
    .map((table) => {
      const { columns, primaryKeys, indexes } = sqliteConfigOf(table);
      const key = primaryKeys[0]?.columns ?? columns.filter(({ primary }) => primary);
      return {
        name: getTableName(table),
        columns: columns.map((column) => ({
          ...{ column: column.name, type: TYPES[column.getSQLType()], required: column.notNull },
          bytewise: true,
        })),
        key: key.map(({ name }) => name),
        indexes: indexes.map(({ config }) => ({
          index: config.name,
          columns: config.columns.map((column) => ('name' in column ? column.name : 'expression')),
        })),
      };
    })
    .sort(byName);
}

function byName(a: Drawn, b: Drawn): number {
  return a.name < b.name ? -1 : 1;
}
