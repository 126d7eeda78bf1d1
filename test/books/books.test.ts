import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatMicros } from '../../ledger/core/decimal.ts';
import { paymentTaken } from '../../ledger/core/orders.ts';
import { formatTime } from '../../ledger/core/time.ts';
import type { CommandResult } from '../../ledger/writer/commands.ts';
import { type Doing, doing, KINDS } from './random-acts.ts';
import { brokenReports } from './reports-check.ts';
import {
  type Act,
  brokenRules,
  micros,
  moneyOf,
  SiteBooks,
  trace,
  transitOf,
} from './site-books.ts';

const ACCOUNTS = ['a-1', 'a-2', 'a-3'];
const WALLETS = ['electricity', 'water', 'gas'];
const PROVIDERS = ['alipay', 'wechat'];
const RUNS = Number(process.env['BOOKS_RUNS'] ?? 1_000);
const REPORTED = Math.ceil(RUNS / 50);

type Approved = Extract<
  Doing,
  { what: 'refund' | 'reverse' | 'adjust' | 'resolve' | 'agree' | 'give-back' }
>;

/** Does what is asked on the real books and holds them against what was acknowledged. */
class Run {
  readonly books = new SiteBooks();
  readonly #orders: { readonly order: string; readonly amount: string }[] = [];
  /** What providers have taken, by provider and number, as it was told first. */
  readonly #taken = new Map<string, string>();
  /** Top-ups at the desk, refunds of them, and events that were undone, each by account and number. */
  readonly #paid = new Map<string, bigint>();
  readonly #given = new Map<string, bigint>();
  readonly #undone = new Set<string>();
  refused = 0;
  done = 0;

  constructor() {
    for (const account of ACCOUNTS) this.#mustDo({ do: 'open-account', account });
  }

  step(next: Doing): void {
    // So that a sequence goes over the end of a month.
    this.books.nowMs += 5 * 3_600_000;
    if (next.what === 'restart') {
      const before = moneyOf(this.books.state);
      this.books.restart(next.project);
      expect(moneyOf(this.books.state)).toEqual(before);
      return;
    }
    if (next.what === 'fail') {
      this.books.failing = next.hidden ? 'hidden' : 'lost';
      return;
    }
    if (next.what === 'wait') this.books.nowMs += next.days * 86_400_000;
    else this.#do(next);
    expect(brokenRules(this.books.state)).toEqual([]);
  }

