import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withCompileCache } from '../../scripts/runtime.mjs';
import { freePort } from '../../test/support/free-port.ts';
import { smallBill } from '../../test/support/small-bill.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'billproof-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function billproof(...args: string[]) {
  const env = withCompileCache({ PATH: process.env.PATH, HOME: folder, LANG: 'C' });
  const child = spawn(process.execPath, [main, ...args], { env, cwd: folder });
  let out = '';
  let note = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    note += text;
  });
  child.stdin.end();
  const exit = await new Promise<number | null>((done) => child.once('close', done));
  return { exit, out, note };
}

describe('the command line', () => {
  it('opens with three examples and names every command', async () => {
    const { exit, out } = await billproof();
    expect(out.split('\n').slice(0, 4)).toEqual([
      'Examples:',
      ...['verify', 'explain', 'doctor'].map((name) =>
        expect.stringContaining(`billproof ${name}`),
      ),
    ]);
    expect(exit).toBe(0);
    expect((await billproof('--help')).out).toBe(out);
  });

  it.each(['verify', 'inspect', 'explain', 'page-hash', 'doctor', 'serve', 'bridge', 'witness'])(
    'opens the help of %s with three examples of it',
    async (name) => {
      const { exit, out } = await billproof(name, '--help');
      const [title, ...examples] = out.split('\n').slice(0, 4);
      expect(title).toBe('Examples:');
      expect(examples.filter((line) => line.includes(`billproof ${name}`))).toHaveLength(3);
      expect(exit).toBe(0);
    },
  );

  it.each([
    [['frobnicate'], 'There is no command "frobnicate".', 'billproof --help'],
    [['constructor'], 'There is no command "constructor".', 'billproof --help'],
    [['verify'], 'Name a bill to check', 'billproof verify --help'],
    [['verify', '--wat', 'x'], "Unknown option '--wat'.", 'billproof verify --help'],
    [['verify', '--trust'], 'argument missing', 'billproof verify --help'],
    [['verify', '--json=yes', 'x'], 'does not take an argument', 'billproof verify --help'],
    [['verify', '--lang', 'fr', 'x'], 'Give en or zh-CN.', 'billproof verify --help'],
    [
      ['verify', '--state', 'a', '--no-state', 'x'],
      'exclude each other',
      'billproof verify --help',
    ],
    [['verify', '-', '-'], 'Give - once.', 'billproof verify --help'],
    [['explain'], 'Name a code', 'billproof explain --help'],
    [['explain', 'toString'], 'See billproof explain --list.', 'billproof explain --help'],
    [['inspect', 'a', 'b'], 'drop b', 'billproof inspect --help'],
    [['doctor', 'now'], 'Drop it.', 'billproof doctor --help'],
    [['doctor', '--port', '0'], 'from 1 to 65535', 'billproof doctor --help'],
    [['witness', '--name', 'a.example/w'], '--data DIR', 'billproof witness --help'],
    [['witness', '--data', 'w'], '--log VKEY or --logs FILE', 'billproof witness --help'],
    [['witness', '--data', 'w', '--port', '70000'], '0 to 65535', 'billproof witness --help'],
    [['page-hash', 'x', '--expect', 'abc'], '64 hex digits', 'billproof page-hash --help'],
  ])('says of %j what is wrong and what to do', async (args, what, hint) => {
    const { exit, out, note } = await billproof(...args);
    expect(note).toContain(what);
    expect(note).toContain(`Try: ${hint}`);
    expect(out).toBe('');
    expect(exit).toBe(2);
  });

  it('gives its version', async () => {
    expect(await billproof('--version')).toEqual({ exit: 0, out: '0.1.0\n', note: '' });
  });

  it('ends quietly when its reader has seen enough', async () => {
    const child = spawn(process.execPath, [main, 'explain', '--list'], { stdio: 'pipe' });
    child.stdout.destroy();
    let note = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      note += text;
    });
    const exit = await new Promise<number | null>((done) => child.once('close', done));
    expect({ exit, note }).toEqual({ exit: 0, note: '' });
  });

  it('takes no control characters from others onto the screen', async () => {
    const { note } = await billproof('\u001b[2Jverify');
    expect(note).not.toContain('\u001b');
  });
});

