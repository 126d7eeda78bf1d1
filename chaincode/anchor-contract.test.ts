import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { base64, fromBase64, hex } from '../ledger/core/bytes.ts';
import { prefixProof, treeHash } from '../test/reference/rfc6962.ts';
import { describeFixture } from '../test/support/fixtures.ts';
import { MERKLE_VECTORS, readMerkleVectors } from '../test/support/merkle-vector-files.ts';
import { formatProof, type SignedLog, signedLog } from '../test/support/signed-log.ts';
import { type SimulatedPeer, startSimulatedPeer } from '../test/support/simulated-peer.ts';
import { HISTORY_PAGE } from './anchor-contract.ts';
import { anchorKey, formatAnchor, headKey, logKeyKey } from './anchor-record.ts';

const log = signedLog('billproof.test/log/north', 64);
const HEAD = headKey(log.origin);
let peer: SimulatedPeer;

beforeAll(async () => {
  peer = await startSimulatedPeer();
});
afterAll(async () => {
  await peer.stop();
});
beforeEach(() => {
  for (const { key } of peer.state.range('', '')) peer.state.delete(key);
  putText(logKeyKey(log.origin), log.vkey);
});

const putText = (key: string, text: string) =>
  peer.state.put(key, Buffer.from(text), { block: 1, transaction: 0 });
const recordOf = (size: number, of = log) =>
  `{"origin":"${of.origin}","size":${size},"root":"${hex(of.root(size))}"}`;
const anchor = (size: number, of = log) => putText(headKey(of.origin), recordOf(size, of));
const submit = (note: string, proof = '', origin = log.origin) =>
  peer.execute(['Submit', origin, note, proof]);
const codeOf = async (executed: Promise<{ status: number; text: string }>) => {
  const { status, text } = await executed;
  return status === 500 ? text.slice(0, text.indexOf(':')) : `${status}`;
};

describe('a submitted checkpoint', () => {
  test('is written under its size and as the head, and told as an event', async () => {
    const key = `anchor/${log.origin}/0000000000000005`;
    expect(await submit(log.checkpoint(5))).toEqual({
      status: 200,
      text: `{"key":"${key}"}`,
      event: { name: 'anchored', payload: recordOf(5) },
      reads: [HEAD, logKeyKey(log.origin)],
      writes: { [key]: recordOf(5), [HEAD]: recordOf(5) },
    });
    const next = await submit(log.checkpoint(9), log.proof(5, 9));
    expect(Object.keys(next.writes)).toEqual([anchorKey(log.origin, 9), HEAD]);
  });

  test('has the same record as the anchors of a real network', () => {
    const root = new Uint8Array(32).fill(0xab);
    expect(Buffer.from(formatAnchor({ origin: 'a.test/b', size: 300, root })).toString()).toBe(
      `{"origin":"a.test/b","size":300,"root":"${'ab'.repeat(32)}"}`,
    );
    expect(anchorKey('a.test/b', 300)).toBe('anchor/a.test/b/0000000000000300');
  });

  test('may carry signatures of others', async () => {
    const witness = '\u2014 witness.test AAAAAAECAwQFBgcICQ==\n';
    expect((await submit(log.checkpoint(5) + witness)).status).toBe(200);
  });

  test.each<[string, () => Promise<{ status: number; text: string }>]>([
    ['log-key-unknown', () => submitOf(signedLog('billproof.test/other'))],
    ['signature-missing', () => submitOf(signedLog(log.origin))],
    ['signature-invalid', () => submit(log.checkpoint(5).replace('\n5\n', '\n6\n'))],
    ['anchor-other-log', () => submit(log.checkpoint(5), '', 'billproof.test/log')],
    ['checkpoint-extension', () => submit(log.checkpoint(5).replace('=\n\n', '=\nmore\n\n'))],
    ['note-without-signatures', () => submit(log.checkpoint(5).split('\u2014')[0] ?? '')],
    ['anchor-empty-tree', () => submit(log.checkpoint(0))],
    ['proof-too-long', () => submit(log.checkpoint(5), log.proof(3, 5))],
    ['parameter-count', () => peer.execute(['Submit', log.origin])],
    ['transaction-unknown', () => peer.execute(['submit', log.origin, '', ''])],
    ['transaction-unknown', () => peer.execute(['constructor'])],
  ])('is refused as %s', async (code, run) => {
    expect(await codeOf(run())).toBe(code);
  });

  test('that does not grow is refused, and another history is called a fork', async () => {
    anchor(9);
    const known = submit(log.checkpoint(9));
    expect(await codeOf(known)).toBe('anchor-known');
    expect(await codeOf(submit(log.checkpoint(8)))).toBe('anchor-not-growing');
    expect(await codeOf(submit(log.checkpointOver(9, log.root(8))))).toBe('anchor-fork');
  });

  test('writes nothing when it is refused', async () => {
    anchor(9);
    const { writes, event } = await submit(log.checkpoint(12), log.proof(8, 12));
    expect({ writes, event }).toEqual({ writes: {}, event: undefined });
  });
});

