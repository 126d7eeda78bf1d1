import { setImmediate as turnOfEvents } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { History, LOG_VKEY } from '../../test/witness/branching-log.ts';
import { parseCheckpoint } from '../core/checkpoint.ts';
import { cosign } from '../core/cosignature.ts';
import {
  ED25519_COSIGNATURE,
  formatSignatureLine,
  formatVerifierKey,
  parseNote,
} from '../core/signed-note.ts';
import { parseTrustPolicy } from '../core/trust-policy.ts';
import { nativePrimitives } from '../native-primitives.ts';
import { noteSigner } from '../note-signer.ts';
import type { Sent } from './ask-witness.ts';
import { QuorumGatherer } from './quorum-gatherer.ts';
import { sitePolicy } from './site-policy.ts';
import { parseSubmission } from './submission.ts';
import type { WitnessedCheckpoint } from './witnessed-store.ts';

/** Longer than any test: who waits so long waits for ever. */
const FOR_EVER_MS = 3_600_000;
const signers = ['w1', 'w2'].map((name, i) =>
  noteSigner(`witness.example/${name}`, ED25519_COSIGNATURE, Buffer.alloc(32, i + 21)),
);

interface Asked {
  readonly url: string;
  readonly size: number;
  answer(sent?: Sent): void;
}