  /** Each payment that a provider has taken stands in the books once. */
  expectEachPaymentOnce(): void {
    let all = 0n;
    for (const id of this.#taken.keys()) {
      const text = this.books.document('payment', id);
      if (text !== undefined) all += micros(paymentTaken(JSON.parse(text), '').amount);
    }
    // A reversal takes a payment back out of transit; the test counts those apart.
    expect(transitOf(this.books.state) + this.#reversedTransit).toBe(all);
  }

  #reversedTransit = 0n;

  #do(next: Exclude<Doing, { readonly what: 'restart' | 'fail' | 'wait' }>): void {
    switch (next.what) {
      case 'top-up':
        this.#topUp(next);
        return;
      case 'order':
        this.#order(next);
        return;
      case 'pay':
        this.#pay(next);
        return;
      case 'close':
        this.#try({ do: 'close-order', order: this.#orderAt(next.order).order });
        return;
      case 'transfer':
        this.#try({
          do: 'transfer-between-wallets',
          ...{ account: accountOf(next.account), reason: 'asked', order: 'tenant' },
          moves: [
            { wallet: walletOf(next.from), amount: amountOf(-next.cents) },
            { wallet: walletOf(next.to), amount: amountOf(next.cents) },
          ],
        });
        return;
      case 'deposit':
        this.#try({
          do: 'take-deposit',
          ...{ account: accountOf(next.account), deposit: `D-${next.deposit}`, method: 'cash' },
          amount: amountOf(next.cents),
        });
        return;
      case 'draw':
        this.#try({
          do: 'draw-emergency-credit',
          ...{ account: accountOf(next.account), wallet: walletOf(next.wallet), order: 'tenant' },
          amount: amountOf(next.cents),
        });
        return;
      default:
        this.#approve(next);
    }
  }

  #topUp({ account, wallet, cents }: Extract<Doing, { what: 'top-up' }>): void {
    const named = { account: accountOf(account), wallet: walletOf(wallet) };
    const result = this.#try({
      do: 'credit-top-up',
      ...{ ...named, amount: amountOf(cents), method: 'cash' },
    });
    if (result !== undefined) {
      this.#paid.set(`${named.account}/${result['n']}`, BigInt(cents) * 10_000n);
    }
  }

  #order({ account, parts }: Extract<Doing, { what: 'order' }>): void {
    const order = `ORDER${String(this.#orders.length).padStart(4, '0')}`;
    const result = this.#try({
      do: 'open-order',
      ...{ order, account: accountOf(account), provider: 'alipay', way: 'page' },
      parts: parts.map(([wallet, cents]) => ({
        wallet: walletOf(wallet),
        amount: amountOf(cents),
      })),
      expiresAt: formatTime(this.books.nowMs + 1_800_000),
    });
    if (result !== undefined) this.#orders.push({ order, amount: String(result['amount']) });
  }

  #pay({ order, payment, offCents, provider }: Extract<Doing, { what: 'pay' }>): void {
    const known = this.#orderAt(order);
    const amount = formatMicros(micros(known.amount) + BigInt(offCents) * 10_000n);
    const name = PROVIDERS[provider] ?? '';
    const told = { provider: name, payment: `P${payment}`, order: known.order, amount };
    const id = `${name}/P${payment}`;
    const result = this.#try({
      do: 'take-payment',
      ...{ ...told, currency: 'CNY', paidAt: '2026-09-01T00:00:00.000Z' },
    });
    // What was not acknowledged may be there all the same; its document says.
    if (result !== undefined || this.books.document('payment', id)) this.#taken.set(id, amount);
  }

  #approve(next: Approved): void {
    const [act, what] = this.#asked(next);
    const ask = { do: 'ask-approval', act, what, by: 'desk' } as const;
    const asked = this.#try(ask);
    if (asked === undefined) return;
    const alone = 'alone' in next && next.alone;
    const transit = transitOf(this.books.state);
    const decided = this.#try({
      do: 'decide-approval',
      ...{ approval: String(asked['approval']), by: alone ? 'desk' : 'head', agree: true },
    });
    expect(alone && decided !== undefined, 'nobody agrees with himself').toBe(false);
    this.#reversedTransit += transit - transitOf(this.books.state);
    if (decided !== undefined) this.#expectAllowed(next);
  }

  /** What was done may be done once, and with money that is there. */
  #expectAllowed(next: Approved): void {
    if (next.what !== 'refund' && next.what !== 'reverse') return;
    const account = accountOf(next.account);
    const event = `${account}/${next.of}`;
    expect(this.#undone.has(event), `${event} was undone before`).toBe(false);
    if (next.what === 'reverse') {
      expect(this.#given.has(event), `${event} was given back before`).toBe(false);
      this.#undone.add(event);
      return;
    }
    const held = this.books.state.accounts.get(account)?.wallets.get(walletOf(next.wallet)) ?? 0n;
    expect(held >= 0n, `${account} was left ${held}`).toBe(true);
    if (next.of === undefined) return;
    const given = (this.#given.get(event) ?? 0n) + BigInt(next.cents) * 10_000n;
    this.#given.set(event, given);
    const paid = this.#paid.get(event);
    if (paid !== undefined) expect(given <= paid, `${given} of ${paid} given back`).toBe(true);
  }

  #asked(next: Approved) {
    if (next.what === 'refund') {
      const { account, wallet, cents, of } = next;
      const paid = {
        account: accountOf(account),
        wallet: walletOf(wallet),
        amount: amountOf(cents),
      };
      const rest = { method: 'cash', reason: 'asked', ...(of === undefined ? {} : { of }) };
      return ['pay-refund', { ...paid, ...rest }] as const;
    }
    if (next.what === 'reverse') {
      const { account, of } = next;
      return ['post-reversal', { account: accountOf(account), of, reason: 'bounced' }] as const;
    }
    if (next.what === 'adjust') {
      const { account, kind, moves } = next;
      const listed = moves.map(([wallet, cents]) => ({
        ...{ wallet: walletOf(wallet), amount: amountOf(cents) },
      }));
      const named = {
        account: accountOf(account),
        kind: KINDS[kind % KINDS.length],
        moves: listed,
      };
      return ['post-adjustment', { ...named, reason: 'decided' }] as const;
    }
    if (next.what === 'give-back') {
      const { account, deposit, cents } = next;
      const named = { account: accountOf(account), deposit: `D-${deposit}`, method: 'cash' };
      return ['return-deposit', { ...named, amount: amountOf(cents), reason: 'left' }] as const;
    }
    if (next.what === 'agree') {
      const { account, wallet, overdraft, most, emergency, percent, perWeek } = next;
      const named = { account: accountOf(account), wallet: walletOf(wallet) };
      const rounding = { mode: 'down', scale: 2 };
      const mostPerWeek = perWeek === undefined ? {} : { mostPerWeek: amountOf(perWeek) };
      const what = {
        ...{ ...named, overdraft: amountOf(overdraft) },
        ...(most === undefined ? {} : { most: amountOf(most) }),
        ...(emergency === undefined ? {} : { emergency: amountOf(emergency) }),
        ...(percent === undefined
          ? {}
          : { recovery: { percent: String(percent), rounding, ...mostPerWeek } }),
      };
      return ['agree-wallet', what] as const;
    }
    const { payment, account, whole } = next;
    const id = `alipay/P${payment}`;
    const amount = this.#taken.get(id) ?? '1.000000';
    const parts = [{ wallet: 'electricity', amount: whole ? amount : '0.010000' }];
    const named = { provider: 'alipay', payment: `P${payment}`, account: accountOf(account) };
    return ['resolve-suspense', { ...named, parts }] as const;
  }

  #orderAt(index: number) {
    return (
      this.#orders[index % Math.max(1, this.#orders.length)] ?? {
        order: 'NOBODY1',
        amount: '7.770000',
      }
    );
  }

  /** Its result; undefined where it was refused, which changes nothing, or lost. */
  #try(act: Act): CommandResult | undefined {
    const before = trace(this.books.state);
    const outcome = this.books.run(act);
    if (outcome?.ok === false) {
      this.refused += 1;
      expect(trace(this.books.state), outcome.refusal.code).toBe(before);
    }
    if (outcome?.ok !== true) return undefined;
    this.done += 1;
    return outcome.result;
  }

  #mustDo(act: Act): void {
    if (this.#try(act) === undefined) throw new Error(`${act.do} must be done`);
  }
}