const submitOf = (other: SignedLog) => submit(other.checkpoint(5), '', other.origin);

describe('consistency', () => {
  test('every pair of sizes up to 64 is accepted with the proof of the reference', async () => {
    const refused: string[] = [];
    for (let to = 2; to <= 64; to += 1) {
      const note = log.checkpoint(to);
      for (let from = 1; from < to; from += 1) {
        anchor(from);
        const { status, text } = await submit(note, log.proof(from, to));
        if (status !== 200) refused.push(`${from} to ${to}: ${text}`);
      }
    }
    expect(refused).toEqual([]);
  });

  test('random larger pairs agree with the slow reference', async () => {
    const large = signedLog('billproof.test/large', 700);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 700 }), fc.nat({ max: 698 }), async (to, n) => {
        const from = 1 + (n % to);
        fc.pre(from < to);
        putText(logKeyKey(large.origin), large.vkey);
        anchor(from, large);
        const proof = large.proof(from, to);
        expect((await submit(large.checkpoint(to), proof, large.origin)).status).toBe(200);
      }),
      { numRuns: 40 },
    );
  });

  test('a proof that was changed in any way is refused', async () => {
    const hashes = prefixProof(11, log.leaves.slice(0, 47));
    const forged: Record<string, Uint8Array[]> = {
      'without the first': hashes.slice(1),
      'without the last': hashes.slice(0, -1),
      'with one more': [...hashes, treeHash([])],
      'with one twice': [...hashes, ...hashes.slice(-1)],
      reversed: hashes.toReversed(),
      'with two exchanged': [hashes[1], hashes[0], ...hashes.slice(2)].flatMap((h) => h ?? []),
      'of another size': prefixProof(12, log.leaves.slice(0, 47)),
      'of another end': prefixProof(11, log.leaves.slice(0, 48)),
      empty: [],
    };
    for (let n = 0; n < hashes.length; n += 1) {
      const bent = hashes.map((hash, index) =>
        index === n ? hash.with(31, (hash[31] ?? 0) ^ 1) : hash,
      );
      forged[`with hash ${n} bent`] = bent;
    }
    const accepted: string[] = [];
    for (const [name, proof] of Object.entries(forged)) {
      anchor(11);
      const { status } = await submit(log.checkpoint(47), formatProof(proof));
      if (status === 200) accepted.push(name);
    }
    expect(accepted).toEqual([]);
  });

  test('a signed tree that is no extension is refused whatever the proof', async () => {
    const other = signedLog('billproof.test/rewritten').leaves;
    anchor(11);
    const rewritten = [...other.slice(0, 11), ...log.leaves.slice(11, 47)];
    const note = log.checkpointOver(47, treeHash(rewritten));
    const code = codeOf(submit(note, formatProof(prefixProof(11, rewritten))));
    expect(await code).toBe('from-root-mismatch');
  });

  test.each([
    ['a line break at the end', (proof: string) => `${proof}\n`],
    ['a blank line', (proof: string) => proof.replace('\n', '\n\n')],
    ['spaces', (proof: string) => proof.replace('\n', ' \n')],
    ['a carriage return', (proof: string) => proof.replace('\n', '\r\n')],
    ['hexadecimal', () => 'ab'.repeat(32)],
    ['short hashes', () => base64(new Uint8Array(31))],
    ['thousands of hashes', () => formatProof(Array(5000).fill(new Uint8Array(32)))],
  ])('a proof with %s is no proof', async (_, spoil) => {
    anchor(11);
    const spoilt = spoil(log.proof(11, 47));
    expect(await codeOf(submit(log.checkpoint(47), spoilt))).toBe('anchor-proof');
  });

  test('no text that a client can send does anything but be refused', async () => {
    anchor(11);
    const parts = fc.constantFrom(
      log.checkpoint(47),
      log.proof(11, 47),
      log.origin,
      '\n',
      '\u2014',
    );
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), parts);
    const name = fc.constantFrom('Submit', 'RegisterKey', 'Key', 'Latest', 'At', 'History', 'x');
    await fc.assert(
      fc.asyncProperty(name, fc.array(text, { maxLength: 4 }), async (fcn, parameters) => {
        const { status, writes } = await peer.execute([fcn, ...parameters.map(wellFormed)]);
        expect([200, 500]).toContain(status);
        expect(writes).toEqual({});
      }),
      { numRuns: 300 },
    );
  });
});

const wellFormed = (text: string) => text.toWellFormed();

