import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMicros, parseMicros } from '../decimal.ts';
import { DAY_MS, parseTime } from '../time.ts';
import { zoneOf } from '../zone.ts';
import {
  parseRecoveryRule,
  type RecoveryRule,
  recoverDebt,
  recoveryLine,
  type WalletState,
  weekOf,
} from './debt-recovery.ts';

const rule: RecoveryRule = {
  percent: '10',
  mostPerWeek: '5.000000',
  rounding: { mode: 'down', scale: 2 },
};
const empty: WalletState = {
  ...{ balance: 0n, cutOff: 0n, debt: 0n, recovered: 0n, emergencyUsed: 0n },
};
const zone = zoneOf('Asia/Shanghai');

describe('debt recovery', () => {
  it('as published: of 10.00 a day, 9.00 go on from Monday to Friday, then the full 10.00', () => {
    let debt = parseMicros('100.000000');
    const recovered = new Map<string, bigint>();
    const goesOn: string[] = [];
    const monday = parseTime('2026-11-23T02:00:00.000Z');
    for (let day = 0; day < 8; day += 1) {
      const week = weekOf(zone, monday + day * DAY_MS);
      const state = { ...empty, debt, recovered: recovered.get(week) ?? 0n };
      const { amountMicros, parts } = recoverDebt(parseMicros('10.000000'), state, rule);
      debt -= parts.debt;
      recovered.set(week, state.recovered + parts.debt);
      goesOn.push(formatMicros(amountMicros));
    }
    const [nine, ten] = ['9.000000', '10.000000'];
    expect(goesOn).toEqual([nine, nine, nine, nine, nine, ten, ten, nine]);
    expect(formatMicros(debt)).toBe('94.000000');
  });

  it('pays debt, the gap to the cut-off level, emergency credit, and then the balance', () => {
    const state = {
      balance: parseMicros('-12.000000'),
      cutOff: parseMicros('-5.000000'),
      debt: parseMicros('30.000000'),
      recovered: 0n,
      emergencyUsed: parseMicros('8.000000'),
    };
    const { line, parts } = recoverDebt(parseMicros('20.000000'), state, rule);
    expect(line).toEqual({
      formula: 'debt: min(percent x amount, week - recovered, owed)',
      amount: '20.000000',
      percent: '10',
      week: '5.000000',
      recovered: '0.000000',
      owed: '30.000000',
      before: '-12.000000',
      level: '-5.000000',
      used: '8.000000',
      debt: '2.000000',
      cutOff: '7.000000',
      emergency: '8.000000',
      balance: '3.000000',
    });
    expect(recoveryLine(JSON.parse(JSON.stringify(line)), '')).toEqual(line);
    expect(recoverDebt(parseMicros('5.000000'), state, rule).parts).toEqual({
      ...{ debt: 500_000n, cutOff: 4_500_000n, emergency: 0n, balance: 0n },
    });
    expect(parts.balance).toBe(3_000_000n);
  });

  it('takes no more than the debt, and nothing without a rule', () => {
    const little = { ...empty, debt: 300_000n };
    expect(recoverDebt(10_000_000n, little, rule).parts.debt).toBe(300_000n);
    expect(recoverDebt(10_000_000n, little).parts).toEqual({
      ...{ debt: 0n, cutOff: 0n, emergency: 0n, balance: 10_000_000n },
    });
    const spent = { ...empty, debt: 9_000_000n, recovered: 6_000_000n };
    expect(recoverDebt(10_000_000n, spent, rule).parts.debt).toBe(0n);
    const { mostPerWeek: _, ...unlimited } = rule;
    const owing = { ...empty, debt: 99_000_000n };
    expect(recoverDebt(100_000_000n, owing, unlimited).parts.debt).toBe(10_000_000n);
  });

  it('refuses a top-up of nothing and a share that is none', () => {
    const refusal = (code: string) => expect.objectContaining({ code });
    expect(() => recoverDebt(0n, empty, rule)).toThrow(refusal('amount-not-positive'));
    for (const percent of ['-1', '100.000000001']) {
      expect(() => parseRecoveryRule({ ...rule, percent })).toThrow(refusal('recovery-percent'));
    }
    expect(parseRecoveryRule(JSON.parse(JSON.stringify(rule)))).toEqual(rule);
  });

  it('loses nothing and takes nothing twice', () => {
    const micros = fc.bigInt({ min: 0n, max: 10n ** 9n });
    const states = fc.record({
      balance: fc.bigInt({ min: -(10n ** 9n), max: 10n ** 9n }),
      cutOff: fc.bigInt({ min: -(10n ** 8n), max: 0n }),
      ...{ debt: micros, recovered: micros, emergencyUsed: micros },
    });
    fc.assert(
      fc.property(states, micros, (state, amount) => {
        fc.pre(amount > 0n);
        const { parts } = recoverDebt(amount, state, rule);
        const { debt, cutOff, emergency, balance } = parts;
        expect(debt + cutOff + emergency + balance).toBe(amount);
        for (const part of Object.values(parts)) expect(part).toBeGreaterThanOrEqual(0n);
        expect(debt).toBeLessThanOrEqual(state.debt);
        expect(emergency).toBeLessThanOrEqual(state.emergencyUsed);
        if (balance > 0n) expect(state.balance + cutOff).toBeGreaterThanOrEqual(state.cutOff);
        if (balance > 0n) expect(emergency).toBe(state.emergencyUsed);
      }),
    );
  });
});

describe('a week', () => {
  it('begins on Monday at local midnight', () => {
    const week = (time: string) => weekOf(zone, parseTime(time));
    expect(week('2026-11-29T15:59:59.999Z')).toBe('2026-11-23');
    expect(week('2026-11-29T16:00:00.000Z')).toBe('2026-11-30');
  });
});
