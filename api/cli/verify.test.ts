import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { base64url, fromHex } from '../../ledger/core/bytes.ts';
import { withCompileCache } from '../../scripts/runtime.mjs';
import { type SmallBillOptions, smallBill } from '../../test/support/small-bill.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
let folder = '';
let used = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'billproof-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly exit: number | null;
  readonly out: string;
  readonly note: string;
}

/** Runs the command line as a person would, in a process of its own. */
async function billproof(
  args: readonly string[],
  input = '',
  more: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const { PATH } = process.env;
  const place = { PATH, HOME: folder, LANG: 'C', XDG_STATE_HOME: folder };
  const env = withCompileCache({ ...place, ...more });
  const child = spawn(process.execPath, [main, ...args], { env });
  let out = '';
  let note = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    note += text;
  });
  child.stdin.end(input);
  const exit = await new Promise<number | null>((done) => child.once('close', done));
  return { exit, out, note };
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function bill(options?: SmallBillOptions, name = 'bill.billproof'): string {
  return file(name, smallBill(options).text);
}

/** A memory that no other test has. */
function freshState(): string {
  used += 1;
  return join(folder, `state-${used}`, 'seen.json');
}

const tampered = () => smallBill().text.replaceAll('50.000000', '70.000000');

describe('billproof verify', () => {
  it('says of a sound bill what each step found', async () => {
    const { exit, out, note } = await billproof(['verify', '--state', freshState(), bill()]);
    expect(note).toBe('');
    expect(out.split('\n')).toEqual([
      'VERIFIED  bill 2026-09, account K3F7-9Q2M, 0.00 CNY',
      '  ok  1 file        3 events, 0 readings',
      '  ok  2 identity    First check of bills.example/log/tower here. Compare this name with the notice in your building.',
      '  ok  3 signatures  0 readings of 0 meters, signed and unchanged.',
      '  ok  4 readings    None of 0 readings is missing; 0 failed attempts, on record.',
      '  ok  5 tariff      0 lines right to the last digit; each price was in the log before its use.',
      '                    That prices came first is shown by their order in the log, not by a date.',
      '  ok  6 money       Opening 0.00 + top-ups 50.00 - charges 0.00 = closing 50.00',
      '  ok  7 log         Entry 5 of a log of 8.',
      '  ok  8 witnesses   Signed by the ledger.',
      '                    Its rules ask for no independent witness.',
      '  --  9 chain       Not yet fixed on the shared chain; normal within 5 minutes of issue.',
      '  -- 10 history     First check here; later ones compare with it.',
      '',
    ]);
    expect(exit).toBe(0);
  });

  it('names the step that failed, with its code and where to read more', async () => {
    const path = file('tampered.billproof', tampered());
    const { exit, out } = await billproof(['verify', '--no-state', path]);
    expect(out).toMatch(/^FAILED {2}bill 2026-09, account K3F7-9Q2M, 0\.00 CNY\n/);
    expect(out).toContain(
      '  !!  7 log         event-chain-broken: Entry 2 does not follow from the one before: ' +
        'one was changed or left out.  (billproof explain event-chain-broken)\n',
    );
    expect(exit).toBe(1);
  });

  it('speaks Chinese when asked', async () => {
    const { exit, out } = await billproof(['verify', '--no-state', '--lang', 'zh-CN', bill()]);
    expect(out.split('\n').slice(0, 2)).toEqual([
      '核验一致  账单 2026-09\uff0c账户 K3F7-9Q2M\uff0c0.00 CNY',
      '  ok  1 文件  3 条记录\uff0c0 条读数',
    ]);
    expect(exit).toBe(0);
  });

  it('prints one JSON object a bill', async () => {
    const { exit, out } = await billproof(['verify', '--no-state', '--json', bill(), '/none']);
    const [first, second, rest] = out.split('\n').map((line) => (line ? JSON.parse(line) : null));
    expect(first).toMatchObject({
      format: 'billproof-verify/1',
      source: join(folder, 'bill.billproof'),
      exit: 0,
      overall: 'verified',
      lang: 'en',
      error: null,
      paper: null,
      bill: { account: 'K3F7-9Q2M', period: '2026-09', statement: { total: '0.000000' } },
      checkpoint: { origin: 'bills.example/log/tower', size: 8 },
    });
    expect(first.layers.map(({ n, status }: { n: number; status: string }) => [n, status])).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => [n, n > 8 ? 'not-present' : 'verified']),
    );
    expect(first.layers[0].findings[0]).toEqual({
      code: 'bundle-whole',
      params: { events: 3, readings: 0 },
      text: '3 events, 0 readings',
    });
    expect(second).toMatchObject({
      source: '/none',
      exit: 2,
      overall: 'unusable',
      error: { code: 'file-unreadable' },
    });
    expect(rest).toBeNull();
    expect(exit).toBe(2);
  });

  it('gives many bills a line each and the worst exit code', async () => {
    const bad = file('tampered.billproof', tampered());
    const { exit, out } = await billproof(['verify', '--no-state', bill(), bad]);
    const lines = out.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toBe(
      `VERIFIED  bill 2026-09, account K3F7-9Q2M, 0.00 CNY  ${join(folder, 'bill.billproof')}`,
    );
    expect(lines[1]).toMatch(/^FAILED {2}bill 2026-09.*tampered\.billproof {2}\S/);
    expect(exit).toBe(1);
  });

  it('says nothing under -q but by its exit code', async () => {
    const bad = file('tampered.billproof', tampered());
    expect(await billproof(['verify', '--no-state', '-q', bad])).toEqual({
      exit: 1,
      out: '',
      note: '',
    });
  });

  it('says the same wherever on earth it runs', async () => {
    const [first, ...others] = await Promise.all(
      ['UTC', 'Asia/Shanghai', 'America/St_Johns'].map((TZ) =>
        billproof(['verify', '--no-state', '--json', bill()], '', { TZ }),
      ),
    );
    expect(first?.out).toContain('"overall":"verified"');
    expect(others).toEqual([first, first]);
  });

  it('reads standard input, and what was packed as gzip', async () => {
    const piped = await billproof(['verify', '--no-state', '-'], smallBill().text);
    expect([piped.exit, piped.out.slice(0, 8)]).toEqual([0, 'VERIFIED']);
    const packed = file('packed.billproof', gzipSync(smallBill().text));
    expect((await billproof(['verify', '--no-state', '-q', packed])).exit).toBe(0);
  });

  it.each([
    ['no JSON', 'hello', 'json-syntax'],
    ['other JSON', '{"format":"other/1"}', 'unknown-format'],
    ['not UTF-8', Buffer.from([0xff, 0xfe, 0x00]), 'bad-utf8'],
    ['a broken gzip', Buffer.from([0x1f, 0x8b, 0x00]), 'bad-gzip'],
    ['nothing', '', 'json-syntax'],
    ['deep nesting', '['.repeat(100_000), 'json-depth'],
    ['a bill that was cut short', smallBill().text.slice(0, -9), 'json-syntax'],
  ])('calls a file unusable that holds %s', async (name, content, code) => {
    const path = file(`${name}.billproof`, content);
    const { exit, out, note } = await billproof(['verify', '--no-state', path]);
    expect(out).toMatch(/^UNUSABLE {2}/);
    expect(out + note).toContain(code);
    expect(exit).toBe(2);
  });

  it('holds the ledger against a trust file', async () => {
    const own = file('own.policy', smallBill().trust);
    const other = file('other.policy', smallBill({ origin: 'bills.example/log/mall' }).trust);
    const pinned = await billproof(['verify', '--no-state', '--trust', own, bill()]);
    expect(pinned.out).toContain('The ledger that you named: bills.example/log/tower.');
    expect(pinned.exit).toBe(0);
    const stranger = await billproof(['verify', '--no-state', '--trust', other, bill()]);
    expect(stranger.out).toContain('not from bills.example/log/mall');
    expect(stranger.exit).toBe(1);
    const broken = await billproof(['verify', '--trust', file('broken.policy', 'log'), bill()]);
    expect(broken).toMatchObject({ exit: 2, out: '' });
    expect(broken.note).toContain('(policy-line)');
  });
});

