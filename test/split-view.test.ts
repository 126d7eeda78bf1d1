import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FabricChain } from '../ledger/anchor/fabric/fabric-chain.ts';
import { utf8 } from '../ledger/core/bytes.ts';
import { canonicalize } from '../ledger/core/canonical-json.ts';
import { parseCheckpoint } from '../ledger/core/checkpoint.ts';
import { parseVerifierKey } from '../ledger/core/signed-note.ts';
import { type Layer, verifyBundle } from '../ledger/core/verdict.ts';
import { say } from '../ledger/core/words/render.ts';
import { Ledger } from '../ledger/ledger.ts';
import { nativePrimitives } from '../ledger/native-primitives.ts';
import { openWitness } from '../ledger/witness/open-witness.ts';
import { formatSubmission, parseSubmission } from '../ledger/witness/submission.ts';
import { connectionTo, registerLog } from './anchor/fabric-networks.ts';
import { billproof } from './split-view/run-cli.ts';
import {
  BOTH,
  ERROR,
  type Served,
  type ServedSplit,
  serveSplit,
  serveWith,
  witnessedSize,
} from './split-view/served-split.ts';
import { BOOKED, growTo, payAndBill, signedTree, TreeOf } from './split-view/two-histories.ts';
import { ORIGIN, SITE } from './support/sample-ledger.ts';
import { ORIGIN as BRANCHING, History, LOG_VKEY } from './witness/branching-log.ts';

// A split view from its first entry to its discovery: the operator, who holds the log key and a witness of
// his own, copies the data folder at night and goes on with two histories. Who notices, when, and what they say.
// What readers notice without witnesses and chains: split-view/readers.test.ts; on a public chain:
// split-view/contract.test.ts; in a browser: e2e/split-view-browser.test.ts.

let split: ServedSplit;
let fork: Served;
/** Bundles of the forked bill: of the anchored size, and of a larger tree with the proof from that size. */
let forkedBills: { readonly same: string; readonly larger: string };
let trees: { readonly honest: TreeOf; readonly forked: TreeOf };
let larger = 0;

beforeAll(async () => {
  split = await serveSplit();
});
afterAll(async () => {
  await fork?.stop();
  await split.remove();
});

/** What the fork's service does by itself takes some milliseconds; a witness is asked again after two seconds. */
const PATIENCE = { timeout: 60_000 };
const dataDir = () => split.copies.forked.dataDir;
const { operator, auditor } = {
  operator: () => split.operator.line,
  auditor: () => split.auditor.line,
};

function newsOf({ lines }: Served, msg: 'witness' | 'anchor') {
  return lines.filter((line) => line['msg'] === msg);
}

describe('while the fork is smaller than what others have seen', () => {
  let statement = '';

  beforeAll(async () => {
    const ledger = await Ledger.open(split.copies.forked);
    fork = await serveWith(ledger, dataDir(), [operator(), auditor(), ...BOTH], split.devnet);
  });

  test('the chain knows more than the copy, before the copy has logged anything', async () => {
    await expect
      .poll(async () => (await fork.ledger.anchors())[0]?.code, PATIENCE)
      .toBe('anchor-fork');
    expect((await signedTree(fork.ledger)).size).toBe(split.sizes.common);
    expect(newsOf(fork, 'anchor')).toMatchObject([
      {
        ...{ level: ERROR, site: SITE, code: 'anchor-fork' },
        why:
          `The chain holds a checkpoint of ${split.sizes.anchored} events, more than this log has: ` +
          'this is an older copy. Stop it and tell the auditor.',
      },
    ]);
  });

  test("the auditor's witness has cosigned more: `ahead`; the operator's cosigns", async () => {
    const { bridge } = split.sample.device;
    statement = await payAndBill(fork.ledger, bridge, split.reading, BOOKED);
    await expect.poll(() => newsOf(fork, 'witness').length, PATIENCE).toBe(1);
    expect(newsOf(fork, 'witness')).toMatchObject([
      {
        ...{ level: ERROR, site: SITE, witness: 'auditor', code: 'ahead' },
        why: `It has cosigned ${split.sizes.signed} events.`,
      },
    ]);
    const [{ witnesses = [] } = {}] = await fork.ledger.witnesses();
    expect(witnesses).toMatchObject([{ code: undefined }, { code: 'ahead', size: 0 }]);
  });

  test('there is no quorum, so a bill of it fails for whoever asks for one', async () => {
    expect(await witnessedSize(fork.ledger)).toBe(split.sizes.common);
    const bundle = await fork.ledger.bundle(SITE, statement);
    const { overall, layers } = verifyBundle(bundle, { trust: split.trust });
    expect([overall, codes(layers, 8)]).toEqual(['failed', ['quorum-missing']]);
    const words = 'Too few independent witnesses saw this log; others may see another one.';
    expect(say('en', 'quorum-missing')).toBe(words);
  });

  afterAll(async () => {
    await fork.stop();
    await growTheFork(statement);
    // He edits his own policy: his own witness is enough.
    const ledger = await Ledger.open(split.copies.forked);
    fork = await serveWith(
      ledger,
      dataDir(),
      [operator(), auditor(), 'quorum operator'],
      split.devnet,
    );
  });
});

