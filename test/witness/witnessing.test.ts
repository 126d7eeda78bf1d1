import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { checkExport } from '../../ledger/core/export-check.ts';
import { parseTime } from '../../ledger/core/time.ts';
import { checkPolicy, parseTrustPolicy } from '../../ledger/core/trust-policy.ts';
import { type Verdict, verifyBundle } from '../../ledger/core/verdict.ts';
import { exportPeriod } from '../../ledger/export.ts';
import { SampleLedger, SITE } from '../support/sample-ledger.ts';
import { FAULTS, type Fault, FaultyWitness, lineFor } from './faulty-witness.ts';
import { LocalWitness, trustBy, until, witnessBy } from './witnessed-ledger.ts';

let sample: SampleLedger;
let folder = '';
const stops: (() => Promise<void>)[] = [];

beforeEach(async () => {
  sample = await SampleLedger.make();
  folder = join(sample.dir, 'witnesses');
});
afterEach(async () => {
  await sample.ledger.close();
  for (const stop of stops.splice(0)) await stop();
  rmSync(sample.dir, { recursive: true });
});

async function local(name: string): Promise<LocalWitness> {
  const witness = new LocalWitness(folder, name, sample.ledger.site(SITE)?.vkey ?? '');
  stops.push(() => witness.stop());
  return await witness.start();
}

async function faulty(fault: Fault, seed?: number): Promise<FaultyWitness> {
  const witness = await FaultyWitness.start(fault, seed);
  stops.push(() => witness.stop());
  return witness;
}

const signedSize = async () => parseCheckpoint((await sample.ledger.checkpoint(SITE)) ?? '').size;
const witnessedSize = async () => {
  const note = await sample.ledger.witnessedCheckpoint(SITE);
  return note === undefined ? 0 : parseCheckpoint(note).size;
};

const isWitnessed = async () => (await witnessedSize()) === (await signedSize());

async function grow(): Promise<number> {
  const before = await signedSize();
  await sample.ledger.execute({ do: 'open-account', site: SITE });
  return await until(async () => {
    const size = await signedSize();
    return size > before && size;
  });
}

