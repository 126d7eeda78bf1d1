import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hex } from '../../ledger/core/bytes.ts';
import { verifyCosignatures } from '../../ledger/core/cosignature.ts';
import { parseNote, parseVerifierKey } from '../../ledger/core/signed-note.ts';
import { History, LOG_VKEY } from './branching-log.ts';
import { WitnessProcess } from './witness-process.ts';

const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 10);
const NINE = new History().grown(9);
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'billproof-witness-kill-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const startCli = async (data: string) =>
  await WitnessProcess.start(data, '--name', 'witness.example/w1', '--log', LOG_VKEY);

describe('a witness that dies at a step', () => {
  it.each([
    ['before reading', 9],
    ['before signing', 9],
    ['after signing', 9],
    ['before storing', 9],
    ['after storing', 20],
  ] as const)(
    '%s has cosigned one history at most, and goes on from size %i',
    async (step, size) => {
      const data = join(folder, step.replaceAll(' ', '-'));
      const first = await startMortal(data, 'never');
      expect((await first.add(NINE.submission(0))).status).toBe(200);
      await first.stop();
      const mortal = await startMortal(data, step);
      await expect(mortal.add(NINE.grown(11).submission(9))).rejects.toThrow('fetch failed');
      const after = await startMortal(data, 'never');
      const fork = NINE.grown(11, 'fork');
      // What was stored binds, answered or not; what was only signed never left the process.
      const asked = await after.add(fork.submission(9));
      if (size === 9) expect(asked.status).toBe(200);
      else {
        expect(asked).toEqual({ status: 409, body: '20\n' });
        expect((await after.add(fork.submission(20))).status).toBe(422);
        expect((await after.add(NINE.grown(11).submission(20))).status).toBe(200);
      }
      await after.stop();
    },
  );

  async function startMortal(data: string, step: string): Promise<WitnessProcess> {
    mkdirSync(data, { recursive: true });
    return await WitnessProcess.startMortal(data, step);
  }
});

describe('billproof witness', () => {
  it(`killed ${ROUNDS} times under load goes back behind nothing that it answered`, async () => {
    const data = join(folder, 'killed');
    let history = new History();
    let answered = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const witness = await startCli(data);
      const probe = await witness.add(history.grown(1).submission(0));
      const known = probe.status === 200 ? 1 : Number(probe.body);
      if (probe.status === 200) history = history.grown(1);
      // One more than was answered may be stored: its answer was lost with the process.
      expect([answered, history.size, probe.status === 200 ? answered : known]).toContain(known);
      if (known > 0) {
        const fork = new History().grown(known + 3, 'fork');
        expect((await witness.add(fork.submission(known))).status).toBe(422);
        expect((await witness.add(fork.submission(0))).status).toBe(409);
      }
      answered = known;
      for (let old = known, asked = 0; ; asked += 1) {
        // However slow the machine is: amid what it is asked, and after it has answered some of it.
        if (asked === 2) void sleep(Math.random() * 120).then(() => witness.kill());
        const next = history.size > old ? history : history.grown(1);
        history = next;
        const said = await witness.add(next.submission(old)).catch(() => undefined);
        if (said === undefined) break;
        expect([said.status, said.body]).toEqual([200, expect.stringContaining('\u2014')]);
        answered = next.size;
        old = next.size;
      }
      await witness.kill();
    }
    expect(answered).toBeGreaterThan(ROUNDS);
  });

  it('raced through two processes on one folder cosigns one of two trees, each time', async () => {
    const data = join(folder, 'raced');
    const a = await startCli(data);
    const b = await startCli(data);
    expect(a.vkey).toBe(b.vkey);
    let history = new History();
    const trees = new Map<number, string>();
    for (let round = 0; round < 60; round += 1) {
      const old = history.size;
      const rivals = [history.grown(1, `left ${round}`), history.grown(2, `right ${round}`)];
      const answers = await Promise.all([
        a.add(rivals[0]?.submission(old) ?? ''),
        b.add(rivals[1]?.submission(old) ?? ''),
      ]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      const winner = rivals[answers.findIndex(({ status }) => status === 200)];
      if (winner === undefined) throw new Error('one of the two was cosigned');
      history = winner;
      trees.set(winner.size, hex(winner.root()));
      const note = parseNote(winner.checkpoint() + answers.find((x) => x.status === 200)?.body);
      const cosigned = verifyCosignatures(note, [parseVerifierKey(a.vkey)]);
      expect(cosigned).toMatchObject({ ok: true, cosignatures: [{}] });
    }
    for (const [size, root] of trees) expect(hex(history.root(size))).toBe(root);
    expect(await Promise.all([a.stop(), b.stop()])).toEqual([0, 0]);
  });

  it('keeps its key to itself, ends on SIGTERM whoever is connected, and keeps its name', async () => {
    const data = join(folder, 'kept');
    const first = await startCli(data);
    expect(statSync(join(data, 'witness.key')).mode & 0o777).toBe(0o600);
    await first.add(NINE.submission(0));
    // Who is connected and says nothing does not hold it up.
    const idle = connect(Number(new URL(first.url).port), '127.0.0.1').on('error', () => undefined);
    await once(idle, 'connect');
    expect(await first.stop()).toBe(0);
    idle.destroy();
    const secret = readFileSync(join(data, 'witness.key'), 'utf8').trim();
    expect(JSON.stringify(first.lines) + first.errors).not.toContain(secret);
    const again = await WitnessProcess.start(data, '--log', LOG_VKEY);
    expect(again.vkey).toBe(first.vkey);
    expect(await again.add(NINE.grown(1).submission(0))).toEqual({ status: 409, body: '9\n' });
    await again.stop();
    const renamed = WitnessProcess.start(data, '--log', LOG_VKEY, '--name', 'witness.example/w2');
    await expect(renamed).rejects.toThrow('witness-renamed');
    rmSync(join(data, 'witness.db'));
    const forgetful = WitnessProcess.start(data, '--log', LOG_VKEY);
    await expect(forgetful).rejects.toThrow('witness-state-missing');
  });
});
