import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SqliteAccessStore } from '../../ledger/access/sqlite-access-store.ts';
import { Access } from '../sign-in/access.ts';
import { auditPage } from '../sign-in/audit.ts';
import { signIn } from '../sign-in/sign-in.ts';
import { Authenticator } from '../test/authenticator.ts';
import { tokenKeyFile } from '../tokens.ts';

const main = join(import.meta.dirname, 'main.ts');
const PASSWORD = 'an umbrella for every roof';
let data: string;

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'billproof-staff-'));
});
afterEach(() => rmSync(data, { recursive: true }));

function staff(input: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [main, 'staff', ...args, '--data', data],
    { input, encoding: 'utf8', env: { PATH: process.env['PATH'], NO_COLOR: '1' } },
  );
  return { status, lines: stdout.trimEnd().split('\n'), stderr };
}

test('the first administrator is added before the service ever ran, and signs in', async () => {
  const { status, lines, stderr } = staff(`${PASSWORD}\n`, 'add', 'root', '--role', 'admin');
  expect([status, lines.length, stderr]).toEqual([0, 11, expect.not.stringContaining(PASSWORD)]);
  const access = openAccess();
  const app = new Authenticator(lines[0] ?? '');
  const signedIn = await signIn(access, {
    ...{ name: 'root', password: PASSWORD, code: app.code(Date.now()) },
  });
  expect(signedIn).toMatchObject({ person: 'root', role: 'admin' });
  const recovery = { name: 'root', password: PASSWORD, code: lines[10] ?? '' };
  expect(await signIn(access, recovery)).toMatchObject({ person: 'root' });
  await access.close();
});

test('a reset gives another password and app, and ends every session', async () => {
  const first = staff(PASSWORD, 'add', 'root', '--role', 'cashier', '--site', 'a', '--site', 'b');
  const second = staff('quite another umbrella', 'reset', 'root');
  expect([first.status, second.status]).toEqual([0, 0]);
  const access = openAccess();
  const code = (lines: readonly string[]) => new Authenticator(lines[0] ?? '').code(Date.now());
  const old = { name: 'root', password: PASSWORD, code: code(first.lines) };
  await expect(signIn(access, old)).rejects.toMatchObject({ code: 'sign-in-refused' });
  const fresh = { name: 'root', password: 'quite another umbrella', code: code(second.lines) };
  expect(await signIn(access, fresh)).toMatchObject({ role: 'cashier', sites: ['a', 'b'] });
  const log = await auditPage(access, { id: 'x', role: 'admin' }, { limit: 9 });
  expect(log.map(({ doc }) => [doc.what, doc.by])).toEqual(
    expect.arrayContaining([
      ['staff-added', 'command-line'],
      ['staff-reset', 'command-line'],
      ['signed-in', 'root'],
    ]),
  );
  await access.close();
});

test('what is wrong is said, and nothing is made', () => {
  staff(PASSWORD, 'add', 'root', '--role', 'admin');
  const wrong: [input: string, args: string[], told: string][] = [
    [PASSWORD, ['add', 'root', '--role', 'admin'], 'staff-exists'],
    [PASSWORD, ['reset', 'nobody'], 'staff-unknown'],
    ['short', ['add', 'anna', '--role', 'admin'], 'password-weak'],
    ['', ['add', 'anna', '--role', 'admin'], 'password-weak'],
    ['x'.repeat(300), ['add', 'anna', '--role', 'admin'], 'too long'],
    [PASSWORD, ['add', 'Anna', '--role', 'admin'], 'lower-case'],
    [PASSWORD, ['add', 'anna', '--role', 'tenant-owner'], '--role is one of'],
    [PASSWORD, ['add', 'anna', '--role', 'cashier', '--site', 'A b'], '--site is the id'],
    [PASSWORD, ['reset', 'root', '--role', 'cashier'], 'drop --role'],
    [PASSWORD, ['remove', 'root'], 'add or reset'],
    [PASSWORD, ['add'], 'Name one person'],
  ];
  for (const [input, args, told] of wrong) {
    const { status, lines, stderr } = staff(input, ...args);
    expect([args, status, lines, stderr]).toEqual([args, 2, [''], expect.stringContaining(told)]);
  }
});

function openAccess(): Access {
  const tokenKey = tokenKeyFile(join(data, 'keys', 'token.key'), () => new Uint8Array());
  const store = new SqliteAccessStore(join(data, 'access.db'));
  return new Access({ store, tokenKey, nowMs: Date.now });
}