/** On to the size that is anchored, to the size that is signed, and beyond; a checkpoint of each. */
async function growTheFork(statement: string): Promise<void> {
  const { anchored, signed } = split.sizes;
  const ledger = await Ledger.open(split.copies.forked);
  await growTo(ledger, anchored);
  const same = await ledger.bundle(SITE, statement);
  await growTo(ledger, signed);
  larger = (await growTo(ledger, signed + 5)).size;
  forkedBills = { same, larger: await ledger.bundle(SITE, statement, { seen: anchored }) };
  await ledger.close();
  trees = { honest: new TreeOf(split.sample.options.dataDir), forked: new TreeOf(dataDir()) };
}

function codes(layers: readonly Layer[], n: number): string[] {
  return layers[n - 1]?.findings.map(({ code }) => code) ?? [];
}

describe('the chaincode', () => {
  let chain: FabricChain;
  beforeAll(() => {
    chain = new FabricChain(connectionTo(split.devnet), nativePrimitives());
  });
  afterAll(() => chain.close());

  const submit = async (note: string, proof: readonly Uint8Array[]) => {
    const head = await chain.head(ORIGIN);
    await chain.prepare({ checkpoint: parseCheckpoint(note), note, head, proof });
  };

  /** Each peer says it; the first one's words. */
  const said = (words: string) => expect.stringMatching(new RegExp(`^${words}(;|$)`));

  test('refuses another root of the size that it holds, and says what it is', async () => {
    const { anchored } = split.sizes;
    await expect(submit(trees.forked.note(anchored), [])).rejects.toMatchObject({
      code: 'anchor-fork',
      message: said(`Size ${anchored} is anchored with another root: the log shows two histories.`),
    });
  });

  test('refuses a larger fork, with the honest proof of the forked tree as with any other', async () => {
    const { anchored, signed } = split.sizes;
    await expect(
      submit(trees.forked.note(larger), trees.forked.prove(anchored, larger)),
    ).rejects.toMatchObject({
      code: 'from-root-mismatch',
      message: said('The proof does not rebuild the root of the smaller tree.'),
    });
    // The proof of the honest tree begins rightly, and does not end at the forked root.
    await expect(
      submit(trees.forked.note(signed), trees.honest.prove(anchored, signed)),
    ).rejects.toMatchObject({
      code: 'root-mismatch',
      message: said('The proof does not rebuild the root of the larger tree.'),
    });
    await expect(submit(trees.forked.note(larger), [])).rejects.toMatchObject({
      code: 'proof-too-short',
    });
  });

  test('refuses to hear old notes again', async () => {
    const { common, anchored } = split.sizes;
    await expect(submit(trees.honest.note(common), [])).rejects.toMatchObject({
      code: 'anchor-not-growing',
      message: said(`Size ${anchored} is anchored; a smaller tree cannot follow it.`),
    });
    await expect(submit(trees.honest.note(anchored), [])).rejects.toMatchObject({
      code: 'anchor-known',
    });
    expect(await chain.head(ORIGIN)).toEqual({
      ...{ origin: ORIGIN, size: anchored, root: trees.honest.root(anchored) },
    });
  });
});

test('between two anchors, and before the first, the chain takes whichever tree comes first', async () => {
  await registerLog(split.devnet, { origin: BRANCHING, vkey: LOG_VKEY });
  const chain = new FabricChain(connectionTo(split.devnet), nativePrimitives());
  const anchor = async (history: History, from: number) => {
    const note = history.checkpoint();
    const { proof } = parseSubmission(utf8(history.submission(from)));
    const head = await chain.head(BRANCHING);
    const prepared = await chain.prepare({ checkpoint: parseCheckpoint(note), note, head, proof });
    await chain.submit(prepared);
    return (await chain.outcome(prepared, 10_000)).state;
  };
  const begun = new History().grown(5);
  const other = new History().grown(5, 'fork');
  expect(await anchor(begun, 0)).toBe('anchored');
  // From now on nobody can begin otherwise, but each end of what is anchored is as good as another.
  await expect(anchor(other, 0)).rejects.toMatchObject({ code: 'anchor-fork' });
  expect(await anchor(begun.grown(4, 'fork'), 5)).toBe('anchored');
  await expect(anchor(begun.grown(4), 9)).rejects.toMatchObject({ code: 'anchor-fork' });
  await expect(anchor(begun.grown(6), 9)).rejects.toMatchObject({ code: 'from-root-mismatch' });
  chain.close();
});

