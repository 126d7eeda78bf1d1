import { beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../core/canonical-json.ts';
import { type EventType, type LedgerEvent, SITE_ACCOUNT } from '../core/event.ts';
import { gridBillRecorded, passThroughPolicy } from '../core/pass-through.ts';
import { SiteState } from '../writer/site-state.ts';
import { SurplusCheck } from './check-surplus.ts';

const KEY = '2026-08/electricity';
const POLICY = '01'.repeat(32);
const BILL = '02'.repeat(32);
const SETTLED = '03'.repeat(32);
const OPENED = '2026-08-01T00:00:00.000Z';
const approval = { asked: 'books-1', approved: 'head-2' };
const policy = {
  ...{ policy: 'pass-through', jurisdiction: 'CN', wallet: 'electricity' },
  ...{ limit: 'grid-bill', method: 'average', approval },
};
const bill = {
  ...{ bill: 'grid-1', wallet: 'electricity', period: '2026-08', unit: 'kWh', by: 'books-1' },
  ...{ quantity: '100.000000', amount: '70.000000', other: '0.000000' },
  rows: [{ period: 'all', quantity: '100.000000', own: '0.000000', amount: '70.000000' }],
  evidence: 'ab'.repeat(32),
};
/** 60 and 40 were charged of 70 due; 30 go back as 18 and 12. */
const settled = {
  ...{ wallet: 'electricity', period: '2026-08', method: 'average', approval, accounts: 2 },
  ...{ policy: { n: 1, hash: POLICY }, bills: [{ n: 2, hash: BILL }], due: '70.000000' },
  ...{ charges: '100.000000', of: '100.000000', corrected: '0.000000', surplus: '30.000000' },
};

function event(account: string, type: EventType, data: object): LedgerEvent {
  const head = { v: 1, log: 'l', n: 3, prev: '', at: '2026-09-01T00:00:00.000Z', id: '' } as const;
  const told: JsonObject = JSON.parse(JSON.stringify(data));
  return { ...head, account, type, data: told };
}

describe('what goes back of a settled period', () => {
  let state: SiteState;
  let check: SurplusCheck;
  const settle = (changes: object = {}) =>
    check.take(
      state,
      event(SITE_ACCOUNT, 'passthrough.settled', { ...settled, ...changes }),
      SETTLED,
    );
  const giveBack = (account: string, amount: string) => {
    const move = { wallet: 'electricity', amount, balance: amount };
    const share = { settled: { n: 3, hash: SETTLED }, statement: { n: 5, hash: BILL } };
    const data = {
      ...{ kind: 'surplus', moves: [move], period: '2026-09', reason: 'grid', approval, share },
      postings: [],
    };
    return check.take(state, event(account, 'adjustment.posted', data), 'ff'.repeat(32));
  };

  beforeEach(() => {
    check = new SurplusCheck();
    state = new SiteState({ site: 's', origin: 'l', currency: 'CNY', zone: 'Asia/Shanghai' });
    const { passed } = state.newAccount(SITE_ACCOUNT, '');
    passed.policies.set('electricity', {
      ...{ n: 1, hash: POLICY, policy: passThroughPolicy(policy, '') },
    });
    passed.bills.set(KEY, [{ n: 2, hash: BILL, bill: gridBillRecorded(bill, '') }]);
    for (const [account, charges] of [
      ['a-1', 60_000_000n],
      ['a-2', 40_000_000n],
    ] as const) {
      const tenant = state.newAccount(account, OPENED);
      tenant.passed.billed.set(KEY, { n: 5, hash: BILL, charges });
      tenant.firstOpen = '2026-09';
    }
  });

  it('is the surplus of all accounts, whole', () => {
    expect(settle()).toBeUndefined();
    expect(check.left()).toEqual(['a-1', 'a-2']);
    expect([giveBack('a-1', '18.000000'), giveBack('a-2', '12.000000')]).toEqual([
      ...[undefined, undefined],
    ]);
    expect(check.left()).toEqual([]);
  });

  it.each([
    ['charges that the statements do not make', { charges: '90.000000', surplus: '20.000000' }],
    ['another sum of those above zero', { of: '99.000000' }],
    ['corrections that were none', { corrected: '10.000000', surplus: '20.000000' }],
    ['fewer accounts', { accounts: 1 }],
    ['another bill', { bills: [{ n: 2, hash: POLICY }] }],
    ['no bill', { bills: [] }],
    ['another policy', { policy: { n: 1, hash: BILL } }],
    ['another method', { method: 'by-period' }],
    ['a smaller surplus', { surplus: '1.000000' }],
    ['one person', { approval: { asked: 'books-1', approved: 'books-1' } }],
  ])('is found where a period is settled with %s', (_, changes) => {
    expect(settle(changes)).toContain(KEY);
  });

  it('is found where an account had no bill yet, with events or without', () => {
    const quiet = state.newAccount('a-3', OPENED);
    expect(settle()).toContain('a-3 had no bill');
    quiet.firstOpen = '2026-09';
    expect(settle()).toBeUndefined();
    state.newAccount('a-4', '2026-09-01T00:00:00.000Z');
    expect(settle()).toBeUndefined();
  });

  it('is found where a part is another, comes twice, or goes to somebody else', () => {
    settle();
    expect(giveBack('a-1', '17.999999')).toContain('part');
    expect(giveBack('a-1', '18.000000')).toContain('part');
    expect(giveBack('a-3', '12.000000')).toContain('part');
    expect(check.left()).toEqual(['a-2']);
  });

  it('leaves out the part of an account that was closed', () => {
    const left = state.accounts.get('a-2');
    if (left !== undefined) left.closedAt = '2026-09-01T00:00:00.000Z';
    expect([settle(), check.left()]).toEqual([undefined, ['a-1']]);
  });

  it('is found where a bill is not whole, or one person published a policy', () => {
    const recorded = event(SITE_ACCOUNT, 'gridbill.recorded', { ...bill, amount: '71.000000' });
    expect(check.take(state, recorded, BILL)).toContain('not the whole');
    const alone = { ...policy, approval: { asked: 'a', approved: 'a' } };
    const published = event(SITE_ACCOUNT, 'policy.published', alone);
    expect(check.take(state, published, POLICY)).toContain('one person');
  });
});
