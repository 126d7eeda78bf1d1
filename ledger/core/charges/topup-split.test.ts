import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMicros, parseMicros } from '../decimal.ts';
import type { WalletState } from './debt-recovery.ts';
import { parseSplitRule, type SplitRule, splitTopUp, type TopUp } from './topup-split.ts';

const empty: WalletState = {
  ...{ balance: 0n, cutOff: 0n, debt: 0n, recovered: 0n, emergencyUsed: 0n },
};
const single: SplitRule = { fill: [], shares: [{ wallet: 'electricity', weight: 1 }] };
const arrearsFirst: SplitRule = {
  fill: [
    { wallet: 'electricity', upTo: '0.000000' },
    { wallet: 'water', upTo: '0.000000' },
  ],
  shares: [
    { wallet: 'electricity', weight: 2 },
    { wallet: 'hvac', weight: 1 },
  ],
};

function split(amount: string, changes: Partial<TopUp> = {}) {
  return splitTopUp({
    ...{ account: 'acc-7', currency: 'CNY', source: 'cash:desk', rule: single },
    ...{ amountMicros: parseMicros(amount), wallets: new Map() },
    ...changes,
  });
}

describe('a top-up', () => {
  it('for one earmarked wallet goes there whole', () => {
    expect(
      split('50.000000').map(({ wallet, balanceMicros, postings }) => ({
        ...{ wallet, balanceMicros, postings },
      })),
    ).toEqual([
      {
        wallet: 'electricity',
        balanceMicros: 50_000_000n,
        postings: [
          { account: 'cash:desk', amount: '50.000000', currency: 'CNY' },
          { account: 'prepaid:acc-7:electricity', amount: '-50.000000', currency: 'CNY' },
        ],
      },
    ]);
  });

  it('may fill arrears in turn and share the rest by weight, to the last millionth', () => {
    const wallets = new Map([
      ['electricity', { ...empty, balance: parseMicros('-20.000000') }],
      ['water', { ...empty, balance: parseMicros('-5.000000') }],
    ]);
    const parts = (amount: string) =>
      split(amount, { rule: arrearsFirst, wallets }).map(
        ({ wallet, amountMicros }) => `${wallet} ${formatMicros(amountMicros)}`,
      );
    expect(parts('12.000000')).toEqual(['electricity 12.000000']);
    expect(parts('25.000000')).toEqual(['electricity 20.000000', 'water 5.000000']);
    expect(parts('35.000000')).toEqual([
      'electricity 26.666667',
      'water 5.000000',
      'hvac 3.333333',
    ]);
  });

  it('recovers debt within each wallet, on books of its own', () => {
    const owing = { ...empty, debt: 30_000_000n, emergencyUsed: 4_000_000n };
    const wallets = new Map([['electricity', owing]]);
    const recovery = { percent: '10', rounding: { mode: 'down', scale: 2 } } as const;
    const [part] = split('20.000000', { wallets, recovery });
    expect(part?.postings.map(({ account, amount }) => `${account} ${amount}`)).toEqual([
      'cash:desk 20.000000',
      'prepaid:acc-7:electricity -14.000000',
      'debt:acc-7:electricity -2.000000',
      'emergency:acc-7:electricity -4.000000',
    ]);
    expect(part?.balanceMicros).toBe(14_000_000n);
  });

  it('is divided exactly, its postings sum to zero, and the order of wallets never matters', () => {
    const balances = fc.dictionary(
      fc.constantFrom('electricity', 'water', 'hvac'),
      fc.bigInt({ min: -(10n ** 8n), max: 10n ** 8n }),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 9n }), balances, (amountMicros, drawn) => {
        const states = Object.entries(drawn).map(([wallet, balance]): [string, WalletState] => [
          wallet,
          { ...empty, balance },
        ]);
        const of = (wallets: ReadonlyMap<string, WalletState>) =>
          split('1.000000', { amountMicros, rule: arrearsFirst, wallets });
        const parts = of(new Map(states));
        expect(parts.reduce((sum, part) => sum + part.amountMicros, 0n)).toBe(amountMicros);
        for (const { postings } of parts) {
          expect(postings.reduce((sum, { amount }) => sum + parseMicros(amount), 0n)).toBe(0n);
        }
        expect(of(new Map(states.toReversed()))).toEqual(parts);
      }),
    );
  });

  it('of nothing is refused', () => {
    const refusal = expect.objectContaining({ code: 'amount-not-positive' });
    expect(() => split('0.000000')).toThrow(refusal);
  });
});

describe('a rule of splitting', () => {
  it('is read, names each wallet once, and someone takes the rest', () => {
    expect(parseSplitRule(JSON.parse(JSON.stringify(arrearsFirst)))).toEqual(arrearsFirst);
    const refusal = (code: string) => expect.objectContaining({ code });
    expect(() => parseSplitRule({ fill: [], shares: [] })).toThrow(refusal('split-empty'));
    const twice = { fill: [], shares: [...single.shares, ...single.shares] };
    expect(() => parseSplitRule(twice)).toThrow(refusal('split-wallet-twice'));
    const zero = { fill: [], shares: [{ wallet: 'water', weight: 0 }] };
    expect(() => parseSplitRule(zero)).toThrow(refusal('bad-shape'));
  });
});
