import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { openTerminal } from '../../api/cli/terminal.ts';
import { runDemo } from '../../api/demo/demo.ts';
import { readDemoFile } from '../../api/demo/demo-file.ts';
import { parseOptions } from '../../api/demo/options.ts';
import { apiLog } from '../../api/log.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { checkPolicy, parseTrustPolicy } from '../../ledger/core/trust-policy.ts';
import { verifyBundle } from '../../ledger/core/verdict.ts';
import { describeFixture } from '../support/fixtures.ts';
import { freePort } from '../support/free-port.ts';
import { DemoProcess, readJson } from './demo-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'billproof-demo-'));
const running: DemoProcess[] = [];

function startDemo(...args: string[]): DemoProcess {
  const demo = new DemoProcess(args);
  running.push(demo);
  return demo;
}

afterAll(async () => {
  for (const demo of running) {
    demo.signal('SIGKILL');
    await demo.exit();
  }
  rmSync(folder, { recursive: true });
});

async function get(url: string, token?: string): Promise<Response> {
  const response = await fetch(url, { headers: token ? { authorization: `Bearer ${token}` } : {} });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response;
}

/** Demo file of a demonstration that is ready. */
async function ready(demo: DemoProcess, data: string) {
  const line = await demo.line(/^billproof ready http:\/\/127\.0\.0\.1:\d+$/m);
  const file = readDemoFile(data);
  if (file === undefined) throw new Error('demo.json is there once the demonstration is ready');
  expect(line).toBe(`billproof ready ${file.url}`);
  return file;
}

/** When the ledger billed the meter last. */
async function lastReading(url: string, token: string, meter: string): Promise<string> {
  const view = await (await get(`${url}/v1/meters/${meter}`, token)).json();
  return view.last.at;
}

