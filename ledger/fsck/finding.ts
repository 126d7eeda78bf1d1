/** One thing in the store that is not as the rest of it says. */
export interface Finding {
  /** Stable, kebab-case. */
  readonly code: string;
  readonly site: string;
  readonly leaf?: number;
  readonly detail: string;
}

/** Findings of one code that are kept: one cause often breaks everything behind it. */
const KEPT_A_CODE = 20;

/** Gathers findings of a site, the first few of each code. */
export class Findings {
  readonly #site: string;
  readonly #counts = new Map<string, number>();
  readonly list: Finding[] = [];

  constructor(site: string) {
    this.#site = site;
  }

  add(code: string, detail: string, leaf?: number): void {
    const count = (this.#counts.get(code) ?? 0) + 1;
    this.#counts.set(code, count);
    if (count > KEPT_A_CODE) return;
    const { list } = this;
    list.push({ code, site: this.#site, ...(leaf === undefined ? {} : { leaf }), detail });
  }
}
