import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseVerifierKey } from '../../ledger/core/signed-note.ts';
import { type OpenWitness, openWitness } from '../../ledger/witness/open-witness.ts';
import { History, LOG_VKEY, ORIGIN } from '../../test/witness/branching-log.ts';
import type { RunningServer } from '../http-server.ts';
import { apiLog } from '../log.ts';
import { serveWitness } from './witness-server.ts';

const NINE = new History().grown(9);
const HASH = createHash('sha256').update(ORIGIN).digest('hex');

describe('the server of a witness', () => {
  let folder = '';
  let opened: OpenWitness;
  let server: RunningServer;
  const lines: string[] = [];

  async function start(limit?: { perSecond: number; burst: number }): Promise<void> {
    const logs = [parseVerifierKey(LOG_VKEY)];
    opened = openWitness({ dataDir: folder, name: 'witness.example/w1', logs });
    const log = apiLog('info', { write: (line: string) => void lines.push(line) });
    const { witness } = opened;
    const place = { host: '127.0.0.1', port: 0 };
    server = await serveWitness({ witness, ...place, log, ...(limit && { limit }) });
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'billproof-witness-server-'));
  });
  afterEach(async () => {
    await server.stop();
    opened.close();
    rmSync(folder, { recursive: true });
  });

  const ask = async (method: string, path: string, body?: string) => {
    const url = `http://127.0.0.1:${server.port}${path}`;
    return await fetch(url, { method, ...(body === undefined ? {} : { body }) });
  };

  it('shows monitors what it cosigned, as it answered, with the signature of the log', async () => {
    await start();
    expect((await ask('GET', `/${HASH}/checkpoint`)).status).toBe(404);
    const cosignature = await (await ask('POST', '/add-checkpoint', NINE.submission(0))).text();
    const shown = await ask('GET', `/${HASH}/checkpoint`);
    expect([shown.status, await shown.text()]).toEqual([200, NINE.checkpoint() + cosignature]);
    expect((await ask('HEAD', `/${HASH}/checkpoint`)).status).toBe(200);
    expect((await ask('GET', `/${HASH.toUpperCase()}/checkpoint`)).status).toBe(404);
    expect((await ask('GET', `/${'0'.repeat(64)}/checkpoint`)).status).toBe(404);
  });

  it('takes add-checkpoint by POST alone, at its own path', async () => {
    await start();
    const got = await ask('GET', '/add-checkpoint');
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
    for (const path of ['/', '/add-checkpoint/', '/add-checkpoint?x=1', '/w1/add-checkpoint']) {
      expect((await ask('POST', path, NINE.submission(0))).status).toBe(404);
    }
    const deleted = await ask('DELETE', `/${HASH}/checkpoint`);
    expect([deleted.status, deleted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('bounds bodies, told or not, and goes on', async () => {
    await start();
    const told = await ask('POST', '/add-checkpoint', 'x'.repeat(192 * 1024 + 1));
    expect(told.status).toBe(413);
    const status = await new Promise<string>((resolve, reject) => {
      const socket = connect(server.port, '127.0.0.1', () => {
        socket.write(
          'POST /add-checkpoint HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n',
        );
        const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
        socket.write(chunk.repeat(4));
      });
      socket.once('data', (bytes: Buffer) => resolve(bytes.toString().slice(0, 12)));
      socket.once('error', reject);
      socket.once('data', () => socket.destroy());
    });
    expect(status).toBe('HTTP/1.1 413');
    expect((await ask('POST', '/add-checkpoint', NINE.submission(0))).status).toBe(200);
  });

  it('lets one address ask so often and no more', async () => {
    await start({ perSecond: 0.001, burst: 2 });
    expect((await ask('POST', '/add-checkpoint', NINE.submission(0))).status).toBe(200);
    expect((await ask('POST', '/add-checkpoint', NINE.submission(9))).status).toBe(200);
    const third = await ask('POST', '/add-checkpoint', NINE.submission(9));
    expect([third.status, Number(third.headers.get('retry-after'))]).toEqual([
      429,
      expect.closeTo(1_000, -2),
    ]);
  });

  it('keeps in its log what proves that a log has forked', async () => {
    await start();
    await ask('POST', '/add-checkpoint', NINE.submission(0));
    const fork = new History().grown(9, 'fork').submission(9);
    expect((await ask('POST', '/add-checkpoint', fork)).status).toBe(422);
    const evidence = lines.map((line) => JSON.parse(line)).find(({ request }) => request);
    expect(evidence).toMatchObject({ msg: 'inconsistent', status: 422, request: fork });
  });
});
