import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiLog } from '../log.ts';
import { type Service, serve } from '../serve.ts';
import { configForTests } from '../test/open-api-for-tests.ts';
import { issueToken } from '../tokens.ts';
import { importCommand } from './import.ts';
import { openTerminal } from './terminal.ts';

let folder: string;
let service: Service;
let token: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'billproof-import-command-'));
  const log = apiLog('silent', { write: () => undefined });
  service = await serve({ config: configForTests(folder), log });
  const site = { site: 'tower', origin: 'b/log/tower', currency: 'CNY', zone: 'Asia/Shanghai' };
  await service.ledger.createSite(site);
  const life = { nowMs: Date.now(), seconds: 600 };
  token = await issueToken(service.tokenKey, { id: 'anna', role: 'manager' }, life);
});
afterAll(async () => {
  await service.stop();
  rmSync(folder, { recursive: true });
});

async function billproofImport(text: string, ...args: string[]) {
  const path = join(folder, 'table.csv');
  writeFileSync(path, text);
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const looks = { env: {}, outIsScreen: false, noteIsScreen: false };
  const terminal = openTerminal({ write }, { write: () => undefined }, looks);
  const where = ['--site', 'tower', '--url', service.url];
  const env = { BILLPROOF_TOKEN: token };
  const code = await importCommand.run({ args: [path, ...where, ...args], env, terminal });
  return [code, lines.join('').trimEnd()];
}

test('tells what a file would do, does it, and finds nothing to do the second time', async () => {
  const rooms = 'building,floor,room\nA,1,101\nA,1,102\n';
  expect(await billproofImport(rooms)).toEqual([
    ...[0, '2 new, 0 changed, 0 same, 0 refused (nothing changed)'],
  ]);
  const all = ['--mode', 'all'];
  expect(await billproofImport(rooms, ...all)).toEqual([
    ...[0, '2 new, 0 changed, 0 same, 0 refused (done)'],
  ]);
  expect(await billproofImport(`${rooms}A,2,1.23E+15\n`, ...all)).toEqual([
    1,
    'CSV 4 room: "1.23E+15" The spreadsheet has shortened a long number; its last digits are lost. ' +
      'Format as text.\n0 new, 0 changed, 2 same, 1 refused (nothing changed)',
  ]);
});

test('refuses what the service refuses, and what it cannot send', async () => {
  await expect(billproofImport('a,b\n1,2\n')).rejects.toMatchObject({ code: 'import-header' });
  await expect(billproofImport('', '--mode', 'some')).rejects.toMatchObject({
    code: 'bad-request',
  });
  await expect(billproofImport('', '--url', 'nowhere')).rejects.toMatchObject({ code: 'usage' });
});