describe('billproof explain', () => {
  it('gives the sentence and its meaning in both languages', async () => {
    const english = await billproof('explain', 'rate-differs');
    expect(english.out).toContain('charged <charged>, published <published>');
    expect(english.out).toContain('Show the line to the office');
    const chinese = await billproof('explain', '--lang', 'zh-CN', 'rate-differs');
    expect(chinese.out).toContain('公布价 <published>');
    expect(chinese.out).toContain('请向物业出示该行');
    expect([english.exit, chinese.exit]).toEqual([0, 0]);
  });

  it('explains a code of a family by its family', async () => {
    expect((await billproof('explain', 'json-depth')).out).toContain('RFC 8785');
  });

  it('lists every code', async () => {
    const codes = (await billproof('explain', '--list')).out.trimEnd().split('\n');
    expect(codes).toContain('reading-gap');
    expect(codes.filter((code) => /^(?:state|layer|word|name|excess)-/.test(code))).toEqual([]);
  });
});

describe('billproof inspect', () => {
  it('tells what a bundle claims and judges nothing', async () => {
    const path = join(folder, 'bill.billproof');
    writeFileSync(path, smallBill().text.replaceAll('50.000000', '70.000000'));
    const { exit, out } = await billproof('inspect', path);
    expect(out.split('\n')).toEqual([
      'What the file says of itself; nothing of it is judged here.',
      'Bill 2026-09, account K3F7-9Q2M, 0.00 CNY',
      'From 1 Sep 2026 00:00 to 1 Oct 2026 00:00, Asia/Shanghai',
      'Ledger bills.example/log/tower, entry 5 of 8',
      'Holds 3 events, 0 readings',
      'Made by test, 1 Oct 2026 08:00 (not signed)',
      'Wallets (opening + top-ups - charges = closing):',
      '  electricity: 0.00 + 70.00 - 0.00 = 70.00',
      'Meters (first -> last value = use, after transformer ratios):',
      'Lines (quantity x price = amount):',
      'Rules that the bill leans on, each with its own proof:',
      'Receipts of a shared chain: 0',
      '',
    ]);
    expect(exit).toBe(0);
  });

  it('refuses what is no bundle', async () => {
    const path = join(folder, 'other.json');
    writeFileSync(path, '{}');
    const { exit, note } = await billproof('inspect', path);
    expect(note).toContain('(unknown-format)');
    expect(exit).toBe(2);
  });
});

describe('billproof page-hash', () => {
  it('compares a page with the hash on paper, however it is printed', async () => {
    const page = join(folder, 'verify.html');
    writeFileSync(page, '<p>page</p>');
    const hash = createHash('sha256').update('<p>page</p>').digest('hex');
    const printed = hash.toUpperCase().replace(/(.{8})(?=.)/g, '$1 ');
    const same = await billproof('page-hash', page, '--expect', printed);
    expect(same).toEqual({
      exit: 0,
      out: `${hash}  ${page}\n`,
      note: 'Same as the expected hash.\n',
    });
    const other = await billproof('page-hash', page, '--expect', '0'.repeat(64));
    expect(other.note).toContain('Do not trust this copy');
    expect(other.exit).toBe(1);
  });
});

describe('billproof doctor', () => {
  const checksOf = (out: string) => {
    const findings: { check: string; state: string }[] = JSON.parse(out).findings;
    return new Map(findings.map(({ check, state }) => [check, state]));
  };

  it('finds this machine well and leaves nothing behind', async () => {
    const data = join(folder, 'data', 'deep');
    const { out } = await billproof(
      'doctor',
      '--json',
      '--data',
      data,
      '--port',
      `${await freePort()}`,
    );
    const checks = checksOf(out);
    for (const check of ['node', 'sqlite', 'zstd', 'zones', 'data', 'clock', 'port']) {
      expect([check, checks.get(check)]).toEqual([check, 'fine']);
    }
    expect(readdirSync(folder).filter((name) => /^data|^\.billproof/.test(name))).toEqual([]);
  });

  it('names a port in use and a data folder that is a file', async () => {
    const server = createServer();
    await new Promise<void>((up) => server.listen(0, '127.0.0.1', up));
    const address = server.address();
    const port = String(typeof address === 'object' && address !== null ? address.port : 0);
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const { exit, out } = await billproof('doctor', '--json', '--data', file, '--port', port);
    await new Promise((closed) => server.close(closed));
    expect([checksOf(out).get('port'), checksOf(out).get('data')]).toEqual(['lacking', 'lacking']);
    expect(exit).toBe(1);
  });
});

describe('billproof bridge', () => {
  it('hands arguments and exit code through', async () => {
    const { exit, note } = await billproof('bridge', '--config', join(folder, 'none.json'));
    expect(note).toContain('none.json');
    expect(exit).toBe(2);
  });
});