describe('a gatherer of cosignatures', () => {
  let kept: WitnessedCheckpoint[];
  let history: History;
  let asked: Asked[];
  let stop: AbortController;
  let nowMs: number;
  /** What reading the log waits for. */
  let gate: Promise<void>;

  beforeEach(() => {
    kept = [];
    history = new History().grown(5);
    asked = [];
    stop = new AbortController();
    nowMs = Date.now();
    gate = Promise.resolve();
  });
  afterEach(() => stop.abort());

  function gatherer(quorum: string): QuorumGatherer {
    const lines = signers.map(
      ({ key }, i) => `witness w${i + 1} ${formatVerifierKey(key)} w${i + 1}`,
    );
    const all = parseTrustPolicy([...lines, quorum, ''].join('\n'));
    const log = {
      site: 'tower',
      policy: sitePolicy({ forAll: all }, { site: 'tower', vkey: LOG_VKEY }),
      latest: async () => {
        const latest = { size: history.size, note: history.checkpoint() };
        await gate;
        return latest;
      },
      prove: async (from: number) => parseSubmission(Buffer.from(history.submission(from))).proof,
      rootAt: async (size: number) => (size > history.size ? undefined : history.root(size)),
    };
    const send = (url: string, body: string) =>
      new Promise<Sent>((resolve) => {
        const answer = (sent: Sent = cosigned(url, body)) => resolve(sent);
        const size = Number(body.split('\n\n')[1]?.split('\n')[1]);
        asked.push({ url, size, answer });
      });
    const tell = () => undefined;
    const parts = { send, tell, nowMs: () => nowMs, primitives: nativePrimitives() };
    const store = { last: async () => kept.at(-1)?.note };
    const keep = async (checkpoint: WitnessedCheckpoint) => void kept.push(checkpoint);
    return new QuorumGatherer(log, { ...parts, keep, store, stop: stop.signal });
  }

  /** Until those who are to be asked have been. */
  async function tick(one: QuorumGatherer): Promise<void> {
    await one.tick();
    await turnOfEvents();
  }

  /** What one begins with that knows only what was kept. */
  async function recalled(quorum: string): Promise<WitnessedCheckpoint | undefined> {
    return await gatherer(quorum).covering(0, 0);
  }

  const names = (note: string | undefined) =>
    parseNote(note ?? '')
      .signatures.slice(1)
      .map(({ name }) => name);

  it('gives what is asked for as soon as the quorum is there', async () => {
    const two = gatherer('group both all w1 w2\nquorum both');
    const waiting = two.covering(5, FOR_EVER_MS);
    await turnOfEvents();
    asked[1]?.answer();
    asked[0]?.answer();
    const witnessed = await waiting;
    expect(names(witnessed?.note)).toEqual(['witness.example/w1', 'witness.example/w2']);
    expect(await two.covering(5, FOR_EVER_MS)).toBe(witnessed);
    history = history.grown(4);
    const later = two.covering(9, FOR_EVER_MS);
    await turnOfEvents();
    for (const one of asked.slice(2)) one.answer();
    expect((await later)?.size).toBe(9);
    await two.settled();
  });

  it('lets nobody wait for a quorum that cannot come at present, and a little for one that may', async () => {
    const one = gatherer('quorum w1');
    expect(await one.covering(5, 20)).toBeUndefined();
    asked[0]?.answer({ kind: 'no-answer', why: 'It is ill.' });
    expect(await one.covering(5, FOR_EVER_MS)).toBeUndefined();
    // Another one cosigns all the while; it is no quorum.
    expect(asked.map(({ url }) => url)).toEqual(['w1', 'w2']);
    asked[1]?.answer();
    await one.settled();
    nowMs += 60_000;
    await tick(one);
    asked[2]?.answer();
    await one.settled();
    expect(one.witnessed?.size).toBe(5);
  });

  it('tells how old what is not witnessed may be, also while the log never rests', async () => {
    const one = gatherer('quorum w1');
    const answerAll = async () => {
      for (const { answer } of asked.splice(0)) answer();
      await one.settled();
      return [one.lag, one.lagMs];
    };
    expect([one.needed, one.lag, one.lagMs]).toEqual([1, 0, 0]);
    await tick(one);
    expect(await answerAll()).toEqual([0, 0]);
    history = history.grown(1);
    nowMs += 2_000;
    await tick(one);
    expect([one.lag, one.lagMs]).toEqual([1, 2_000]);
    // While the witness thinks, the log grows: what came then is younger than the question.
    nowMs += 300;
    history = history.grown(1);
    await tick(one);
    expect(await answerAll()).toEqual([1, 300]);
    nowMs += 400;
    await tick(one);
    expect([one.lag, one.lagMs]).toEqual([1, 700]);
    expect(await answerAll()).toEqual([0, 0]);
  });

  it('asks one that fails after 2, 4, 8 seconds, and at least every five minutes', async () => {
    const one = gatherer('quorum w1');
    const pauses: number[] = [];
    for (let failures = 0; failures < 10; failures += 1) {
      const before = asked.length;
      const failedMs = nowMs;
      for (; asked.length === before; nowMs += 1_000) await tick(one);
      nowMs -= 1_000;
      pauses.push((nowMs - failedMs) / 1000);
      for (const { answer } of asked.slice(before)) answer({ kind: 'no-answer', why: 'Ill.' });
      await one.settled();
    }
    expect(pauses).toEqual([0, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
    expect(one.states.map(({ failures, code }) => [failures, code])).toEqual([
      [10, 'no-answer'],
      [10, 'no-answer'],
    ]);
  });

  it('adds a late cosignature to the checkpoint under way, and to no other', async () => {
    const any = gatherer('group any any w1 w2\nquorum any');
    await tick(any);
    asked[0]?.answer();
    await any.covering(5, FOR_EVER_MS);
    expect(names(any.witnessed?.note)).toEqual(['witness.example/w1']);
    asked[1]?.answer();
    await any.settled();
    expect(names(any.witnessed?.note)).toEqual(['witness.example/w1', 'witness.example/w2']);
    history = history.grown(1);
    await tick(any);
    asked[2]?.answer();
    await any.covering(6, FOR_EVER_MS);
    history = history.grown(1);
    await tick(any);
    // The other one still has the checkpoint before: it is asked for nothing else meanwhile.
    expect(asked.slice(2).map(({ url, size }) => [url, size])).toEqual([
      ['w1', 6],
      ['w2', 6],
      ['w1', 7],
    ]);
    asked[3]?.answer();
    asked[4]?.answer();
    await any.settled();
    expect([any.witnessed?.size, names(any.witnessed?.note)]).toEqual([7, ['witness.example/w1']]);
  });

  it('believes of what an earlier run left only what its policy and its log bear out', async () => {
    const one = gatherer('quorum w1');
    await tick(one);
    asked[0]?.answer();
    asked[1]?.answer();
    await one.settled();
    expect(await recalled('quorum w1')).toEqual(one.witnessed);
    expect(await recalled('group both all w1 w2\nquorum both')).toEqual(one.witnessed);
    history = new History().grown(5, 'fork');
    expect(await recalled('quorum w1')).toBeUndefined();
    history = new History().grown(4);
    expect(await recalled('quorum w1')).toBeUndefined();
  });

  it('asks each witness once, however many turns are asked for at once', async () => {
    const one = gatherer('group both all w1 w2\nquorum both');
    await Promise.all([one.tick(), one.tick(), one.covering(5, 20), one.tick()]);
    await turnOfEvents();
    expect(asked.map(({ url }) => url)).toEqual(['w1', 'w2']);
  });

  it('gives what was signed before the call, though a turn has read the log before', async () => {
    const one = gatherer('quorum w1');
    await tick(one);
    for (const { answer } of asked.splice(0)) answer();
    await one.settled();
    const reading = Promise.withResolvers<void>();
    gate = reading.promise;
    const turn = one.tick();
    await turnOfEvents();
    history = history.grown(4);
    const covering = one.covering(9, FOR_EVER_MS);
    reading.resolve();
    await turn;
    await turnOfEvents();
    for (const { answer } of asked) answer();
    expect((await covering)?.size).toBe(9);
  });

  it('asks nobody when it is stopped, or its site goes, while the log is read', async () => {
    for (const end of ['stop', 'retire'] as const) {
      const one = gatherer('quorum w1');
      const reading = Promise.withResolvers<void>();
      gate = reading.promise;
      const turn = one.tick();
      await turnOfEvents();
      if (end === 'retire') one.retire();
      else stop.abort();
      reading.resolve();
      await turn;
      await tick(one);
      expect([end, asked.length, await one.covering(5, FOR_EVER_MS)]).toEqual([end, 0, undefined]);
      stop = new AbortController();
    }
  });

  it('keeps what is answered after its site has gone', async () => {
    const one = gatherer('quorum w1');
    await tick(one);
    one.retire();
    asked[0]?.answer();
    asked[1]?.answer();
    await one.settled();
    expect([asked.length, kept.at(-1)?.size]).toEqual([2, 5]);
  });

  it('says that the log cannot be read, and goes on when it can', async () => {
    const one = gatherer('quorum w1');
    gate = Promise.reject(new Error('away'));
    await expect(one.tick()).rejects.toThrow('away');
    await expect(one.covering(5, 20)).rejects.toThrow('away');
    gate = Promise.resolve();
    await tick(one);
    for (const { answer } of asked) answer();
    await one.settled();
    expect(one.witnessed?.size).toBe(5);
  });

  function cosigned(url: string, body: string): Sent {
    const signer = signers[Number(url.slice(1)) - 1];
    if (signer === undefined) throw new Error('one of the two was asked');
    const { note } = parseCheckpoint(parseSubmission(Buffer.from(body)).checkpoint);
    const line = cosign(note.text, Math.floor(nowMs / 1000), signer.key, signer.sign);
    return { kind: 'cosigned', lines: formatSignatureLine(line) };
  }
});