describe('what an earlier check saw', () => {
  const history = (out: string) => out.split('\n').find((line) => / 10 /.test(line));

  it('is remembered and found again', async () => {
    const state = freshState();
    const args = ['verify', '--state', state, bill()];
    await billproof(args);
    const [seen] = JSON.parse(readFileSync(state, 'utf8')).logs;
    expect(seen).toMatchObject({ origin: 'bills.example/log/tower', size: 8 });
    const again = await billproof(args);
    expect(again.out).toContain('The same ledger as at your last check');
    expect(history(again.out)).toBe('  ok 10 history     The same log as at your last check.');
  });

  it('must be continued by a log that has grown', async () => {
    const state = freshState();
    await billproof(['verify', '--state', state, bill()]);
    const grown = bill({ after: 6, seen: 8 }, 'grown.billproof');
    const { exit, out } = await billproof(['verify', '--state', state, grown]);
    expect(history(out)).toContain('grew from 8 to 12 entries; none was changed.');
    expect(exit).toBe(0);
    expect(JSON.parse(readFileSync(state, 'utf8')).logs[0].size).toBe(12);
  });

  it('convicts a forked log, which cannot make it forgotten', async () => {
    const state = freshState();
    await billproof(['verify', '--state', state, bill()]);
    const before = readFileSync(state, 'utf8');
    const unproven = bill({ after: 6, others: 'forged' }, 'unproven.billproof');
    const silent = await billproof(['verify', '--state', state, unproven]);
    expect(history(silent.out)).toContain('does not lead back to your last check');
    expect(readFileSync(state, 'utf8')).toBe(before);
    const forked = bill({ others: 'forged' }, 'forked.billproof');
    const { exit, out } = await billproof(['verify', '--state', state, forked]);
    expect(history(out)).toMatch(/history-forked: Today's log contradicts the one seen here on \d/);
    expect(exit).toBe(1);
    expect(readFileSync(state, 'utf8')).toBe(before);
  });

  it('is looked up by the ledger that the file claims, wherever a decoy stands', async () => {
    const state = freshState();
    await billproof(['verify', '--state', state, bill()]);
    const decoy = smallBill({ others: 'forged' }).text.replace(
      '"fabric":[]',
      '"fabric":[{"log":{"origin":"decoy.example","vkey":"x"}}]',
    );
    const path = file('decoy.billproof', decoy);
    const { exit, out } = await billproof(['verify', '--state', state, path]);
    expect(history(out)).toContain('history-forked');
    expect(exit).toBe(1);
  });

  it('is not thrown away when it cannot be read', async () => {
    const state = file('damaged.json', '{"format":"billproof-seen/1","logs":[{}]}');
    const { exit, note } = await billproof(['verify', '--state', state, bill()]);
    expect(note).toContain('(memory-unreadable)');
    expect(exit).toBe(2);
    expect(readFileSync(state, 'utf8')).toContain('[{}]');
  });
});

describe('a bill behind an address', () => {
  const key = 'AAAAAAAAAAAAAAAAAAAAAA';

  /** A ledger's bundle route, with the bill of the size that was asked for. */
  async function withServer(test: (url: string, asked: IncomingMessage[]) => Promise<void>) {
    const asked: IncomingMessage[] = [];
    const server = createServer((request, response) => {
      asked.push(request);
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://ledger');
      if (pathname === '/elsewhere') {
        response.writeHead(302, { location: '/v1/statements/s1/bundle' }).end();
      } else if (request.headers['billproof-key'] !== key) response.writeHead(410).end();
      else {
        const seen = searchParams.get('seen');
        response.end(
          smallBill({ after: 6, ...(seen === null ? {} : { seen: Number(seen) }) }).text,
        );
      }
    });
    await new Promise<void>((up) => server.listen(0, '127.0.0.1', up));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      await test(`http://127.0.0.1:${port}`, asked);
    } finally {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    }
  }

  const c = base64url(fromHex(smallBill().commitment).subarray(0, 16));
  const link = (url: string, rest = `&c=${c}&a=0`, secret = key) =>
    `${url}/verify#bundle=/v1/statements/s1/bundle&key=${secret}${rest}`;

  it('is fetched by the link of a paper bill, whose secret is neither shown nor in the address', async () => {
    await withServer(async (url, asked) => {
      const args = ['verify', '--no-state', '--json', link(url)];
      const { exit, out, note } = await billproof(args);
      expect(JSON.parse(out)).toMatchObject({
        overall: 'verified',
        paper: null,
        source: `${url}/v1/statements/s1/bundle`,
      });
      expect(out + note).not.toContain(key);
      expect(asked.map((request) => request.url)).toEqual(['/v1/statements/s1/bundle']);
      expect(exit).toBe(0);
    });
  });

  it('is compared with what the paper says', async () => {
    await withServer(async (url) => {
      const amount = await billproof(['verify', '--no-state', link(url, `&c=${c}&a=138640`)]);
      expect(amount.out).toContain('!! Paper says 1,386.40, ledger 0.00.');
      expect(amount.exit).toBe(1);
      const other = await billproof([
        'verify',
        '--no-state',
        link(url, `&c=${'A'.repeat(22)}&a=0`),
      ]);
      expect(other.out).toContain('The paper is of another bill than this one');
      expect(other.exit).toBe(1);
    });
  });

  it('is fetched once more with the proof from the remembered log', async () => {
    await withServer(async (url, asked) => {
      const state = freshState();
      await billproof(['verify', '--state', state, bill()]);
      const { exit, out } = await billproof(['verify', '--state', state, link(url)]);
      expect(out).toContain('grew from 8 to 12 entries');
      expect(asked.map((request) => request.url)).toEqual([
        '/v1/statements/s1/bundle',
        '/v1/statements/s1/bundle?seen=8',
      ]);
      expect(exit).toBe(0);
    });
  });

  it('is expired, unreachable or refused offline, and none of these says that it is wrong', async () => {
    await withServer(async (url) => {
      const expired = await billproof(['verify', '--no-state', link(url, '', 'B'.repeat(22))]);
      expect(expired.out).toMatch(/^EXPIRED .*This code no longer opens the bill\./);
      const moved = `${url}/verify#bundle=/elsewhere&key=${key}`;
      expect((await billproof(['verify', '--no-state', moved])).out).toMatch(/^UNREACHABLE /);
      const closed = await billproof(['verify', '--no-state', 'http://127.0.0.1:9/bill']);
      expect(closed.out).toContain('This says nothing about the bill.');
      const offline = await billproof(['verify', '--offline', link(url)]);
      expect(offline).toMatchObject({ out: '' });
      expect([expired.exit, closed.exit, offline.exit]).toEqual([2, 2, 2]);
    });
  });
});
