import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Role } from '../../api/permissions.ts';
import { member } from '../../api/test/api-client.ts';
import { issueToken, tokenKeyFile } from '../../api/tokens.ts';
import { loadServiceProcess, type ServiceProcess } from './api-process.ts';

const ROUNDS = 4;

test('what was answered about keys holds after each kill, and the rest never half', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'billproof-access-crash-'));
  const live = new Map<string, string>();
  const revoked = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const { service, ask } = await start(dataDir);
    for (const key of live.values())
      expect([key, (await ask('GET', '/v1/me', key)).status]).toEqual([key, 200]);
    for (const key of revoked)
      expect([key, (await ask('GET', '/v1/me', key)).status]).toEqual([key, 401]);
    const working = [1, 2, 3].map(() => work(ask, live, revoked));
    // However slow the machine is: in the middle of work, and after some of it was answered.
    const before = revoked.size;
    while (revoked.size < before + 3) await sleep(5);
    await sleep(7 * round);
    await service.kill();
    await Promise.all(working);
  }
  expect(live.size).toBeGreaterThan(ROUNDS);
  expect(revoked.size).toBeGreaterThan(ROUNDS);
  const { service, ask } = await start(dataDir);
  const made = await entries(ask, 'key-made');
  const ended = await entries(ask, 'key-revoked');
  // Each was written with its entry: none is missing, and none tells of what never was.
  const kept = await all(ask, '/v1/api-keys');
  expect(made.map((entry) => member(entry, 'to')).sort()).toEqual(
    kept.map((one) => member(one, 'id')).sort(),
  );
  expect(ended.map((entry) => member(entry, 'to')).sort()).toEqual(
    kept
      .filter((one) => member(one, 'revokedAt') !== undefined)
      .map((one) => member(one, 'id'))
      .sort(),
  );
  expect(kept.length).toBeGreaterThanOrEqual(live.size + revoked.size);
  expect(await service.stop()).toBe(0);
  rmSync(dataDir, { recursive: true });
});

interface Asked {
  readonly status: number;
  readonly body: unknown;
}
type Ask = (method: string, path: string, token?: string, json?: object) => Promise<Asked>;

async function start(dataDir: string): Promise<{ service: ServiceProcess; ask: Ask }> {
  const service = loadServiceProcess().open({ dataDir, nowMs: Date.now(), port: 0 });
  const port = await service.ready;
  const key = tokenKeyFile(join(dataDir, 'keys', 'token.key'), () => new Uint8Array());
  const role: Role = 'admin';
  const admin = await issueToken(key, { id: 'admin', role }, { nowMs: Date.now(), seconds: 600 });
  const ask: Ask = async (method, path, token = admin, json) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(json && { body: JSON.stringify(json) }),
    });
    return { status: answer.status, body: await answer.json() };
  };
  return { service, ask };
}

/** Makes keys and revokes every second one, until the service is gone. */
async function work(ask: Ask, live: Map<string, string>, revoked: Set<string>): Promise<void> {
  for (let n = 0; ; n += 1) {
    try {
      const asked = { label: 'crash', role: 'auditor' };
      const { status, body } = await ask('POST', '/v1/api-keys', undefined, asked);
      expect(status).toBe(201);
      const [id, key] = [String(member(body, 'id')), String(member(body, 'key'))];
      live.set(id, key);
      if (n % 2 === 0) continue;
      // Until it is answered nobody knows whether it is revoked.
      live.delete(id);
      await ask('POST', `/v1/api-keys/${id}/revoke`, undefined, {});
      revoked.add(key);
    } catch (error) {
      if (error instanceof TypeError || error instanceof SyntaxError) return;
      throw error;
    }
  }
}

async function entries(ask: Ask, what: string): Promise<unknown[]> {
  return (await all(ask, '/v1/audit')).filter((entry) => member(entry, 'what') === what);
}

async function all(ask: Ask, path: string): Promise<unknown[]> {
  const found: unknown[] = [];
  let cursor = '';
  do {
    const { body } = await ask('GET', `${path}?limit=200${cursor && `&cursor=${cursor}`}`);
    const data = member(body, 'data');
    if (!Array.isArray(data)) throw new Error('a page is expected');
    found.push(...data);
    cursor = String(member(body, 'next') ?? '');
  } while (cursor !== '');
  return found;
}