describeFixture('the public consistency vectors', MERKLE_VECTORS, (testdata) => {
  test('are judged by the contract as they say', async () => {
    const vectors = readMerkleVectors(testdata, 'consistency');
    const judged: Record<string, string> = {};
    const wanted: Record<string, string> = {};
    for (const { name, folder, vector, wantErr } of vectors) {
      if (folder !== 'consistency') continue;
      const { size1: from, size2: to } = vector;
      // A head of no leaves cannot be, and the same size again is no growth.
      const isGrowth = from > 0 && from < to;
      wanted[name] = !wantErr && isGrowth ? 'anchored' : 'refused';
      judged[name] = await judge(from, to, vector);
    }
    expect(judged).toEqual(wanted);
    expect(Object.values(judged).filter((verdict) => verdict === 'anchored')).toHaveLength(4);
  });

  type Vector = { root1: string; root2: string; proof: readonly string[] | null };

  async function judge(from: number, to: number, { root1, root2, proof }: Vector): Promise<string> {
    putText(HEAD, `{"origin":"${log.origin}","size":${from},"root":"${hex(fromBase64(root1))}"}`);
    let note: string;
    try {
      note = log.checkpointOver(to, fromBase64(root2));
    } catch {
      // No log can sign this: the root is no hash, or the size no size.
      return 'refused';
    }
    const { status } = await submit(note, (proof ?? []).join('\n'));
    return status === 200 ? 'anchored' : 'refused';
  }
});

describe('the key of a log', () => {
  const fresh = signedLog('billproof.test/log/south');
  const register = (vkey: string, as: 'admin' | 'client' = 'admin', origin = fresh.origin) =>
    peer.execute(['RegisterKey', origin, vkey], as);

  test('is registered once by an administrator', async () => {
    const answer = JSON.stringify({ origin: fresh.origin, vkey: fresh.vkey });
    expect(await register(fresh.vkey)).toEqual({
      status: 200,
      text: answer,
      event: { name: 'key-registered', payload: answer },
      reads: [logKeyKey(fresh.origin)],
      writes: { [logKeyKey(fresh.origin)]: fresh.vkey },
    });
    expect((await peer.execute(['Key', fresh.origin])).text).toBe(fresh.vkey);
    expect((await register(fresh.vkey)).writes).toEqual({});
    expect(await codeOf(register(signedLog(fresh.origin).vkey))).toBe('log-key-fixed');
  });

  test('is not registered by a client', async () => {
    expect(await codeOf(register(fresh.vkey, 'client'))).toBe('not-an-admin');
  });

  test.each([
    ['log-key-form', () => register(log.vkey)],
    ['log-key-form', () => register(signedLog('a"b').vkey, 'admin', 'a"b')],
    ['log-key-form', () => register(signedLog('a\\b').vkey, 'admin', 'a\\b')],
    ['bad-verifier-key', () => register(fresh.vkey.slice(0, -4))],
    ['bad-verifier-key', () => register(`${fresh.vkey}\n`)],
    ['verifier-key-id', () => register(fresh.vkey.replace(/\+[0-9a-f]{8}\+/, '+00000000+'))],
  ])('is refused as %s', async (code, run) => {
    expect(await codeOf(run())).toBe(code);
  });
});

describe('a query', () => {
  test('answers nothing where nothing is anchored', async () => {
    for (const query of [['Latest'], ['At', '5'], ['Key']]) {
      const [name = '', ...rest] = query;
      const executed = await peer.execute([name, 'billproof.test/none', ...rest]);
      expect([executed.status, executed.text]).toEqual([200, '']);
    }
  });

  test('of one size reads that key alone, so that its version can be stated', async () => {
    await submit(log.checkpoint(5));
    const { text, reads } = await peer.execute(['At', log.origin, '5']);
    expect({ text, reads }).toEqual({ text: recordOf(5), reads: [anchorKey(log.origin, 5)] });
    expect((await peer.execute(['Latest', log.origin])).text).toBe(recordOf(5));
  });

  test.each(['', '-1', '05', '1e3', '9007199254740991', '9007199254740992', 'x'])(
    'of the size "%s" is refused',
    async (size) => {
      expect(await codeOf(peer.execute(['At', log.origin, size]))).toBe('anchor-size');
      expect(await codeOf(peer.execute(['History', log.origin, size]))).toBe('anchor-size');
    },
  );

  test('of the history goes through all sizes in pages, and through no other log', async () => {
    const sizes = Array.from({ length: 2 * HISTORY_PAGE + 7 }, (_, n) => 3 * n + 1);
    const record = (size: number, origin = log.origin) =>
      JSON.stringify({ origin, size, root: '00'.repeat(32) });
    for (const size of sizes) putText(anchorKey(log.origin, size), record(size));
    for (const origin of [`${log.origin}/5`, `${log.origin}5`, 'billproof.test/log']) {
      for (const size of sizes) putText(anchorKey(origin, size), record(size, origin));
    }
    const found: number[] = [];
    const pages: number[] = [];
    for (let more = true; more; ) {
      const { text } = await peer.execute(['History', log.origin, String(found.at(-1) ?? 0)]);
      const page: { anchors: { size: number }[]; more: boolean } = JSON.parse(text);
      found.push(...page.anchors.map(({ size }) => size));
      pages.push(page.anchors.length);
      more = page.more;
    }
    expect(found).toEqual(sizes);
    expect(pages).toEqual([HISTORY_PAGE, HISTORY_PAGE, 7]);
  });
});
