import { expect, it } from 'vitest';
import { SiteState } from '../writer/site-state.ts';
import { checkEnd } from './check-end.ts';
import { Findings } from './finding.ts';

const AT = '2026-09-01T00:00:00.000Z';
const BINDING = {
  ...{ meter: 'm-1', serial: 'S-1', bridge: 'br-1', register: '1-0:1.8.0', unit: 'kWh' },
  ...{ wallet: 'electricity', ct: '1', pt: '1', tariff: 'office' },
};

function codesOf(type: string, change: (state: SiteState) => void): string[] {
  const state = new SiteState({ site: 's', origin: 'o', currency: 'CNY', zone: 'Asia/Shanghai' });
  const account = state.newAccount('a-1', AT);
  change(state);
  const found = new Findings('s');
  checkEnd(state, account, type, found, 7);
  return found.list.map(({ code }) => code);
}

it('finds every event after a closing, but for the bill that was due', () => {
  const close = (state: SiteState) => {
    for (const account of state.accounts.values()) account.closedAt = AT;
  };
  for (const type of ['usage.deducted', 'topup.credited', 'meter.installed', 'account.closed']) {
    expect(codesOf(type, close)).toEqual(['account-closed']);
  }
  expect(codesOf('statement.issued', close)).toEqual([]);
  expect(codesOf('usage.deducted', () => undefined)).toEqual([]);
});

it('finds what was left at a closing', () => {
  const fill = (micros: bigint) => (state: SiteState) => {
    for (const { wallets } of state.accounts.values()) wallets.set('water', micros);
  };
  expect(codesOf('account.closed', fill(-1n))).toEqual(['closed-with-money']);
  expect(codesOf('account.closed', fill(0n))).toEqual([]);
  expect(codesOf('topup.credited', fill(5n))).toEqual([]);
  const keep = (left: bigint) => (state: SiteState) => {
    for (const { deposits } of state.accounts.values()) {
      deposits.held.set('D-1', { n: 1, hash: '', left });
    }
  };
  expect(codesOf('account.closed', keep(1n))).toEqual(['closed-with-money']);
  expect(codesOf('account.closed', keep(0n))).toEqual([]);
  expect(codesOf('topup.credited', keep(1n))).toEqual([]);
  const bind = (account: string) => (state: SiteState) => {
    const meter = state.meter('m-1');
    meter.binding = BINDING;
    meter.account = account;
  };
  expect(codesOf('account.closed', bind('a-1'))).toEqual(['closed-with-meters']);
  expect(codesOf('account.closed', bind('a-2'))).toEqual([]);
});