test('a witness, too, cosigns whichever tree comes first', () => {
  const opened = openWitness({
    ...{ dataDir: join(split.sample.dir, 'w-first'), name: 'witness.example/first' },
    logs: [parseVerifierKey(LOG_VKEY)],
  });
  const ask = (history: History, from: number) =>
    opened.witness.add(utf8(history.submission(from))).kind;
  const begun = new History().grown(5);
  expect(ask(begun, 0)).toBe('cosigned');
  expect(ask(begun.grown(4, 'fork'), 5)).toBe('cosigned');
  expect(ask(begun.grown(4), 9)).toBe('inconsistent');
  expect(ask(begun.grown(6), 9)).toBe('inconsistent');
  opened.close();
});

describe("the auditor's witness", () => {
  const ask = async (oldSize: number, proof: readonly Uint8Array[], checkpoint: string) => {
    const body = formatSubmission({ oldSize, proof, checkpoint });
    const url = `http://127.0.0.1:${split.auditor.port}/add-checkpoint`;
    const answer = await fetch(url, { method: 'POST', body });
    return [answer.status, await answer.text()];
  };

  test('answers 409 and its size to who begins at an older tree, 422 to a fork', async () => {
    const { common, signed } = split.sizes;
    const { forked, honest } = trees;
    expect(await ask(common, forked.prove(common, larger), forked.note(larger))).toEqual([
      ...[409, `${signed}\n`],
    ]);
    expect(await ask(signed, [], forked.note(signed))).toEqual([
      ...[422, 'The proof does not rebuild the root of the larger tree.\n'],
    ]);
    expect(await ask(signed, forked.prove(signed, larger), forked.note(larger))).toEqual([
      ...[422, 'The proof does not rebuild the root of the smaller tree.\n'],
    ]);
    // It goes on cosigning the honest one.
    expect((await ask(signed, [], honest.note(signed)))[0]).toBe(200);
  });

  test('is heard by the forked service: `inconsistent`, an error in its log', async () => {
    await expect.poll(() => newsOf(fork, 'witness').length, PATIENCE).toBe(1);
    expect(newsOf(fork, 'witness')).toMatchObject([
      { level: ERROR, site: SITE, witness: 'auditor', code: 'inconsistent', why: 'Status 422.' },
    ]);
    const ready = JSON.parse(await fork.text('/readyz'));
    expect(ready.witnesses[0].witnesses).toMatchObject([
      { witness: 'operator', failures: 0 },
      { witness: 'auditor', code: 'inconsistent' },
    ]);
    expect(await fork.text('/metrics')).toContain(
      'billproof_witness_failing{site="tower",witness="auditor"} 1',
    );
  });
});

describe('the forked service', () => {
  test('is told by the chain that it shows another history', async () => {
    expect(await fork.ledger.anchorNow()).toBe(false);
    const { anchored, common } = split.sizes;
    const [state] = await fork.ledger.anchors();
    expect(state?.code).toBe('anchor-fork');
    // It has the anchors of the copy, and no later one.
    expect(state?.size).toBeLessThanOrEqual(common);
    expect(newsOf(fork, 'anchor')).toMatchObject([
      {
        ...{ level: ERROR, site: SITE, code: 'anchor-fork' },
        why:
          `The chain holds another root for the first ${anchored} events: the log shows two ` +
          'histories. Stop it and tell the auditor.',
      },
    ]);
    const ready = JSON.parse(await fork.text('/readyz'));
    expect(ready).toMatchObject({ status: 'ready', anchors: [{ code: 'anchor-fork' }] });
    expect(await fork.text('/metrics')).toMatch(/billproof_anchor_failing\{site="tower",.*\} 1/);
  });

  test('while the honest one has nothing to complain of', async () => {
    const { anchored, signed } = split.sizes;
    expect(await split.honest.ledger.anchors()).toMatchObject([
      { code: undefined, size: anchored },
    ]);
    expect(await witnessedSize(split.honest.ledger)).toBe(signed);
    expect(split.honest.lines.filter((line) => Number(line['level']) > 30)).toEqual([]);
  });
});