describe('the demonstration', { timeout: 900_000 }, () => {
  const data = join(folder, 'tower');

  it('is ready with a bill of each tenant that anybody can check', async () => {
    const demo = startDemo('--port', `${await freePort()}`, '--data', data, '--tenants', '2');
    const file = await ready(demo, data);
    expect(Object.keys(readJson(join(data, 'demo.json')))).toEqual([
      ...['url', 'site', 'origin', 'vkey', 'logUrl', 'trustFile', 'staffToken', 'auditorToken'],
      ...['bridge', 'tenants', 'tampered', 'fabric', 'ethereum', 'witnesses'],
    ]);
    expect(file).toMatchObject({
      ...{ site: 'tower', bridge: { id: 'riser-1' }, ethereum: null },
      fabric: { network: 'development', channel: 'anchors' },
      witnesses: [{ name: 'auditor' }, { name: 'tenants' }],
      ...{ origin: `${new URL(file.url).host}/log/tower`, logUrl: `${file.url}/log/tower` },
      ...{ tenants: [{ account: 'K3F7-9Q2M' }, { account: 'P8XD-4T6R' }] },
    });
    const trust = readFileSync(file.trustFile, 'utf8');
    for (const { bundleUrl, token } of file.tenants) {
      const verdict = verifyBundle(await (await get(bundleUrl, token)).text(), { trust });
      expect(verdict.layers.filter(({ status }) => status === 'failed')).toEqual([]);
      expect(verdict.overall).toBe('verified');
      expect(verdict.bill?.readings).toBeGreaterThan(4 * 28 * 24);
      expect(verdict.layers[7]?.findings).toMatchObject([
        { code: 'signed-ok' },
        { code: 'witnessed', params: { witnesses: 2 } },
      ]);
      // One machine plays every organisation, and says so: never verified.
      expect(verdict.layers[8]).toMatchObject({
        ...{ status: 'not-present', findings: [{ code: 'anchored-development' }] },
      });
    }
    const leases = await (await get(`${file.url}/v1/leases?state=open`, file.staffToken)).json();
    expect(leases.data).toMatchObject([
      { lease: 'L-1', tenant: 'T-1', account: 'K3F7-9Q2M', rooms: ['A-101'] },
      { lease: 'L-2', tenant: 'T-2', account: 'P8XD-4T6R', rooms: ['A-102'] },
    ]);
    const room = await (await get(`${file.url}/v1/rooms/A-101`, file.staffToken)).json();
    expect([room.lease, room.meters.length]).toEqual(['L-1', 4]);
    const note = await (await get(`${file.logUrl}/checkpoint`)).text();
    expect(parseCheckpoint(note).origin).toBe(file.origin);
    const cosigned = await (await get(`${file.logUrl}/checkpoint.witnessed`)).text();
    const kept = checkPolicy(parseTrustPolicy(trust), parseCheckpoint(cosigned));
    expect(kept).toMatchObject({ ok: true, cosignatures: [{}, {}] });
    for (const { vkey, url } of file.witnesses) {
      expect(trust).toContain(vkey);
      expect((await fetch(`${url}/add-checkpoint`, { method: 'POST', body: 'x' })).status).toBe(
        400,
      );
    }
    for (const provider of ['Alipay', 'WeChat Pay', 'UnionPay']) {
      expect(demo.out).toMatch(new RegExp(`paid 60\\.00 by ${provider}: order \\w+ is paid`));
    }
    expect((await get(`${file.url}/verify`)).headers.get('content-type')).toMatch(/^text\/html/);
    expect(demo.err).toBe('');
  });

  it('names a tampered bill, and the forged line is found', () => {
    const file = readDemoFile(data);
    const { tampered } = file ?? {};
    const trust = readFileSync(file?.trustFile ?? '', 'utf8');
    const verdict = verifyBundle(readFileSync(tampered?.file ?? '', 'utf8'), { trust });
    const found = verdict.layers.flatMap(({ findings }) => findings.map(({ code }) => code));
    expect(verdict.overall).toBe('failed');
    expect(found).toContain('rate-differs');
    expect(running[0]?.out).toContain(tampered?.what);
  });

  it('refuses a second process on its data, also one that would clear them', async () => {
    for (const option of ['--once', '--fresh']) {
      const second = startDemo('--data', data, option);
      expect(await second.exit()).toBe(2);
      expect(second.err).toContain('(data-in-use)');
    }
  });

  it('says so where the port is taken', async () => {
    const port = new URL(readDemoFile(data)?.url ?? '').port;
    const second = startDemo('--port', port, '--data', join(folder, 'other'), '--tenants', '1');
    expect(await second.exit()).toBe(2);
    expect(second.err).toMatch(/Port \d+ of 127\.0\.0\.1 is taken.*\(port-in-use\)/);
  });

  it('ends well, whoever is connected and whatever is signalled meanwhile', async () => {
    const [demo] = running;
    const { port } = new URL(readDemoFile(data)?.url ?? '');
    const idle = connect(Number(port), '127.0.0.1').on('error', () => undefined);
    await once(idle, 'connect');
    demo?.signal('SIGTERM');
    demo?.signal('SIGINT');
    expect(await demo?.exit()).toBe(0);
    idle.destroy();
  });

  it('goes on where it stopped: same port, log, links and meters, and reads them again', async () => {
    const before = readDemoFile(data);
    const startedMs = Date.now();
    const demo = startDemo('--data', data);
    const file = await ready(demo, data);
    const { url, origin, vkey } = file;
    expect({ url, origin, vkey }).toEqual({
      ...{ url: before?.url, origin: before?.origin, vkey: before?.vkey },
    });
    expect(file.tenants.map(({ verifyUrl }) => verifyUrl)).toEqual(
      before?.tenants.map(({ verifyUrl }) => verifyUrl),
    );
    expect(demo.out).not.toContain('over Modbus');
    expect(file.witnesses.map(({ vkey }) => vkey)).toEqual(
      before?.witnesses.map(({ vkey }) => vkey),
    );
    const at = await lastReading(url, file.staffToken, 'E-01');
    // Once at its start, and then each minute.
    expect(Date.parse(at)).toBeGreaterThanOrEqual(startedMs);
    const held = await (await get(`${url}/v1/readings/held`, file.auditorToken)).json();
    expect(held).toEqual({ data: [] });
    demo.signal('SIGTERM');
    expect(await demo.exit()).toBe(0);
  });

  it('finishes a history that was stopped once and cut short by a power failure once', async () => {
    const again = join(folder, 'cut');
    const asked = startDemo('--port', `${await freePort()}`, '--data', again, '--tenants', '1');
    await asked.line(/over Modbus/);
    await sleep(1_000);
    asked.signal('SIGTERM');
    expect(await asked.exit()).toBe(0);
    expect(asked.err).toBe(
      'billproof: Stopped as asked. The next start goes on from here. (stopped)\n',
    );
    const first = startDemo('--data', again);
    await first.line(/over Modbus/);
    await sleep(2_000);
    first.signal('SIGKILL');
    expect(await first.exit()).toBeNull();
    expect(existsSync(join(again, 'demo.json'))).toBe(false);
    const second = startDemo('--data', again, '--once');
    expect(await second.exit()).toBe(0);
    expect(second.out).toMatch(/^VERIFIED .*K3F7-9Q2M/m);
    expect(second.out).toMatch(/^(\d) of \1 bills verified$/m);
  });

  it('bills the part of the month before, too, where the month is young', async () => {
    const data = join(folder, 'young');
    const options = parseOptions(['--port', '0', '--data', data, '--tenants', '1', '--once']);
    if (options === undefined) throw new Error('these options ask for no help');
    const lines: string[] = [];
    const keep = { write: (text: string) => lines.push(text.trimEnd()) };
    const exit = await runDemo({
      ...{ options, stop: new AbortController().signal, folder },
      terminal: openTerminal(keep, keep, { env: {}, outIsScreen: false, noteIsScreen: false }),
      log: apiLog('silent', { write: () => undefined }),
      // 1 September, 03:07 in Shanghai: the desk has not opened yet.
      nowMs: Date.parse('2026-08-31T19:07:00.000Z'),
    });
    expect([exit, lines.at(-1)]).toEqual([0, '2 of 2 bills verified']);
  });
});

