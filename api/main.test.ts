import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { withCompileCache } from '../scripts/runtime.mjs';

const folder = mkdtempSync(join(tmpdir(), 'billproof-main-'));
const started: ChildProcess[] = [];
afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

test('--check-config tells every mistake and starts nothing', async () => {
  const { done } = start(['--check-config'], { PORT: 'x', LOG_LEVEL: 'loud' });
  expect(await done).toEqual({
    code: 2,
    out: '',
    err:
      'billproof serve: The configuration has mistakes:\n' +
      '  PORT: a port number is expected.\n' +
      '  LOG_LEVEL: one of fatal, error, warn, info, debug, silent is expected.\n',
  });
});

test('--check-config finds a sound configuration sound', async () => {
  const { done } = start(['--check-config'], {});
  expect(await done).toEqual({ code: 0, out: 'The configuration is sound.\n', err: '' });
});

test('an option that does not exist is refused', async () => {
  const { done } = start(['--port', '1'], {});
  expect((await done).err).toMatch(/--port: no such option/);
});

test('the service starts, answers, logs JSON lines, and ends by SIGTERM', async () => {
  const service = start([], { PORT: '0' });
  const [, url = ''] = await service.said(/"url":"([^"]+)"/);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  service.child.kill('SIGTERM');
  const { code, out, err } = await service.done;
  expect([code, err]).toEqual([0, '']);
  const messages = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).msg);
  expect(messages).toEqual(['listening', 'answered', 'stopped']);
});

test('a second service on the same data says what to do', async () => {
  const first = start([], { PORT: '0' });
  await first.said(/listening/);
  const second = await start([], { PORT: '0' }).done;
  expect([second.code, second.err]).toEqual([2, expect.stringMatching(/stop it first/)]);
  first.child.kill('SIGTERM');
  expect((await first.done).code).toBe(0);
});

function start(words: readonly string[], settings: Record<string, string>) {
  const place = { PATH: process.env['PATH'], BILLPROOF_DATA: join(folder, 'data') };
  const env = withCompileCache({ ...place, ...settings });
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...words], { env });
  started.push(child);
  let out = '';
  let err = '';
  let hasEnded = false;
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const done = new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.on('close', (code) => {
      hasEnded = true;
      resolve({ code, out, err });
    });
  });
  const said = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(out);
      if (found !== null) return found;
      if (hasEnded) throw new Error(`ended with ${child.exitCode}: ${err}`);
      const more = new Promise((resolve) => child.stdout.once('data', resolve));
      await Promise.race([more, done]);
    }
  };
  return { child, done, said };
}