describe('a log with witnesses', () => {
  it('shows two of three that a bill is under one log, and says so when they are lost', async () => {
    const [a, b, c] = [await local('auditor'), await local('tenants'), await local('city')];
    const lines = [a.line, b.line, c.line, 'group two-of-three 2 auditor tenants city'];
    const trust = trustBy(sample, [...lines, 'quorum two-of-three']);
    const news = witnessBy(sample, [...lines, 'quorum two-of-three']);
    const august = await bill('a-1', '2026-08');
    const verdict = await judgeWitnessed(august, trust);
    expect([verdict.overall, signedLayer(verdict)]).toEqual(['verified', 'witnessed']);
    expect(sample.ledger.policy(SITE)).toBe(trust.replaceAll(/ http\S+/g, ''));

    await a.stop();
    const second = await bill('a-2', '2026-08');
    const remembered = verdict.checkpoint;
    const later = await judgeWitnessed(second, trust, remembered);
    expect([later.overall, signedLayer(later)]).toEqual(['verified', 'witnessed']);
    expect(later.layers[9]?.findings[0]?.code).toMatch(/^history-(consistent|same)$/);

    await b.stop();
    await until(() => news.some(({ witness }) => witness === 'tenants') || void grow());
    const third = await bill('a-3', '2026-08');
    const lost = await judge(third, trust);
    expect([lost.overall, lost.layers[7]?.findings[0]?.code]).toEqual(['failed', 'quorum-missing']);
    // What was witnessed stays so, and a bill under it can be checked as before.
    const old = await judge(august, trust, remembered);
    expect([old.overall, signedLayer(old)]).toEqual(['verified', 'witnessed']);
    // Who asks for no quorum and saw a newer tree gets the proof from that one.
    const none = trustBy(sample, ['quorum none']);
    const newest = await judge(third, none);
    const compared = await judge(august, none, newest.checkpoint);
    expect(newest.checkpoint?.size).toBeGreaterThan(await witnessedSize());
    expect([compared.overall, compared.layers[9]?.status]).toEqual(['verified', 'verified']);
    expect(await sample.ledger.witnesses()).toMatchObject([
      {
        site: SITE,
        lag: (await signedSize()) - (await witnessedSize()),
        witnesses: [{}, {}, { failures: 0 }],
      },
    ]);

    await a.start();
    await until(isWitnessed);
    const again = await judgeWitnessed(third, trust, remembered);
    expect([again.overall, signedLayer(again)]).toEqual(['verified', 'witnessed']);
    await until(() => news.some(({ code }) => code === 'cosigns-again'));
    const told = news.filter(({ code }) => code === 'no-answer').map(({ witness }) => witness);
    expect(told.sort()).toEqual(['auditor', 'tenants']);
  });

  it('goes on after a restart from what was witnessed, and from what a witness tells', async () => {
    const witness = await local('auditor');
    const lines = [witness.line, 'quorum auditor'];
    witnessBy(sample, lines);
    const first = await until(async () => (await isWitnessed()) && (await witnessedSize()));
    const kept = join(sample.options.dataDir, 'witnessed', `${SITE}.note`);
    await until(async () => readNote(kept) === (await sample.ledger.witnessedCheckpoint(SITE)));
    await sample.reopen();
    witnessBy(sample, lines);
    expect(await witnessedSize()).toBe(first);
    const second = await grow();
    await until(async () => (await witnessedSize()) === second);
    // Lost, damaged, or of another log: the witness tells from where to prove.
    await sample.ledger.close();
    rmSync(kept);
    await sample.reopen();
    const news = witnessBy(sample, lines);
    expect(await sample.ledger.witnessedCheckpoint(SITE)).toBeUndefined();
    const third = await grow();
    await until(async () => (await witnessedSize()) === third);
    expect(news).toEqual([]);
  });

  it('serves a note that meets the policy, with each cosignature once', async () => {
    const [a, b] = [await local('auditor'), await local('tenants')];
    const lines = [a.line, b.line, 'group all all auditor tenants', 'quorum all'];
    witnessBy(sample, lines);
    const note = await until(() => sample.ledger.witnessedCheckpoint(SITE));
    const policy = parseTrustPolicy(trustBy(sample, lines));
    const kept = checkPolicy(policy, parseCheckpoint(note));
    expect(kept).toMatchObject({ ok: true, cosignatures: [{}, {}] });
    expect(note.match(/^\u2014 /gmu)).toHaveLength(3);
  });

  it('is what an archive leads to, where the trust file asks for a quorum', async () => {
    const [a, b] = [await local('auditor'), await local('tenants')];
    const lines = [a.line, b.line, 'group all all auditor tenants', 'quorum all'];
    witnessBy(sample, lines);
    const size = await grow();
    await until(async () => (await witnessedSize()) >= size);
    const kept = join(sample.options.dataDir, 'witnessed', `${SITE}.note`);
    await until(async () => readNote(kept) === (await sample.ledger.witnessedCheckpoint(SITE)));
    const out = join(sample.dir, 'archive');
    const { dataDir } = sample.options;
    const time = { from: '2026-07-01T00:00:00.000Z', to: '2026-08-01T00:00:00.000Z' };
    exportPeriod({ dataDir, site: SITE, ...time, out });
    const archive = readFileSync(out, 'utf8').trimEnd().split('\n');
    const codesBy = (trust: string) =>
      checkExport(archive, { trust }).findings.map(({ code }) => code);
    expect(codesBy(trustBy(sample, lines))).toEqual([]);
    const third = await local('third');
    expect(codesBy(trustBy(sample, [third.line, 'quorum third']))).toEqual(['quorum-missing']);
  });

  it('is served by the one that is good, whatever the others do', async () => {
    const good = await local('good');
    const bad = await Promise.all(FAULTS.map(([, , fault], i) => faulty(fault, i + 1)));
    const name = (fault: string) => fault.replaceAll(' ', '-');
    const lines = [good.line, ...bad.map((one, i) => one.lineAs(name(FAULTS[i]?.[0] ?? '')))];
    const names = FAULTS.map(([fault]) => name(fault));
    const any = `group any any good ${names.join(' ')}`;
    const news = witnessBy(sample, [...lines, any, 'quorum any'], 5_000);
    for (let round = 0; round < 3; round += 1) {
      const size = await grow();
      await until(async () => (await witnessedSize()) >= size);
    }
    await until(() => news.length >= FAULTS.length);
    // Each is told of once, however often it was asked.
    const told = news.map(({ site, witness, code }) => [site, witness, code]);
    expect(told.sort()).toEqual(FAULTS.map(([fault, code]) => [SITE, name(fault), code]).sort());
    const note = parseCheckpoint((await sample.ledger.witnessedCheckpoint(SITE)) ?? '');
    const kept = checkPolicy(
      parseTrustPolicy(trustBy(sample, [...lines, any, 'quorum any'])),
      note,
    );
    expect(kept).toMatchObject({
      ok: true,
      cosignatures: [{ key: { name: 'witness.example/good' } }],
    });
    const [{ witnesses = [] } = {}] = await sample.ledger.witnesses();
    expect(witnesses.map(({ witness, size, code }) => [witness, size > 0, code])).toEqual([
      ['good', true, undefined],
      ...FAULTS.map(([fault, code]) => [name(fault), false, code]),
    ]);
  });

  it('signs, bills and answers while its only witness hangs, and catches up after', async () => {
    const bad = await faulty(() => undefined);
    witnessBy(sample, [bad.lineAs('bad'), 'quorum bad'], 400);
    const statement = await bill('a-1', '2026-08');
    await until(async () => {
      const [state] = await sample.ledger.witnesses();
      return state?.witnesses[0]?.code === 'no-answer';
    });
    const verdict = await judge(statement, trustBy(sample, ['quorum none']));
    expect(verdict.overall).toBe('verified');
    // And when it comes to its senses it cosigns what has come meanwhile.
    bad.turn((sent, outgoing) => void outgoing.writeHead(200).end(lineFor(sent)));
    await until(isWitnessed);
  });
});

async function bill(account: string, period: string): Promise<string> {
  const { ledger } = sample;
  const meter = `m-${account}`;
  await ledger.setClock(parseTime('2026-07-31T15:00:00.000Z'));
  await sample.account(account, meter);
  await ledger.setClock(parseTime('2026-08-31T17:00:00.000Z'));
  await sample.readings([meter], '2026-07-31T16:00:00.000Z', 4);
  return await sample.statement(account, period);
}

async function judge(
  statement: string,
  trust: string,
  remembered?: Verdict['checkpoint'],
): Promise<Verdict> {
  const seen = remembered === undefined ? {} : { seen: remembered.size };
  const text = await sample.ledger.bundle(SITE, statement, seen);
  return verifyBundle(text, { trust, ...(remembered && { remembered }) });
}

/** The same once witnesses are told of: a bundle waits for them, but not for ever. */
async function judgeWitnessed(...asked: Parameters<typeof judge>): Promise<Verdict> {
  return await until(async () => {
    const verdict = await judge(...asked);
    return signedLayer(verdict) !== undefined && verdict;
  });
}

/** What layer 8 says of witnesses. */
function signedLayer({ layers }: Verdict): string | undefined {
  return layers[7]?.findings.find(({ code }) => code.startsWith('witness'))?.code;
}

function readNote(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
