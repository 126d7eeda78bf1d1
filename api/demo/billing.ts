import { zoneOf } from '../../ledger/core/zone.ts';
import type { FrontDesk } from './front-desk.ts';

/** Local months that have begun since `fromMs` and ended by `nowMs`, as `2026-09`, in order. */
export function finishedMonths(zoneName: string, fromMs: number, nowMs: number): string[] {
  const zone = zoneOf(zoneName);
  const months: string[] = [];
  for (let ms = fromMs; zone.nextMonthStart(ms) <= nowMs; ms = zone.nextMonthStart(ms)) {
    months.push(zone.monthOf(ms));
  }
  return months;
}

/** Charges the fees and issues the statements of finished months, each once. */
export class MonthlyBilling {
  readonly #desk: FrontDesk;
  readonly #accounts: readonly string[];
  readonly #billed: Set<string>;

  private constructor(desk: FrontDesk, accounts: readonly string[], billed: Set<string>) {
    this.#desk = desk;
    this.#accounts = accounts;
    this.#billed = billed;
  }

  static async open(desk: FrontDesk, accounts: readonly string[]): Promise<MonthlyBilling> {
    const issued = await desk.statements();
    const billed = new Set(issued.map(({ account, period }) => `${account}/${period}`));
    return new MonthlyBilling(desk, accounts, billed);
  }

  /** Answers how many statements were issued now. */
  async bill(months: readonly string[]): Promise<number> {
    let issued = 0;
    for (const period of months) {
      for (const account of this.#accounts) {
        if (this.#billed.has(`${account}/${period}`)) continue;
        const body = { account, period };
        await this.#desk.post('/v1/fees', `fees-${account}-${period}`, body);
        await this.#desk.post('/v1/statements', `statement-${account}-${period}`, body);
        this.#billed.add(`${account}/${period}`);
        issued += 1;
      }
    }
    return issued;
  }
}
