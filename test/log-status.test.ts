import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { apiLog } from '../api/log.ts';
import { LOG_STATUS } from '../api/log-status.ts';
import { type Service, serve } from '../api/serve.ts';
import { problem } from '../api/test/api-client.ts';
import { configForTests, openApiForTests } from '../api/test/open-api-for-tests.ts';
import { type Devnet, startDevnet } from '../chaincode/devnet/devnet.ts';
import { FabricChain } from '../ledger/anchor/fabric/fabric-chain.ts';
import { parseCheckpoint } from '../ledger/core/checkpoint.ts';
import { nativePrimitives } from '../ledger/native-primitives.ts';
import { connectionTo, registerLog } from './anchor/fabric-networks.ts';
import { ORIGIN, SampleLedger, SITE } from './support/sample-ledger.ts';
import { LocalWitness, witnessBy } from './witness/witnessed-ledger.ts';

type Status = z.output<typeof LOG_STATUS>;

/** As documented, and nothing besides. */
function documented(body: unknown): Status {
  const status = LOG_STATUS.parse(body);
  expect(body).toEqual(status);
  return status;
}

describe('the status of logs without witnesses and chains', () => {
  test('is an empty list at first, then each log under its newest checkpoint', async () => {
    let nowMs = Date.now();
    const api = await openApiForTests({}, () => nowMs);
    const at = (answer: Status) => ({ at: answer.at, writer: 'ok', unsignedMs: 0 });
    const first = await api.client.get('/log/status.json');
    const empty = documented(first.body);
    expect(empty).toEqual({ ...at(empty), logs: [] });
    expect([first.status, first.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    expect(first.headers.get('cache-control')).toBe('public, max-age=1');
    // A site may be called as the route is: their addresses are others.
    for (const site of ['status', 'status-json']) {
      const json = { site, currency: 'CNY', zone: 'Asia/Shanghai' };
      await api.client.post('/v1/sites', api.tokens.admin, json);
      await api.waitForCheckpoint(site);
    }
    nowMs += 999;
    expect((await api.client.get('/log/status.json')).body).toEqual(empty);
    nowMs += 1;
    const { logs } = documented((await api.client.get('/log/status.json')).body);
    const note = String((await api.client.get('/log/status/checkpoint')).body);
    const { size, origin } = parseCheckpoint(note);
    const { checkpoint } = logs[0] ?? {};
    expect(logs.map(({ site }) => site)).toEqual(['status', 'status-json']);
    expect(logs[0]).toEqual({
      ...{ site: 'status', origin, zone: 'Asia/Shanghai', anchors: [] },
      checkpoint: { size, at: checkpoint?.at, ageMs: checkpoint?.ageMs },
    });
    expect(Math.abs(Date.now() - Date.parse(checkpoint?.at ?? ''))).toBeLessThan(60_000);
    await api.close();
  });

  test('is counted with the reads of the public log', async () => {
    const api = await openApiForTests({ log: { perSecond: 0.001, burst: 2 } });
    const asked = [1, 2, 3].map(() => api.client.get('/log/status.json'));
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers.slice(2).map(problem)).toEqual(['429 too-many-requests']);
    await api.close();
  });
});

describe('the status of a log with witnesses and a chain', () => {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-log-status-'));
  let sample: SampleLedger;
  let devnet: Devnet;
  let service: Service;
  let witness: LocalWitness;

  beforeAll(async () => {
    sample = await SampleLedger.make();
    devnet = await startDevnet({ folder });
    const vkey = sample.ledger.site(SITE)?.vkey ?? '';
    await registerLog(devnet, { origin: ORIGIN, vkey });
    witness = await new LocalWitness(join(folder, 'witnesses'), 'auditor', vkey).start();
    const away = new LocalWitness(join(folder, 'witnesses'), 'tenants', vkey);
    await away.start();
    await away.stop();
    const any = 'group any any auditor tenants';
    witnessBy(sample, [witness.line, away.line, any, 'quorum any']);
    const chain = new FabricChain(connectionTo(devnet), nativePrimitives());
    sample.ledger.startAnchoring({
      chains: [{ chainOf: () => chain, everyMs: 100 }],
      tell: () => undefined,
    });
    await sample.account('acc-1', 'm-1');
    const log = apiLog('silent', { write: () => undefined });
    service = await serve({ config: configForTests(sample.dir), ledger: sample.ledger, log });
  });
  afterAll(async () => {
    await service.stop();
    await witness.stop();
    await devnet.stop();
    rmSync(sample.dir, { recursive: true });
    rmSync(folder, { recursive: true });
  });

  async function first(): Promise<Status['logs'][number]> {
    const body: unknown = await (await fetch(`${service.url}/log/status.json`)).json();
    const [log] = documented(body).logs;
    if (log === undefined) throw new Error('there is a log');
    return log;
  }

  test('says who has cosigned what, what is anchored where, and how long it takes', async () => {
    await expect.poll(() => sample.ledger.anchorNow()).toBe(true);
    await sample.ledger.execute({ do: 'open-account', site: SITE, name: 'Wang Wei' });
    await expect.poll(() => sample.ledger.anchorNow()).toBe(true);
    const settled = async () => {
      const { checkpoint, witnessing, anchors } = await first();
      return [checkpoint?.size === witnessing?.size, anchors[0]?.lag];
    };
    await expect.poll(settled).toEqual([true, 0]);
    const { checkpoint, witnessing, anchors } = await first();
    const size = checkpoint?.size;
    expect(witnessing).toEqual({
      ...{ size, lag: 0, lagMs: 0, needed: 1, everyMs: 40 },
      witnesses: [
        { witness: 'auditor', size },
        { witness: 'tenants', code: 'no-answer' },
      ],
    });
    const [anchor] = anchors;
    expect(anchors).toEqual([
      {
        chain: expect.stringMatching(/^fabric\//),
        ...{ kind: 'fabric', network: 'development', size: anchor?.size, at: anchor?.at },
        ...{ lag: 0, lagMs: 0, everyMs: 100 },
      },
    ]);
    expect(Math.abs(Date.now() - Date.parse(anchor?.at ?? ''))).toBeLessThan(60_000);
  });

  test('names the code of what fails, and no address, account or person', async () => {
    const codes = async () => {
      const { witnessing, anchors } = await first();
      return [...(witnessing?.witnesses ?? []), ...anchors].map(({ code }) => code);
    };
    await devnet.stopChaincode();
    await sample.topUp('acc-1', '1.000000');
    const away = ['no-answer', 'chain-unavailable'];
    await expect.poll(codes).toEqual([undefined, ...away]);
    // What is not witnessed is not anchored either, so the chain first.
    await witness.stop();
    await sample.topUp('acc-1', '1.000000');
    await expect.poll(codes).toEqual(['no-answer', ...away]);
    const log = await first();
    expect(log.witnessing?.lag).toBeGreaterThan(0);
    expect(log.witnessing?.lagMs).toBeGreaterThan(0);
    const text = JSON.stringify(log);
    expect((await sample.ledger.anchors())[0]?.why).toBeDefined();
    expect(text).not.toMatch(/127\.0\.0\.1|localhost|why|acc-1|m-1|Wang|\\n/);
    await devnet.startChaincode();
  });
});
