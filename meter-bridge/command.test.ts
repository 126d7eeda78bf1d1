import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseTime } from '../ledger/core/time.ts';
import { BRIDGE_USAGE, bridgeCommand } from './command.ts';
import { readConfig } from './config.ts';
import { replayLoad } from './replay-load.ts';
import { fingerprint } from './signing-key.ts';
import { Receiver } from './test/receiver.ts';

let dir: string;
let receiver: Receiver;
let file: string;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'command-'));
  receiver = new Receiver();
  file = join(dir, 'bridge.json');
  const config = {
    bridge: 'replay-1',
    url: await receiver.listen(),
    data: 'data',
    logLevel: 'silent',
    links: [{ link: 'bus', host: '127.0.0.1', port: 1 }],
    meters: [{ meter: 'm-1', link: 'bus', unit: 1, profile: 'replayed-load', serial: '42' }],
  };
  writeFileSync(file, JSON.stringify(config));
});
afterEach(async () => {
  await receiver.close();
  rmSync(dir, { recursive: true });
});

async function run(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const stop = new AbortController();
  const io = {
    out: (line: string) => out.push(line),
    err: (line: string) => err.push(line),
    stop: stop.signal,
  };
  const done = bridgeCommand(args, io);
  if (args.includes('--config') && args.length === 2) setTimeout(() => stop.abort(), 50);
  return { code: await done, out, err };
}

describe('billproof bridge', () => {
  it('enrols, prints the fingerprint, then runs until it is told to stop', async () => {
    const enrolled = await run('--config', file, '--enrol', receiver.token);
    expect([enrolled.code, enrolled.err]).toEqual([0, []]);
    const kid =
      enrolled.out
        .at(-1)
        ?.replace(/^fingerprint /, '')
        .replaceAll(' ', '') ?? '';
    expect(enrolled.out).toEqual([
      'enrolled replay-1 in epoch 0',
      `fingerprint ${fingerprint(kid)}`,
    ]);
    expect(await run('--config', file)).toEqual({ code: 0, out: [], err: [] });
  });

  it('says what is missing, with the exit code for unusable input', async () => {
    expect(await run()).toEqual({ code: 2, out: [], err: [BRIDGE_USAGE] });
    expect(await run('--help')).toEqual({ code: 0, out: [BRIDGE_USAGE], err: [] });
    const notEnrolled = await run('--config', file);
    expect([notEnrolled.code, notEnrolled.err]).toEqual([
      2,
      ['not-enrolled: Enrol this bridge first: run it once with --enrol TOKEN.'],
    ]);
    const unknown = await run('--config', file, '--colour');
    expect([unknown.code, unknown.err[0]?.split(':')[0]]).toEqual([2, 'bad-option']);
    const refused = await run('--config', file, '--enrol', 'wrong');
    expect([refused.code, refused.err[0]?.split(':')[0]]).toEqual([1, 'enrolment-refused']);
  });

  it('as a process logs JSON without any secret and ends cleanly at SIGTERM', async () => {
    await run('--config', file, '--enrol', receiver.token);
    const text = readFileSync(file, 'utf8').replace('"silent"', '"info"');
    writeFileSync(file, text);
    const script = fileURLToPath(new URL('./main.ts', import.meta.url));
    const child = spawn(process.execPath, [script, '--config', file]);
    const exited = once(child, 'exit');
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('"opened"')) resolve();
      });
    });
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    const lines = output.trim().split('\n');
    const events = lines.map((line) => {
      const { bridge, event }: { bridge?: unknown; event?: unknown } = JSON.parse(line);
      return [bridge, event];
    });
    expect(events).toEqual([
      ['replay-1', 'opened'],
      ['replay-1', 'stopped'],
    ]);
    expect(output).not.toContain(receiver.token);
    expect(output).not.toContain('PRIVATE KEY');
  });

  it('checks a configuration without touching anything', async () => {
    const checked = await run('--config', file, '--check-config');
    expect(checked).toEqual({
      code: 0,
      out: [`${file}: correct, 1 meters on 1 links`],
      err: [],
    });
  });

  it('replays a recorded load with the times of its file', async () => {
    await run('--config', file, '--enrol', receiver.token);
    const load = join(dir, 'load.csv');
    writeFileSync(
      load,
      `${[
        'timestamp,value',
        '2026-01-01 00:00,4',
        '2026-01-01 00:15,nan',
        '2026-01-01 00:30,nan',
      ].join('\n')}\n2026-01-01 00:45,2.5\n`,
    );
    const replayed = await run('--config', file, '--load', load, '--tz', 'Asia/Shanghai');
    expect(replayed).toEqual({ code: 0, out: ['replayed 2 of 4 slots in 5 readings'], err: [] });
    const records = receiver.recordsOf('m-1').map(({ reading }) => reading);
    expect(
      records.map((r) => [r.at, r.status, r.registers?.['1-0:1.8.0']?.value, r.uptimeMs]),
    ).toEqual([
      ['2025-12-31T16:00:00.000Z', 'good', '0.000000', 0],
      ['2025-12-31T16:15:00.000Z', 'good', '1.000000', 900_000],
      ['2025-12-31T16:30:00.000Z', 'timeout', undefined, 1_800_000],
      ['2025-12-31T16:45:00.000Z', 'good', '1.000000', 2_700_000],
      ['2025-12-31T17:00:00.000Z', 'good', '1.625000', 3_600_000],
    ]);
  });

  it('refuses to replay under a name that would pass for a live bridge', async () => {
    await run('--config', file, '--enrol', receiver.token);
    const { url, data } = readConfig(file);
    const replay = replayLoad({
      file: join(dir, 'load.csv'),
      unit: 'kW',
      tz: 'UTC',
      url,
      bridge: 'br-1',
      meter: 'm-1',
      serial: 42,
      data,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    await expect(replay).rejects.toThrow(expect.objectContaining({ code: 'not-a-replay-bridge' }));
  });

  it('refuses a load file with the line that is wrong', async () => {
    await run('--config', file, '--enrol', receiver.token);
    const load = join(dir, 'load.csv');
    writeFileSync(load, '2026-01-01 00:00,4\n2026-01-01 00:15,four\n');
    const { code, err } = await run('--config', file, '--load', load);
    expect([code, err]).toEqual([
      2,
      [
        'bad-load: Correct line 2 of the load file: "four" is not a value of at most 6 decimals, zero or more.',
      ],
    ]);
  });
});

