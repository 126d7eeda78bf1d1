import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { FAULTS, FaultyProxy } from '../../../test/support/faulty-proxy.ts';
import { PostgresServer } from '../../../test/support/postgres-server.ts';
import { StoreUnavailable } from '../store-errors.ts';
import { OwnBytes, PostgresBridge, SqlError } from './bridge.ts';
import { PostgresReader } from './postgres-reader.ts';
import { byteaArray, int8Array, textArray } from './sql-arrays.ts';

let server: PostgresServer;
let url: string;
beforeAll(async () => {
  server = await PostgresServer.start();
  url = server.makeDatabase();
});
afterAll(() => server.stop());

function connected(to = url, deadlineMs = 2_000): PostgresBridge {
  const bridge = new PostgresBridge(to, deadlineMs);
  onTestFinished(() => bridge.close());
  bridge.connect();
  return bridge;
}

function failureOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    if (error instanceof SqlError) return { kind: error.kind, code: error.code };
    throw error;
  }
  return undefined;
}

describe('values', () => {
  it('come back as they went, bytes and arrays as well', () => {
    const bridge = connected();
    const large = randomBytes(3_000_000);
    const [result] = bridge.run('bare', [
      {
        text: `SELECT $1::bytea AS large, $2::int8 AS number, $3::text AS text, NULL::text AS none,
          true AS yes, $4::int8[] = '{1,-2,9007199254740991}' AS numbers,
          $5::text[] = ARRAY['', 'Größe 電', '"'] AS texts,
          $6::bytea[] = ARRAY[''::bytea, '\\x00ff'] AS bytes`,
        values: [
          ...[large, Number.MAX_SAFE_INTEGER, 'Größe 電\n', int8Array([1, -2, 2 ** 53 - 1])],
          ...[textArray(['', 'Größe 電', '"']), byteaArray([Buffer.of(), Buffer.of(0, 255)])],
        ],
      },
    ]);
    const row = result?.rows[0];
    expect(row?.['large'] instanceof Uint8Array && large.equals(row['large'])).toBe(true);
    expect({ ...row, large: undefined }).toEqual({
      ...{ large: undefined, number: Number.MAX_SAFE_INTEGER, text: 'Größe 電\n', none: null },
      ...{ yes: true, numbers: true, texts: true, bytes: true },
    });
  });

  it('that were made for the request are handed over, others stay', () => {
    const bridge = connected();
    const kept = Buffer.from('kept');
    const own = new OwnBytes(4);
    bridge.run('bare', [{ text: 'SELECT $1::bytea, $2::bytea', values: [kept, own] }]);
    expect(kept.toString()).toBe('kept');
    expect(own.byteLength).toBe(0);
  });
});

describe('a transaction', () => {
  it('is taken back when one statement fails or does not affect what it had to', () => {
    const bridge = connected();
    const insert = { text: 'INSERT INTO t VALUES ($1)' };
    bridge.run('bare', [{ text: 'CREATE TABLE t (n int8 PRIMARY KEY)' }]);
    bridge.run('write', [{ ...insert, values: [1] }]);
    const attempts = [
      [
        { ...insert, values: [2] },
        { ...insert, values: [1] },
      ],
      [
        { ...insert, values: [2] },
        { text: 'UPDATE t SET n = 9 WHERE n = 8', affects: 1 },
      ],
      [{ ...insert, values: [2] }, { text: 'no statement' }],
    ];
    expect(attempts.map((it) => failureOf(() => bridge.run('write', it)))).toEqual([
      { kind: 'refused', code: '23505' },
      { kind: 'unaffected', code: '' },
      { kind: 'refused', code: '42601' },
    ]);
    const [rest] = bridge.run('snapshot', [{ text: 'SELECT n FROM t' }]);
    expect(rest).toEqual({ rows: [{ n: 1 }], count: 1 });
  });
});

describe('waiting', () => {
  it('ends by the deadline, whatever the server and the way to it do', async () => {
    const proxy = await FaultyProxy.start(url);
    onTestFinished(() => proxy.stop());
    const bridge = connected(proxy.url, 500);
    expect(failureOf(() => bridge.run('bare', [{ text: 'SELECT pg_sleep(60)' }]))).toEqual({
      ...{ kind: 'refused', code: '57014' },
    });
    proxy.next(FAULTS.hang);
    const begun = performance.now();
    expect(failureOf(() => bridge.run('write', [{ text: 'SELECT 1' }]))).toEqual({
      ...{ kind: 'lost', code: '' },
    });
    expect(performance.now() - begun).toBeLessThan(20_000);
    expect(bridge.connected).toBe(false);
    expect(failureOf(() => bridge.run('bare', [{ text: 'SELECT 1' }]))).toMatchObject({
      kind: 'lost',
    });
    bridge.connect();
    expect(bridge.run('bare', [{ text: 'SELECT 1 AS one' }])).toEqual([
      { rows: [{ one: 1 }], count: 1 },
    ]);
  });

  it('ends when the thread dies, and a new thread takes its place', () => {
    const program = new URL('../../../test/support/mortal-bridge-thread.ts', import.meta.url);
    const bridge = new PostgresBridge(url, 60_000, program);
    onTestFinished(() => bridge.close());
    bridge.connect();
    const begun = performance.now();
    expect(failureOf(() => bridge.run('bare', [{ text: 'die' }]))).toMatchObject({ kind: 'lost' });
    expect(performance.now() - begun).toBeLessThan(30_000);
    bridge.connect();
    expect(bridge.run('bare', [{ text: 'SELECT 1 AS one' }])[0]?.rows).toEqual([{ one: 1 }]);
  });

  it('is over at once after close, as often as that is called', () => {
    const bridge = connected();
    bridge.close();
    bridge.close();
    expect(failureOf(() => bridge.run('bare', []))).toMatchObject({ kind: 'lost' });
  });
});

describe('what is told of a failure', () => {
  it('names no password, whether it is wrong, the place is, or the URL', () => {
    const wrong = new URL(url);
    wrong.password = 'sesame-sesame';
    const nowhere = new URL(wrong);
    nowhere.port = '1';
    const attempts = [wrong.href, nowhere.href, 'postgres://tests:sesame-sesame@[::bad/db'];
    for (const attempt of attempts) {
      let told: unknown;
      try {
        new PostgresReader({ url: attempt, deadlineMs: 400 });
      } catch (error) {
        told = error;
      }
      const isUrl = attempt.includes('[');
      expect(told).toBeInstanceOf(isUrl ? Error : StoreUnavailable);
      const texts = [told, told instanceof Error ? told.cause : undefined].map((it) =>
        it instanceof Error ? `${it.stack} ${JSON.stringify(it)}` : '',
      );
      expect(texts.join(' ')).not.toContain('sesame');
    }
  });
});
