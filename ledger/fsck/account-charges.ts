import type { SaltKey } from '../writer/fast-hash.ts';
import type { BillTerms } from './bill-terms.ts';
import type { ChargeText } from './charge-text.ts';
import type { AccountRun } from './jobs.ts';
import type { MeterCharges } from './meter-charges.ts';

type Break = 'event-gap' | 'event-chain-broken' | 'balance-differs';

interface Wallet {
  readonly wallet: string;
  readonly before: number;
  after: number;
}

/** Adds up charges of one account that follow each other. */
export class AccountCharges {
  readonly account: string;
  /** Of the first posting; empty when the postings could not be read. */
  readonly currency: string;
  /** False once its run has been handed on. */
  open = true;
  /** Meter that was charged last, and the account charged after this one last time: likely again. */
  meter: MeterCharges | undefined;
  next: AccountCharges | undefined;
  readonly #salts: (year: number) => SaltKey | undefined;
  #salt: SaltKey | undefined;
  #saltYear = -1;
  readonly #firstN: number;
  readonly #firstPrev: string;
  readonly #wallets: Wallet[] = [];
  readonly #starts: AccountRun['starts'] = [];
  readonly #uses: AccountRun['uses'] = [];
  readonly #leaves: number[] = [];
  #prev: string;
  #terms: BillTerms | undefined;

  constructor(first: ChargeText, salts: (account: string, year: number) => SaltKey | undefined) {
    const { block, accountAt, accountEnd, n, prevAt, balanced, currencyAt } = first;
    const account = block.text(accountAt, accountEnd);
    this.account = account;
    this.currency = balanced ? block.text(currencyAt, currencyAt + 3) : '';
    this.#salts = (year) => salts(account, year);
    this.#firstN = n;
    this.#firstPrev = block.text(prevAt, prevAt + 64);
    this.#prev = this.#firstPrev;
  }

  isOf({ block, accountAt, accountEnd }: ChargeText): boolean {
    return this.open && block.isText(accountAt, accountEnd, this.account);
  }

  saltKey(year: number): SaltKey | undefined {
    if (year !== this.#saltYear) {
      this.#salt = this.#salts(year);
      this.#saltYear = year;
    }
    return this.#salt;
  }

  /** Adds the next charge; answers in what it does not go on, if so. */
  add(charge: ChargeText, terms: BillTerms, leaf: number, commitment: string): Break | undefined {
    const { block, n, prevAt, amountMicros, balanceMicros } = charge;
    const gap = n !== this.#firstN + this.#leaves.length;
    const broken = !block.isText(prevAt, prevAt + 64, this.#prev);
    const wallet = this.#walletOf(charge);
    const unbalanced = wallet.after !== balanceMicros + amountMicros;
    wallet.after = balanceMicros;
    if (terms !== this.#terms) this.#use(terms, n, leaf);
    this.#leaves.push(leaf);
    this.#prev = commitment;
    if (gap) return 'event-gap';
    if (broken) return 'event-chain-broken';
    return unbalanced ? 'balance-differs' : undefined;
  }

  #walletOf({ block, walletAt, walletEnd, balanceMicros, amountMicros }: ChargeText): Wallet {
    for (const known of this.#wallets) {
      if (block.isText(walletAt, walletEnd, known.wallet)) return known;
    }
    const before = balanceMicros + amountMicros;
    const wallet = { wallet: block.text(walletAt, walletEnd), before, after: before };
    this.#wallets.push(wallet);
    return wallet;
  }

  #use(terms: BillTerms, n: number, leaf: number): void {
    const { period, tariff, version, hash } = terms;
    const key = `${tariff}/${version}`;
    this.#terms = terms;
    this.#starts.push([period, n]);
    this.#uses.push({ use: `${period}/${key}`, key, hash, n, leaf });
  }

  /** What the charges do to the account; none may be added any more. */
  run(): AccountRun {
    this.open = false;
    return {
      ...{ account: this.account, currency: this.currency },
      ...{ firstN: this.#firstN, firstPrev: this.#firstPrev, prev: this.#prev },
      ...{ wallets: this.#wallets, starts: this.#starts, uses: this.#uses, leaves: this.#leaves },
    };
  }
}
