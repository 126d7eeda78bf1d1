import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueToken, tokenKeyFromText } from '../../api/tokens.ts';
import { ServiceProcess } from '../cluster/spawned-ledger.ts';
import { TenantedSite } from '../cluster/tenanted-site.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { median, percentile, report } from './figure.ts';

const ROUNDS = 10;

/** `takeover`: from the end of a site's owner to the next reading that is acknowledged. */
export async function takeover(): Promise<void> {
  const server = await PostgresServer.start();
  const folder = mkdtempSync(join(tmpdir(), 'billproof-takeover-'));
  const secret = () => randomBytes(32).toString('hex');
  const env = {
    ...{ DATABASE_URL: server.makeDatabase(), BILLPROOF_DATA: folder },
    ...{ BILLPROOF_KEK: secret(), BILLPROOF_TOKEN_KEY: secret() },
  };
  const front = await startAfterFirst(env);
  const life = { nowMs: Date.now(), seconds: 36_000 };
  const key = tokenKeyFromText(env.BILLPROOF_TOKEN_KEY);
  const site = new TenantedSite('tower', await issueToken(key, { id: 'b', role: 'admin' }, life));
  await site.open(front.api.url);
  let owner = front.owner;
  for (const [name, signal] of [
    ['kill', 'SIGKILL'],
    ['stop', 'SIGSTOP'],
    ['leave', 'SIGTERM'],
  ] as const) {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const next = await ServiceProcess.start(env);
      await site.send([front.api.url]);
      const startedMs = performance.now();
      owner.signal(signal);
      await site.send([front.api.url]);
      times.push(performance.now() - startedMs);
      owner.signal('SIGCONT');
      await owner.end('SIGKILL');
      owner = next;
    }
    const note = `${signal} to the owner, one reading a time through another process`;
    report({ bench: `takeover-${name}-p50`, value: median(times), unit: 'ms', n: ROUNDS, note });
    const worst = percentile(times, 1);
    report({ bench: `takeover-${name}-max`, value: worst, unit: 'ms', n: ROUNDS, note });
  }
  await owner.end();
  await front.api.end();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** The one that writes makes the tables. */
async function startAfterFirst(env: Readonly<Record<string, string>>) {
  const owner = await ServiceProcess.start(env);
  return { owner, api: await ServiceProcess.start({ ...env, BILLPROOF_ROLE: 'api' }) };
}
