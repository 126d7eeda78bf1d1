import { rmSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiLog } from '../api/log.ts';
import { type Service, serve } from '../api/serve.ts';
import { configForTests } from '../api/test/open-api-for-tests.ts';
import { concat, hex } from '../ledger/core/bytes.ts';
import { parseCheckpoint, verifyCheckpoint } from '../ledger/core/checkpoint.ts';
import { CompactRange } from '../ledger/core/compact-range.ts';
import { leafHash } from '../ledger/core/merkle.ts';
import { parseVerifierKey } from '../ledger/core/signed-note.ts';
import { decodeEntries, entriesPath, tilePath, tileWidth } from '../ledger/core/tiles.ts';
import { SampleLedger, SITE } from './support/sample-ledger.ts';

describe('the log over HTTP', () => {
  const IMMUTABLE = 'public, max-age=31536000, immutable';
  const BINARY = 'application/octet-stream';
  let sample: SampleLedger;
  let service: Service;
  let size = 0;

  beforeAll(async () => {
    sample = await SampleLedger.make();
    const { ledger } = sample;
    const log = apiLog('silent', { write: () => undefined });
    service = await serve({ config: configForTests(sample.dir), ledger, log });
    const meters = ['m1', 'm2', 'm3'];
    for (const meter of meters) await sample.account(`a-${meter}`, meter);
    await ledger.setClock(Date.parse('2026-08-05T00:00:00.000Z'));
    await sample.readings(meters, '2026-07-31T16:00:00.000Z', 200);
    while (size < 600) {
      await sleep(20);
      const note = await ledger.checkpoint(SITE);
      size = note === undefined ? 0 : parseCheckpoint(note).size;
    }
  });
  afterAll(async () => {
    await service.stop();
    rmSync(sample.dir, { recursive: true });
  });

  it('is what a client needs that knows the address and the key only', async () => {
    const vkey = sample.ledger.sites()[0]?.vkey ?? '';
    const signed = parseCheckpoint((await get('checkpoint')).bytes.toString('utf8'));
    expect(verifyCheckpoint(signed, parseVerifierKey(vkey))).toEqual({ ok: true });
    const range = new CompactRange();
    for (let index = 0; index * 256 < signed.size; index += 1) {
      const width = tileWidth(0, index, signed.size);
      const entries = decodeEntries((await get(entriesPath(index, width))).bytes, width);
      const hashes = entries.map((entry) => leafHash(entry));
      expect(hex((await get(tilePath(0, index, width))).bytes)).toBe(hex(concat(...hashes)));
      for (const hash of hashes) range.append(hash);
    }
    expect(hex(range.root())).toBe(hex(signed.root));
  });

  it('answers with type, length and time to keep, to HEAD as to GET', async () => {
    for (const [path, bytes, type, keep] of [
      ['checkpoint', undefined, 'text/plain; charset=utf-8', 'no-cache'],
      ['tile/0/000', 8192, BINARY, IMMUTABLE],
      ['tile/0/000.p/17', 544, BINARY, IMMUTABLE],
      ['tile/1/000.p/2', 64, BINARY, IMMUTABLE],
      ['tile/entries/000', 8704, BINARY, IMMUTABLE],
      ['tile/entries/001.p/255', 8670, BINARY, IMMUTABLE],
    ] as const) {
      const full = await get(path);
      const head = await get(path, 'HEAD');
      const length = bytes ?? full.bytes.length;
      for (const answer of [full, head]) {
        expect([path, answer.status, answer.type, answer.length, answer.keep]).toEqual([
          ...[path, 200, type, String(length), keep],
        ]);
      }
      expect([full.bytes.length, head.bytes.length]).toEqual([length, 0]);
    }
  });

  it('has no tile at another width, level or spelling, and lets nobody remember that', async () => {
    const last = Math.floor(size / 256);
    const absent = [
      ...[tilePath(0, last), tilePath(0, last, (size % 256) + 1), tilePath(0, last + 1, 1)],
      ...[entriesPath(last), entriesPath(last, (size % 256) + 1), 'tile/1/000', 'tile/2/000.p/1'],
      ...['tile/1/000.p/3', 'tile/63/000.p/1', 'tile/64/000.p/1', 'tile/00/000', 'tile/-1/000'],
      ...['tile/0/0', 'tile/0/00', 'tile/0/0000', 'tile/0/x000/000', 'tile/0/X001/000'],
      ...['tile/0/000.p/0', 'tile/0/000.p/017', 'tile/0/000.p/256', 'tile/0/000.p/', 'tile/0/000/'],
      ...['tile/0/000.P/17', 'tile/ENTRIES/000', 'tile/data/000', 'tile/8/0/000', 'tile/0%2f000'],
      ...['tile/0/000%00', 'tile/0/..%2f..%2fcheckpoint', 'tile/0/x999/x999/x999/x999/x999/999'],
      ...['tile/0/%zz', 'tile/0/', 'tile/', 'checkpoint/', 'Checkpoint', '', '/checkpoint'],
    ];
    for (const path of absent) {
      const answer = await get(path);
      expect([path, answer.status, answer.keep]).toEqual([path, 404, 'no-store']);
    }
  });

  it('answers an address that differs in needless escapes and dots alone as the one it is', async () => {
    const tile = (await get('tile/0/000.p/17')).bytes;
    for (const path of ['tile/0/%30%30%30.p/17', 'tile/0/000%2ep/17', 'tile/0/../0/000.p/17']) {
      const answer = await get(path);
      expect([path, answer.status, hex(answer.bytes)]).toEqual([path, 200, hex(tile)]);
    }
  });

  /** As the path stands: no client in between makes it regular. */
  async function get(path: string, method = 'GET') {
    return await new Promise<Served>((resolve, reject) => {
      const address = { host: '127.0.0.1', port: service.port, path: `/log/${SITE}/${path}` };
      const sent = request({ ...address, method }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          const { 'content-type': type, 'content-length': length } = answer.headers;
          const keep = answer.headers['cache-control'];
          const bytes = Buffer.concat(chunks);
          resolve({ ...{ type, length, keep, bytes }, status: answer.statusCode ?? 0 });
        });
      });
      sent.on('error', reject);
      sent.end();
    });
  }
});

interface Served {
  readonly status: number;
  readonly type: string | undefined;
  readonly length: string | undefined;
  readonly keep: string | undefined;
  readonly bytes: Buffer;
}
