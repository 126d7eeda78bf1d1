import { describe, expect, it } from 'vitest';
import { verifyBundle } from '../../ledger/core/verdict.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import { attacks } from './all-attacks.ts';
import { honestSite } from './attack.ts';
import { base as charges } from './charges-story.ts';
import { closedHonestly } from './closing-attacks.ts';
import { honestDeposits } from './deposit-attacks.ts';
import { HOT } from './format-2-story.ts';
import { judgementFor, judgementOf } from './judgement.ts';
import { move } from './move-attacks.ts';
import { all, honest, TENANT, tell } from './story.ts';
import { honestSurplus } from './surplus-attacks.ts';
import { honestWallets } from './wallet-attacks.ts';

const primitives = nativePrimitives();

describe('the site on which nobody lies', () => {
  it('has a bill that is verified, under a trust file and at first sight', () => {
    const f = honestSite();
    const text = f.bundle(TENANT, (parts) => ({ ...parts, earlier: [f.earlier(18)] }));
    const judged = [{ trust: f.trust }, {}, { trust: f.trust, remembered: f.seen(18) }].map(
      (options) => judgementOf(verifyBundle(text, { ...options, primitives })),
    );
    expect(judged).toEqual(Array.from({ length: 3 }, () => ({ overall: 'verified', failed: {} })));
  });
});

describe('a site on which money goes back by the rules', () => {
  const names = ['refund', 'reversal', 'oldReversal', 'transfer', 'surplus', 'correction'] as const;

  it.each(names)('has a verified bill with a %s', (name) => {
    const f = tell({ 'use-3': all(honest['use-3'], move(name)) });
    const verdict = verifyBundle(f.bundle(TENANT), { trust: f.trust, primitives });
    expect(judgementOf(verdict)).toEqual({ overall: 'verified', failed: {} });
    expect(verdict.bill?.statement.moves).not.toBeUndefined();
  });

  it.each(Object.keys(closedHonestly))('has a verified bill when the account %s', (name) => {
    const f = tell(closedHonestly[name]);
    const verdict = verifyBundle(f.bundle(TENANT), { trust: f.trust, primitives });
    expect(judgementOf(verdict)).toEqual({ overall: 'verified', failed: {} });
  });
});

describe('a site that bills by format 2', () => {
  it('has a verified bill', () => {
    const f = tell(HOT);
    const verdict = verifyBundle(f.bundle(TENANT), { trust: f.trust, primitives });
    expect(judgementOf(verdict)).toEqual({ overall: 'verified', failed: {} });
    const periods = verdict.bill?.statement.lines.map(({ period, tier }) => `${period}/${tier}`);
    expect(periods).toEqual([
      ...['peak/above', 'peak/quota', 'sharp/quota', 'valley/above', 'valley/free'],
      'valley/quota',
    ]);
  });
});

describe('a site that charges all that format 2 has', () => {
  it('has a verified bill', () => {
    const f = tell(charges);
    const verdict = verifyBundle(f.bundle(TENANT), { trust: f.trust, primitives });
    expect(judgementOf(verdict)).toEqual({ overall: 'verified', failed: {} });
    const names = verdict.bill?.statement.posted?.map(({ name, amount }) => `${name} ${amount}`);
    expect(names).toEqual([
      ...['parking 40.000000', 'lift 183.920000', 'loss 172.900000', 'demand 84.000000'],
      ...['upkeep 2850.000000', 'minimum 391.809500', 'vat 65.000000'],
    ]);
  });
});

describe('a site on which a surplus goes back', () => {
  it('has a verified bill with the tenant’s part of it', () => {
    const f = tell({ 'use-3': honestSurplus });
    const verdict = verifyBundle(f.bundle(TENANT), { trust: f.trust, primitives });
    expect(judgementOf(verdict)).toEqual({ overall: 'verified', failed: {} });
    expect(verdict.bill?.statement.moves).toHaveLength(1);
  });
});

describe('a site on which deposits are kept apart', () => {
  it.each(Object.keys(honestDeposits))('has a verified bill with a deposit %s', (name) => {
    const f = tell(honestDeposits[name]);
    const verdict = verifyBundle(f.bundle(TENANT), { trust: f.trust, primitives });
    expect(judgementOf(verdict)).toEqual({ overall: 'verified', failed: {} });
    expect(verdict.bill?.statement.moves).toBeUndefined();
  });
});

describe('a site on which wallets have terms', () => {
  it.each(Object.keys(honestWallets))('has a verified bill with %s', (name) => {
    const f = tell({ 'use-3': all(honest['use-3'], honestWallets[name] ?? (() => undefined)) });
    const verdict = verifyBundle(f.bundle(TENANT), { trust: f.trust, primitives });
    expect(judgementOf(verdict)).toEqual({ overall: 'verified', failed: {} });
    expect(verdict.bill?.statement.credit).not.toBeUndefined();
  });
});

describe.each(Object.entries(attacks))('attacks on %s', (_, list) => {
  it.each(list)('$by: $name', (attack) => {
    const { text, options } = attack.tamper();
    expect(judgementOf(verifyBundle(text, { ...options, primitives }))).toEqual(
      judgementFor(attack),
    );
  });

  it('have names of their own', () => {
    const names = list.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });
});
