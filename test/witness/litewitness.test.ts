import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findFreePorts } from '../../chaincode/network/ports.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { parseTime } from '../../ledger/core/time.ts';
import { verifyBundle } from '../../ledger/core/verdict.ts';
import { ORIGIN, SampleLedger, SITE } from '../support/sample-ledger.ts';
import { trustBy, until, witnessBy } from './witnessed-ledger.ts';

// A witness that others wrote: LITEWITNESS names the program `litewitness` of filippo.io/torchwood, which no
// package of npm or Debian brings. It wants an ssh-agent with its key.

const program = process.env['LITEWITNESS'];
const name = 'litewitness';

if (program === undefined) it.skip(`${name}: needs its program (LITEWITNESS)`);
else describe(name, () => cosigns(program));

function cosigns(litewitness: string): void {
  let sample: SampleLedger;
  const running: ChildProcess[] = [];
  beforeEach(async () => {
    sample = await SampleLedger.make();
  });
  afterEach(async () => {
    await sample.ledger.close();
    for (const child of running.splice(0)) child.kill('SIGKILL');
    rmSync(sample.dir, { recursive: true });
  });

  /** Starts it with a new key, watching the sample's log; its line in a policy. */
  async function start(): Promise<string> {
    const path = (file: string) => join(sample.dir, file);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path('key')]);
    const agent = spawn('ssh-agent', ['-D', '-a', path('agent')], { stdio: 'ignore' });
    running.push(agent);
    await until(() => added(path('key'), path('agent')));
    const listed = execFileSync('ssh-keygen', ['-l', '-f', path('key.pub')]).toString();
    const fingerprint = listed.split(' ')[1] ?? '';
    const port = await findFreePorts(1);
    const child = spawn(
      litewitness,
      [
        ...['-name', 'lite.example/w1', '-db', path('lite.db'), '-key', fingerprint],
        ...['-ssh-agent', path('agent'), '-listen', `127.0.0.1:${port}`],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    running.push(child);
    let vkey = '';
    for await (const line of createInterface({ input: child.stderr })) {
      vkey = /vkey=(\S+)/.exec(line)?.[1] ?? vkey;
      if (line.includes('msg=listening')) break;
    }
    watch(path('lite.db'));
    return `witness lite ${vkey} http://127.0.0.1:${port}/`;
  }

  /** What its `witnessctl add-log` does. */
  function watch(db: string): void {
    const lite = new Database(db);
    const empty = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';
    lite.prepare('INSERT INTO log VALUES (?, 0, ?)').run(ORIGIN, empty);
    lite.prepare('INSERT INTO key VALUES (?, ?)').run(ORIGIN, sample.ledger.site(SITE)?.vkey);
    lite.close();
  }

  it('cosigns a log of ours as it grows, and its word makes layer 8', async () => {
    const lines = [await start(), 'quorum lite'];
    const news = witnessBy(sample, lines);
    await sample.account('a-1', 'm-1');
    await sample.ledger.setClock(parseTime('2026-08-31T17:00:00.000Z'));
    await sample.readings(['m-1'], '2026-07-31T16:00:00.000Z', 96);
    await sample.readings(['m-1'], '2026-08-31T16:00:00.000Z', 1, 0, 150);
    await sample.ledger.execute({
      do: 'charge-fees',
      site: SITE,
      account: 'a-1',
      period: '2026-08',
    });
    const id = await sample.statement('a-1', '2026-08');
    const signed = async () => parseCheckpoint((await sample.ledger.checkpoint(SITE)) ?? '').size;
    await until(async () => {
      const note = await sample.ledger.witnessedCheckpoint(SITE);
      return note !== undefined && parseCheckpoint(note).size === (await signed());
    });
    const trust = trustBy(sample, lines);
    const verdict = verifyBundle(await sample.ledger.bundle(SITE, id), { trust });
    expect(verdict.overall).toBe('verified');
    expect(verdict.layers[7]?.findings[1]).toMatchObject({
      ...{ code: 'witnessed', params: { witnesses: 1, names: 'lite.example/w1' } },
    });
    expect(news).toEqual([]);
  });
}

/** Whether the agent has taken the key. */
function added(key: string, agent: string): boolean {
  try {
    const env = { PATH: process.env['PATH'] ?? '', SSH_AUTH_SOCK: agent };
    execFileSync('ssh-add', ['-q', key], { env, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