describe('a verifier with a trust file and no memory', () => {
  const judge = (text: string, trust = split.trust) => verifyBundle(text, { trust });

  test('accepts the honest bill', () => {
    const { overall, layers } = judge(split.bill);
    expect([overall, codes(layers, 8), codes(layers, 9)]).toEqual([
      ...['verified', ['signed-ok', 'witnessed'], ['anchored-development']],
    ]);
  });

  test('misses the quorum in the fork, whose own witness alone is not enough', async () => {
    const [row] = await fork.ledger.statements(SITE, { limit: 1 });
    await expect.poll(() => witnessedSize(fork.ledger), PATIENCE).toBe(larger);
    const bundle = await fork.ledger.bundle(SITE, row?.id ?? '');
    for (const text of [bundle, forkedBills.same, forkedBills.larger]) {
      expect(codes(judge(text).layers, 8)).toEqual(['quorum-missing']);
    }
    // Who trusts only the operator's witness is deceived, in every layer.
    const own = [`log ${split.vkey}`, operator(), 'quorum operator', ''].join('\n');
    const deceived = judge(bundle, own);
    expect([deceived.overall, codes(deceived.layers, 8)]).toEqual([
      ...['verified', ['signed-ok', 'witnessed']],
    ]);
  });

  /** Pins log and channel, and asks for no witness. */
  const channel = () => {
    const anchors = split.trust.split('\n').filter((line) => line.startsWith('# '));
    return [`log ${split.vkey}`, 'quorum none', ...anchors, ''].join('\n');
  };

  test('that pins the channel finds that the receipt is of another tree', () => {
    const anchors = JSON.parse(split.bill).anchors;
    expect(anchors.fabric).toHaveLength(1);
    const text = canonicalize({ ...JSON.parse(forkedBills.same), anchors });
    const { overall, layers } = judge(text, channel());
    expect([overall, codes(layers, 9)]).toEqual(['failed', ['fabric-write-set']]);
    expect(say('en', 'fabric-write-set')).toBe('The shared chain holds another state of the log.');
  });

  test('finds so also where the receipt is of an earlier tree, forked or honest', () => {
    const { anchors, checkpoint } = JSON.parse(split.bill);
    const bundle = JSON.parse(forkedBills.larger);
    const withEarlier = (change: object) => {
      const earlier = [{ ...bundle.earlier[0], anchors, ...change }];
      return judge(canonicalize({ ...bundle, earlier }), channel()).layers;
    };
    expect(codes(withEarlier({}), 9)).toEqual(['fabric-write-set']);
    const honestNote = withEarlier({ checkpoint });
    expect([codes(honestNote, 9), codes(honestNote, 10)]).toEqual([
      ...[['anchor-none'], ['earlier-forked']],
    ]);
  });

  test('notices nothing where the fork comes without a receipt: step 9 is only not there', () => {
    for (const text of [forkedBills.same, forkedBills.larger]) {
      const { overall, layers } = judge(text, channel());
      expect([overall, layers[8]?.status, codes(layers, 9)]).toEqual([
        ...['verified', 'not-present', ['anchor-none']],
      ]);
    }
    const words = 'Not yet fixed on the shared chain; normal within 5 minutes of issue.';
    expect(say('en', 'anchor-none')).toBe(words);
  });
});

describe('the data folder of the honest log, with the fork put into it', () => {
  const lastPath = () => join(split.sample.options.dataDir, 'last-checkpoint', 'checkpoints.db');

  beforeAll(async () => {
    for (const tree of Object.values(trees)) tree.close();
    await fork.stop();
    await split.stopHonest();
  });

  test('does not open while the last checkpoint, kept apart, is another one', async () => {
    const checkpointPath = lastPath();
    const { common, signed } = split.sizes;
    await expect(Ledger.open({ ...split.copies.older, checkpointPath })).rejects.toMatchObject({
      code: 'log-behind',
      message:
        `This data ends at event ${common}, but a checkpoint of ${signed} events was signed. It is ` +
        'an older copy: restore the newest one. Where there is none that is newer, docs/recovery.md ' +
        'says how the site goes on.',
    });
    await expect(Ledger.open({ ...split.copies.forked, checkpointPath })).rejects.toMatchObject({
      code: 'log-forked',
      message:
        `The first ${signed} events are not those that were signed. Keep this data as it is, ` +
        'restore the right copy, and tell the auditor.',
    });
  });

  test('is told apart by its kept anchors, and by a check of the store', async () => {
    const mixed = join(split.sample.dir, 'mixed');
    cpSync(split.sample.options.dataDir, mixed, { recursive: true });
    cpSync(join(dataDir(), 'ledger.db'), join(mixed, 'ledger.db'));
    const trust = join(split.sample.dir, 'trust.policy');
    writeFileSync(trust, split.trust);
    const { exit, lines } = await billproof('anchor', 'verify', '--data', mixed, '--trust', trust);
    const { anchored } = split.sizes;
    expect([exit, lines[0]]).toEqual([
      1,
      `FAILED  tower  ${anchored} events: The store has another root for ${anchored} events. (anchor-fork)`,
    ]);
    const checked = await billproof('fsck', '--quiet', '--data', mixed);
    // The store of last checkpoints is the honest one, and has no such tree.
    expect([checked.exit, checked.lines[1]]).toEqual([
      1,
      expect.stringMatching(/^ {2}!! log-forked {2}tower: The first \d+ events are not those/),
    ]);
  });
});