describeFixture('a recorded load', 'loadshape_kw.csv', (fixture) => {
  const loadFile = fileURLToPath(fixture);

  it('takes the place of a tower only when told; its bills are the golden ones and check out', async () => {
    const data = join(folder, 'cut');
    const words = ['--load', loadFile, '--unit', 'kW', '--tz', 'America/Los_Angeles', '--once'];
    const tower = startDemo('--data', data, ...words);
    expect(await tower.exit()).toBe(2);
    expect(tower.err).toContain('(other-demonstration)');
    const demo = startDemo('--port', '0', '--data', data, ...words, '--fresh');
    expect(await demo.exit()).toBe(0);
    expect(demo.out.replaceAll(/ {2}[0-9a-f-]{36}$/gm, '')).toBe(GOLDEN);
    const file = readDemoFile(data);
    expect(file).toMatchObject({
      site: 'building',
      bridge: { id: 'replay-building', modbus: null },
    });
  });
});

const GOLDEN = `Billproof: replaying the recorded load over Modbus …
  4729 of 5472 slots have a value; 5473 readings
2013-08  5,169.97875 kWh = 1,429.5649065775 USD exactly
  summer-off     2,193.545 x 0.13768
  summer-part    1,285.62275 x 0.23713
  summer-peak    1,690.811 x 0.48657
  customer       8.90
  billed         1,438.464907 USD
2013-09  3,349.44675 kWh = 980.73668783 USD exactly
  summer-off     1,198.38575 x 0.13768
  summer-part    925.66875 x 0.23713
  summer-peak    1,225.39225 x 0.48657
  customer       8.90
  billed         989.636688 USD
VERIFIED  bill 2013-08, account B7QK-2D9T, 1,438.464907 USD
VERIFIED  bill 2013-09, account B7QK-2D9T, 989.636688 USD
2 of 2 bills verified
`;
