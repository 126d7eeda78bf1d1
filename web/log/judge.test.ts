import { describe, expect, test } from 'vitest';
import { anchorOf, OUTCOMES, outcomeOf, signingOf, toneOf, witnessingOf } from './judge.ts';
import type { Anchor, Log, LogStatus, Witnessing } from './status.ts';

const WITNESSED: Witnessing = {
  ...{ size: 98, lag: 2, lagMs: 900, everyMs: 2_000, needed: 2 },
  witnesses: ['auditor', 'tenants', 'city'].map((witness) => {
    return { witness, size: 98, code: undefined };
  }),
};
const ANCHORED: Anchor = {
  ...{ chain: 'fabric/a/b/c', kind: 'fabric', network: 'real', at: '2026-09-01T00:00:00.000Z' },
  ...{ size: 90, lag: 10, lagMs: 40_000, everyMs: 60_000, code: undefined },
};
const LOG: Log = {
  ...{ site: 'tower', origin: 'ledger.example/log/tower', zone: 'Asia/Shanghai' },
  checkpoint: { size: 100, at: '2026-09-01T00:00:00.000Z', ageMs: 600 },
  ...{ witnessing: WITNESSED, anchors: [ANCHORED] },
};
const STATUS: LogStatus = {
  ...{ at: '2026-09-01T00:00:01.000Z', isWriting: true, unsignedMs: 0, logs: [LOG] },
};

function outcome(log: Partial<Log>, status: Partial<LogStatus> = {}) {
  return outcomeOf({ ...STATUS, ...status, logs: [{ ...LOG, ...log }] });
}

const witnessed = (change: Partial<Witnessing>): Witnessing => ({ ...WITNESSED, ...change });
const anchored = (change: Partial<Anchor>): Anchor => ({ ...ANCHORED, ...change });
const failing = (code: string) => [{ witness: 'city', size: undefined, code }];

describe('a log as a whole', () => {
  test('is green only when it is signed, witnessed, and anchored on a real network in time', () => {
    expect(outcome({})).toBe('good');
    expect(OUTCOMES.filter((one) => toneOf(one) === 'good')).toEqual(['good']);
    const others = [
      outcome({}, { isWriting: false }),
      outcome({}, { unsignedMs: 11_000 }),
      outcome({ checkpoint: undefined }),
      outcome({ witnessing: undefined }),
      outcome({ witnessing: witnessed({ needed: 0 }) }),
      outcome({ witnessing: witnessed({ lagMs: 60_000 }) }),
      outcome({ witnessing: witnessed({ witnesses: failing('inconsistent') }) }),
      outcome({ anchors: [] }),
      outcome({ anchors: [anchored({ network: 'development' })] }),
      outcome({ anchors: [anchored({ network: undefined })] }),
      outcome({ anchors: [anchored({ lagMs: 200_000 })] }),
      outcome({ anchors: [anchored({ code: 'chain-unavailable' })] }),
      outcome({ anchors: [ANCHORED, anchored({ code: 'anchor-fork' })] }),
    ];
    expect(others).toEqual([
      ...['stopped', 'stopped', 'begun', 'unwitnessed', 'unwitnessed', 'witnesses-late', 'forked'],
      ...['unanchored', 'development', 'begun', 'chain-late', 'chain-late', 'forked'],
    ]);
  });

  test('needs one real chain that is in time, whatever the others are', () => {
    const trial = anchored({ network: 'development' });
    expect(outcome({ anchors: [trial, ANCHORED] })).toBe('good');
    expect(outcome({ anchors: [anchored({ code: 'chain-unavailable' }), ANCHORED] })).toBe('good');
  });

  test('has nothing to say where there is no log, and the worst where there are several', () => {
    expect(outcomeOf({ ...STATUS, logs: [] })).toBeUndefined();
    const other = { ...LOG, site: 'quay', witnessing: undefined };
    expect(outcomeOf({ ...STATUS, logs: [LOG, other] })).toBe('unwitnessed');
    const forked = { ...LOG, anchors: [anchored({ code: 'anchor-fork' })] };
    expect(outcomeOf({ ...STATUS, logs: [other, forked, LOG] })).toBe('forked');
  });

  test('is red for two histories alone: what is late or away is no fault of the log', () => {
    expect(OUTCOMES.filter((one) => toneOf(one) === 'bad')).toEqual(['forked']);
  });
});

describe('the parts of a log', () => {
  test('a checkpoint may be old while there is nothing to sign', () => {
    const old = { size: 100, at: '2026-08-01T00:00:00.000Z', ageMs: 2_600_000_000 };
    expect(signingOf(STATUS, { ...LOG, checkpoint: old })).toBe('fresh');
    expect(signingOf({ ...STATUS, unsignedMs: 10_001 }, LOG)).toBe('unsigned');
  });

  test('a quorum is met as long as it comes in time, whoever is away', () => {
    expect(witnessingOf(witnessed({ witnesses: failing('no-answer') }))).toBe('met');
    expect(witnessingOf(witnessed({ lagMs: 14_000 }))).toBe('met');
    expect(witnessingOf(witnessed({ lagMs: 14_001 }))).toBe('late');
    const lost = witnessed({ lagMs: 14_001, witnesses: failing('no-answer') });
    expect(witnessingOf(lost)).toBe('failing');
    expect(witnessingOf(witnessed({ witnesses: failing('ahead') }))).toBe('disputed');
  });

  test('a development network is never green, and a chain has its own patience', () => {
    const states = [
      anchored({}),
      anchored({ network: 'development' }),
      anchored({ network: undefined, size: 0, at: undefined }),
      anchored({ lagMs: 150_001 }),
      anchored({ lagMs: 150_001, kind: 'ethereum' }),
      anchored({ network: 'development', code: 'anchor-transaction' }),
    ].map((anchor) => anchorOf(anchor));
    expect(states).toEqual(['real', 'development', 'begun', 'late', 'real', 'failing']);
    expect(states.map(toneOf)).toEqual(['good', 'unsure', 'calm', 'unsure', 'good', 'unsure']);
  });
});
