import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../api/config.ts';
import { apiLog } from '../../api/log.ts';
import { openLedger, type Service, serve } from '../../api/serve.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { checkPolicy, parseTrustPolicy } from '../../ledger/core/trust-policy.ts';
import { withCompileCache } from '../../scripts/runtime.mjs';
import { WitnessProcess } from './witness-process.ts';
import { until } from './witnessed-ledger.ts';

const SITE = { site: 'tower', origin: 'bills.example/log/tower' };
const PLACE = { currency: 'CNY', zone: 'Asia/Shanghai' };

describe('a service whose policy names a witness of its own process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-witnessed-'));
  const policyFile = join(folder, 'tower.policy');
  const lines: string[] = [];
  let service: Service;
  let witness: WitnessProcess;
  let trust = '';

  const environment = (more: Record<string, string> = {}) => {
    return readConfig({ BILLPROOF_DATA: join(folder, 'data'), PORT: '0', ...more });
  };
  const log = apiLog('debug', { write: (line: string) => void lines.push(line) });
  const text = async (path: string) => await (await fetch(`${service.url}${path}`)).text();

  beforeAll(async () => {
    // As an operator does: the site first, then the auditor's key, then the policy.
    const ledger = await openLedger(environment());
    const { vkey } = await ledger.createSite({ ...SITE, ...PLACE });
    await ledger.close();
    witness = await WitnessProcess.start(
      ...([join(folder, 'w1'), '--name', 'audit.example/w1', '--log', vkey] as const),
    );
    writeFileSync(policyFile, `witness auditor ${witness.vkey} ${witness.url}\nquorum auditor\n`);
    trust = `log ${vkey}\nwitness auditor ${witness.vkey}\nquorum auditor\n`;
    const config = environment({
      ...{ BILLPROOF_POLICY: policyFile, BILLPROOF_WITNESS_SECONDS: '1' },
    });
    service = await serve({ config, log });
  });
  afterAll(async () => {
    await service.stop();
    await witness.stop();
    rmSync(folder, { recursive: true });
  });

  it('serves the cosigned checkpoint beside the latest one', async () => {
    const path = `/log/${SITE.site}/checkpoint.witnessed`;
    await until(() => service.ledger.witnessedCheckpoint(SITE.site));
    const answer = await fetch(`${service.url}${path}`);
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    const kept = checkPolicy(parseTrustPolicy(trust), parseCheckpoint(await answer.text()));
    expect(kept).toMatchObject({ ok: true, cosignatures: [{}] });
  });

  it('tells operators how far its witnesses are, and is ready without them', async () => {
    const size = parseCheckpoint(await text(`/log/${SITE.site}/checkpoint`)).size;
    const state = { witness: 'auditor', size, failures: 0 };
    expect(JSON.parse(await text('/readyz'))).toMatchObject({
      status: 'ready',
      witnesses: [{ site: SITE.site, size, lag: 0, witnesses: [state] }],
    });
    const metrics = await text('/metrics');
    for (const line of [
      `billproof_witnessed_size{site="tower"} ${size}`,
      'billproof_witnessed_lag_events{site="tower"} 0',
      `billproof_witness_size{site="tower",witness="auditor"} ${size}`,
      'billproof_witness_failures{site="tower",witness="auditor"} 0',
      'billproof_witness_failing{site="tower",witness="auditor"} 0',
    ]) {
      expect(metrics).toContain(line);
    }
    await witness.kill();
    await service.ledger.createSite({ ...PLACE, site: 'quay', origin: 'bills.example/log/quay' });
    await service.ledger.execute({ do: 'open-account', site: 'quay', account: 'K1' });
    await until(() => lines.some((line) => line.includes('"code":"no-answer"')));
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
    expect(await text('/metrics')).toMatch(/witness_failing\{site="quay",witness="auditor"\} 1/);
    const told = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'witness');
    expect(told[0]).toMatchObject({ site: 'quay', witness: 'auditor', code: 'no-answer' });
  });

  it('is what readers are told to pin', async () => {
    const cli = fileURLToPath(new URL('../../api/cli/main.ts', import.meta.url));
    const env = withCompileCache({
      BILLPROOF_DATA: join(folder, 'data'),
      BILLPROOF_POLICY: policyFile,
    });
    const printed = (...words: string[]) => {
      return spawnSync(process.execPath, [cli, 'keys', 'trust', ...words], {
        env,
        encoding: 'utf8',
      });
    };
    expect(printed('--site', SITE.site).stdout).toBe(trust);
    const both = parseTrustPolicy(printed().stdout);
    expect([both.logs.length, both.quorum]).toEqual([2, 'auditor']);
    expect(printed('--site', 'nowhere')).toMatchObject({ status: 2, stdout: '' });
  });

  it("does not start by a policy of another site's log", async () => {
    const other = join(folder, 'policies');
    mkdirSync(other);
    const addressed = trust.replace(/^witness .*$/m, `$& ${witness.url}`);
    writeFileSync(join(other, 'quay.policy'), addressed);
    await service.stop();
    const started = serve({ config: environment({ BILLPROOF_POLICY: other }), log });
    await expect(started).rejects.toMatchObject({ code: 'policy-other-log' });
  });
});