describe('a replay of a real building', () => {
  it('carries every present slot between two good readings, to the last watt-hour', async () => {
    await run('--config', file, '--enrol', receiver.token);
    const { url, data } = readConfig(file);
    const report = await replayLoad({
      file: new URL('../../shared/fixtures/loadshape_kw.csv', import.meta.url).pathname,
      unit: 'kW',
      tz: 'America/Los_Angeles',
      url,
      bridge: 'replay-1',
      meter: 'm-1',
      serial: 42,
      data,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    expect(report).toMatchObject({
      records: 5_473,
      presentSlots: 2_944 + 1_785,
      slots: 5_472,
      delivered: true,
    });
    const records = receiver.recordsOf('m-1').map(({ reading }) => reading);
    const shown = (at: string) => records.find((r) => r.at === at)?.registers?.['1-0:1.8.0']?.value;
    expect(shown('2013-09-01T07:00:00.000Z')).toBe('5169.978750');
    expect(records.at(-1)?.registers?.['1-0:1.8.0']?.value).toBe('8519.425500');
    const good = records.filter(({ status }) => status === 'good');
    const pairs = good.filter((r, i) => {
      const next = good[i + 1];
      return next !== undefined && next.seq === r.seq + 1 && next.status === 'good';
    });
    expect(pairs.length).toBeGreaterThanOrEqual(2_944 + 1_785);
    expect(
      records.every((r, i) => i === 0 || parseTime(r.at) > parseTime(records[i - 1]?.at ?? '')),
    ).toBe(true);
  });
});
