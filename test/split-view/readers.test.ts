import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { logFiles } from '../../api/cli/log-files.ts';
import { apiLog } from '../../api/log.ts';
import { type Service, serve } from '../../api/serve.ts';
import { configForTests } from '../../api/test/open-api-for-tests.ts';
import { hex, utf8 } from '../../ledger/core/bytes.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { verifyEquivocation } from '../../ledger/core/equivocation.ts';
import { parseVerifierKey } from '../../ledger/core/signed-note.ts';
import { type Verdict, verifyBundle } from '../../ledger/core/verdict.ts';
import { fsckLog } from '../../ledger/fsck-log.ts';
import { ORIGIN, SITE } from '../support/sample-ledger.ts';
import { billproof } from './run-cli.ts';
import { TENANT, type TwoHistories, tellTwoHistories } from './two-histories.ts';

// What readers of bills and of the public log notice of a fork by themselves: with a memory, with a
// neighbour's bill, with neither. Nobody here has witnesses or a chain.

const folder = mkdtempSync(join(tmpdir(), 'billproof-split-readers-'));
let two: TwoHistories;
let served: Service;

beforeAll(async () => {
  two = await tellTwoHistories();
  const config = configForTests(two.sample.dir);
  const log = apiLog('silent', { write: () => undefined });
  // Behind the API is the forked log now; the honest one is what people have seen of it.
  served = await serve({ config, ledger: two.fork, log });
});
afterAll(async () => {
  await served.stop();
  await two.remove();
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const bill = (name: keyof TwoHistories['bills']) => file(`${name}.billproof`, two.bills[name]);

/** Overall verdict, and what layer 10 says first. */
function judged({ overall, layers }: Verdict) {
  return [overall, layers[9]?.status, layers[9]?.findings[0]?.code];
}

describe('a verifier that remembers the honest log', () => {
  const seen = () => verifyBundle(two.bills.honest, {}).checkpoint;

  test('convicts another tree of the same size, and a larger one with the proof that it has', () => {
    const remembered = seen();
    const params = { seen: two.size };
    for (const [text, size] of [
      [two.bills.forked, two.size],
      [two.bills.forkedLarger, two.larger],
    ] as const) {
      const verdict = verifyBundle(text, { remembered });
      expect(judged(verdict)).toEqual(['failed', 'failed', 'history-forked']);
      expect(verdict.layers[9]?.findings[0]?.params).toEqual({ ...params, size });
      // What failed is not remembered, so the evidence stays.
      expect(verdict.checkpoint).toBeUndefined();
      // Every other layer is fooled: the forked bill is sound in itself.
      const failed = verdict.layers.filter(({ status }) => status === 'failed');
      expect(failed.map(({ n }) => n)).toEqual([10]);
    }
  });

  test('is told that nothing was compared where the proof is held back, and forgets nothing', () => {
    const verdict = verifyBundle(two.bills.forkedUnproven, { remembered: seen() });
    expect(judged(verdict)).toEqual(['verified', 'not-present', 'history-no-proof']);
    expect(verdict.checkpoint).toBeUndefined();
  });

  test('is not led back to a size that the forked log has never signed, and sees that the proof is held back', async () => {
    const size = two.common + 1;
    const root = hex(two.trees.honest.root(size));
    const remembered = { origin: ORIGIN, vkey: two.vkey, size, root };
    expect(two.trees.forked.root(size)).not.toEqual(two.trees.honest.root(size));
    const [row] = await two.fork.statements(SITE, { account: TENANT, limit: 1 });
    const asked = await two.fork.bundle(SITE, row?.id ?? '', { seen: size });
    expect(judged(verifyBundle(asked, { remembered }))).toEqual([
      ...['verified', 'not-present', 'history-no-proof'],
    ]);
    // Who has asked the ledger for the proof, as page and command line do, is not put off.
    expect(judged(verifyBundle(asked, { remembered, asked: true }))).toEqual([
      ...['failed', 'failed', 'history-withheld'],
    ]);
  });

  test('sees the contradiction in a bundle that shows both trees, and needs no memory for it', () => {
    const note = parseCheckpoint(two.trees.honest.note(two.size));
    const bundle = JSON.parse(two.bills.forkedLarger);
    const [own] = bundle.earlier;
    bundle.earlier = [{ ...own, checkpoint: two.trees.honest.note(note.size) }];
    const verdict = verifyBundle(JSON.stringify(bundle), {});
    expect(verdict.layers[9]?.findings).toEqual([
      {
        ...{ code: 'earlier-forked', object: '/earlier/0' },
        params: { seen: two.size, size: two.larger },
      },
    ]);
  });
});

test('a verifier without memory, trust file, witnesses and anchors notices nothing', () => {
  for (const text of [two.bills.honest, two.bills.forked, two.bills.forkedLarger]) {
    const { overall, layers } = verifyBundle(text, {});
    expect([overall, layers[8]?.findings[0]?.code, layers[9]?.findings[0]?.code]).toEqual([
      ...['verified', 'anchor-none', 'history-first-use'],
    ]);
  }
  // Pinning the key does not help: it is the log's own key that signs both.
  const trust = `log ${two.vkey}\nquorum none\n`;
  expect(verifyBundle(two.bills.forked, { trust }).overall).toBe('verified');
});

describe('the command line', () => {
  const state = join(folder, 'state', 'seen.json');
  const check = (path: string) => billproof('verify', '--state', state, path);

  test('remembers the honest log and convicts the forked one, whatever is tried in between', async () => {
    const first = await check(bill('honest'));
    expect([first.exit, first.lines.at(-1)]).toEqual([
      ...[0, '  -- 10 history     First check here; later ones compare with it.'],
    ]);
    const memory = readFileSync(state, 'utf8');
    const unproven = await check(bill('forkedUnproven'));
    expect([unproven.exit, unproven.lines.at(-1)]).toEqual([
      0,
      '  -- 10 history     The file does not lead back to your last check. Open the bill online to compare.',
    ]);
    for (const name of ['forked', 'forkedLarger'] as const) {
      const { exit, lines } = await check(bill(name));
      expect(exit).toBe(1);
      expect(lines[0]).toMatch(/^FAILED {2}bill 2026-08, account acc-1, [0-9.]+ CNY$/);
      expect(lines.at(-1)).toMatch(
        /^ {2}!! 10 history {5}history-forked: Today's log contradicts the one seen here on .+\. Keep both files, call the auditor\. {2}\(billproof explain history-forked\)$/,
      );
    }
    expect(readFileSync(state, 'utf8')).toBe(memory);
  });

  test('finds out a link of the forked service, which is asked to prove the rest', async () => {
    await check(bill('honest'));
    const { statement } = await shareOfForked();
    const { exit, lines } = await check(statement);
    expect(exit).toBe(1);
    expect(lines.at(-1)).toContain("history-forked: Today's log contradicts the one seen here");
  });

  /** The link on the tenant's paper, made by the service of the forked log. */
  async function shareOfForked() {
    const [row] = await two.fork.statements(SITE, { account: TENANT, limit: 1 });
    const id = row?.id ?? '';
    const { key } = await two.fork.shareBill(SITE, id);
    const bundle = `${served.url}/v1/statements/${id}/bundle`;
    return { statement: `${served.url}/verify#bundle=${bundle}&key=${key}` };
  }
});

describe('two tenants who compare', () => {
  const sentence = () =>
    `ledger.example/log/tower signed two different logs of ${two.size} entries. ` +
    'Keep both files, call the auditor.';

  test('have a proof that anybody can check: one size, two roots, one key', () => {
    const [one, other] = [two.trees.honest.note(two.size), two.trees.forked.note(two.size)];
    const key = parseVerifierKey(two.vkey);
    const prove = (a: string, b: string) =>
      verifyEquivocation(parseCheckpoint(a), parseCheckpoint(b), key);
    expect(prove(one, other)).toEqual({ ok: true });
    expect(prove(one, one)).toMatchObject({ code: 'equivocation-same-tree' });
    const later = two.trees.forked.note(two.larger);
    expect(prove(one, later)).toMatchObject({ code: 'equivocation-sizes' });
  });

  test('are told so by the command line, offline and without a memory', async () => {
    const [mine, neighbours] = [bill('honest'), bill('forked')];
    const { exit, lines } = await billproof('verify', '--no-state', mine, neighbours);
    expect(exit).toBe(1);
    expect(lines).toEqual([
      expect.stringMatching(/^VERIFIED {2}bill 2026-08, account acc-1, /),
      expect.stringMatching(/^VERIFIED {2}bill 2026-08, account acc-1, /),
      `TWO HISTORIES  ${mine}  ${neighbours}  ${sentence()}`,
    ]);
    const quiet = await billproof('verify', '--no-state', '-q', mine, neighbours);
    expect(quiet).toEqual({ exit: 1, lines: [], note: '' });
  });

  test('are told so also where one bill is of a larger tree that shows the earlier one', async () => {
    const [mine, neighbours] = [bill('honest'), bill('forkedLarger')];
    const { exit, lines } = await billproof('verify', '--no-state', neighbours, mine);
    expect(exit).toBe(1);
    expect(lines[2]).toBe(`TWO HISTORIES  ${neighbours}  ${mine}  ${sentence()}`);
  });

  test('get the proof as JSON', async () => {
    const [mine, neighbours] = [bill('honest'), bill('forked')];
    const { exit, lines } = await billproof('verify', '--no-state', '--json', mine, neighbours);
    expect([exit, lines.length]).toEqual([1, 3]);
    const trees = [two.trees.honest, two.trees.forked];
    expect(JSON.parse(lines[2] ?? '')).toEqual({
      ...{ format: 'billproof-contradiction/1', exit: 1, lang: 'en', text: sentence() },
      ...{ origin: 'ledger.example/log/tower', vkey: two.vkey, size: two.size },
      sources: [mine, neighbours],
      roots: trees.map((tree) => hex(tree.root(two.size))),
      notes: trees.map((tree) => tree.note(two.size)),
    });
  });

  test('see nothing in two bills whose trees are of two sizes', async () => {
    const bills = [bill('honest'), bill('forkedUnproven')];
    const { exit, lines } = await billproof('verify', '--no-state', ...bills);
    expect([exit, lines.length]).toEqual([0, 2]);
  });

  test('are not made to quarrel by a bill whose signature somebody forged', async () => {
    const forged = two.bills.forked.replace(/(\\n\u2014 \S+ .{20}).{4}/u, '$1AAAA');
    const mine = bill('honest');
    const { exit, lines } = await billproof('verify', '--no-state', file('forged', forged), mine);
    expect([exit, lines.length]).toEqual([1, 2]);
    expect(lines[0]).toContain("The ledger's signature is false.");
  });
});

describe('an auditor who checks the public log', () => {
  const url = () => `${served.url}/log/${SITE}`;
  const fsck = (...more: readonly string[]) =>
    billproof('fsck', '--quiet', '--log', url(), '--vkey', two.vkey, ...more);

  test('finds a forked log sound, for so it is', async () => {
    const { exit, lines } = await fsck();
    expect(exit).toBe(0);
    expect(lines).toEqual([
      expect.stringMatching(
        `^CLEAN {3}ledger.example/log/tower, ${two.larger} events, 2 tiles in [0-9.]+ s$`,
      ),
    ]);
  });

  test('finds it forked with a bill, or with a checkpoint that a witness or an anchor shows', async () => {
    const note = file('honest.note', two.trees.honest.note(two.size));
    for (const known of [bill('honest'), note]) {
      const { exit, lines } = await fsck('--against', known);
      expect(exit).toBe(1);
      expect(lines.slice(1)).toEqual([
        `  !! log-forked  ledger.example/log/tower: The first ${two.size} entries are not those of ` +
          'a checkpoint that the log has signed.',
      ]);
    }
  });

  test('finds it forked also by a size that it has never signed itself', async () => {
    const size = two.common + 1;
    const known = file('early.note', two.trees.honest.note(size));
    expect((await fsck('--against', known)).lines[1]).toContain('log-forked');
  });

  test('finds a log behind that ends before a tree that it has signed', async () => {
    const files = logFiles(url());
    // The copy as it was, served again.
    const read = async (path: string) =>
      path === 'checkpoint' ? utf8(two.trees.honest.note(two.common)) : await files(path);
    const known = [parseCheckpoint(two.trees.honest.note(two.size))];
    const { findings } = await fsckLog(read, two.vkey, { known });
    const detail = `The log ends at ${two.common} entries, but it has signed a tree of ${two.size}.`;
    expect(findings).toEqual([{ code: 'log-behind', site: ORIGIN, detail }]);
  });

  test('finds nothing where only the common past is compared', async () => {
    const common = file('common.note', two.trees.honest.note(two.common));
    const own = bill('forkedLarger');
    expect(await fsck('--against', common, '--against', own)).toMatchObject({ exit: 0 });
  });

  test('refuses to compare with what the log did not sign', async () => {
    const note = two.trees.honest.note(two.size);
    const stranger = file('stranger.note', note.replace(/(\n\u2014 \S+ .{20}).{4}/u, '$1AAAA'));
    const { exit, note: told } = await fsck('--against', stranger);
    expect([exit, told]).toEqual([2, expect.stringContaining('(known-not-signed)')]);
  });
});
