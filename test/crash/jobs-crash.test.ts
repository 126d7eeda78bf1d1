import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { member } from '../../api/test/api-client.ts';
import { issueToken, tokenKeyFile } from '../../api/tokens.ts';
import { fsck } from '../../ledger/fsck.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { loadServiceProcess } from './api-process.ts';

const SITE = 'quay';
const ACCOUNTS = Array.from({ length: 400 }, (_, i) => `A-${String(i).padStart(4, '0')}`);
const KILLS = Number(process.env['CRASH_ROUNDS'] ?? 2);

test(
  'a job goes on after each kill, and does nothing twice',
  async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'billproof-jobs-crash-'));
    const options = { dataDir, simulatedClock: true, checkpointMs: 50 };
    const ledger = await Ledger.open(options);
    await ledger.setClock(Date.parse('2026-08-25T00:00:00.000Z'));
    const log = { origin: 'ledger.example/log/quay', currency: 'CNY', zone: 'Asia/Shanghai' };
    await ledger.createSite({ site: SITE, ...log });
    await Promise.all(
      ACCOUNTS.map((account) => ledger.execute({ do: 'open-account', site: SITE, account })),
    );
    await ledger.close();
    const nowMs = Date.parse('2026-09-05T00:00:00.000Z');
    let job = '';
    for (let kill = 0; kill <= KILLS; kill += 1) {
      const service = loadServiceProcess().open({ dataDir, nowMs, port: 0 });
      const ask = await askerOf(dataDir, await service.ready);
      if (kill === 0) {
        const body = { site: SITE, period: '2026-08' };
        job = String(member(await ask('POST', '/v1/jobs/issue-statements', body), 'job'));
      }
      const done = async () =>
        Number(member(await ask('GET', `/v1/jobs/${job}?site=${SITE}`), 'done'));
      // In the middle of its work, however fast the machine is at it.
      const enough =
        kill === KILLS ? ACCOUNTS.length : ((kill + 1) * ACCOUNTS.length) / (KILLS + 2);
      while ((await done()) < enough) await sleep(2);
      if (kill < KILLS) await service.kill();
      else expect(await service.stop()).toBe(0);
      if (kill === KILLS) break;
    }
    const after = await Ledger.open(options);
    const issued = await after.statements(SITE, { period: '2026-08', limit: 1_000 });
    expect(issued.map(({ account }) => account).sort()).toEqual(ACCOUNTS);
    await after.close();
    expect((await fsck({ dataDir, threads: 1, deep: true })).findings).toEqual([]);
    rmSync(dataDir, { recursive: true });
  },
  60_000 + KILLS * 30_000,
);

async function askerOf(dataDir: string, port: number) {
  const key = tokenKeyFile(join(dataDir, 'keys', 'token.key'), () => new Uint8Array(32).fill(7));
  const life = { nowMs: Date.now(), seconds: 3600 };
  const token = await issueToken(key, { id: 'root', role: 'admin' }, life);
  return async (method: string, path: string, json?: object): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        ...{ 'content-type': 'application/json', authorization: `Bearer ${token}` },
        'idempotency-key': crypto.randomUUID(),
      },
      ...(json && { body: JSON.stringify(json) }),
    });
    return await response.json();
  };
}