it(`the books hold after each of 200 acts, in ${RUNS} sequences`, { timeout: 1_200_000 }, () => {
  let done = 0;
  let refused = 0;
  const sequence = fc.array(doing, { minLength: 200, maxLength: 200, size: 'max' });
  fc.assert(
    fc.property(sequence, (acts) => {
      const run = new Run();
      try {
        for (const act of acts) run.step(act);
        run.expectEachPaymentOnce();
        const before = moneyOf(run.books.state);
        run.books.restart(false);
        expect(moneyOf(run.books.state)).toEqual(before);
      } finally {
        run.books.close();
      }
      done += run.done;
      refused += run.refused;
    }),
    { numRuns: RUNS },
  );
  // Both kinds must have been tried for the property to say anything.
  expect([done > 50 * RUNS, refused > 20 * RUNS]).toEqual([true, true]);
});

it(`the reports say what the books say, in ${REPORTED} sequences`, { timeout: 600_000 }, () => {
  const sequence = fc.array(doing, { minLength: 200, maxLength: 200, size: 'max' });
  fc.assert(
    fc.property(sequence, (acts) => {
      const run = new Run();
      try {
        for (const act of acts) run.step(act);
        expect(brokenReports(run.books)).toEqual([]);
      } finally {
        run.books.close();
      }
    }),
    { numRuns: REPORTED },
  );
});

function accountOf(index: number): string {
  return ACCOUNTS[index] ?? 'nobody';
}

function walletOf(index: number): string {
  return WALLETS[index] ?? '';
}

function amountOf(cents: number): string {
  return formatMicros(BigInt(cents) * 10_000n);
}
