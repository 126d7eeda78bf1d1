import type { passThroughReport } from './writer/pass-through.ts';
import type { PlannedTopUp, previewTopUp } from './writer/preview-top-up.ts';
import type { Query } from './writer/queries.ts';

/** What money would do and has done, by the memory of the site's writer. */
export class MoneyReading {
  readonly #query: (query: Query) => Promise<unknown>;

  constructor(query: (query: Query) => Promise<unknown>) {
    this.#query = query;
  }

  /** The charges of a period against the grid's bills of it, by both methods. */
  async passThrough(
    site: string,
    asked: { readonly wallet: string; readonly period: string },
  ): Promise<ReturnType<typeof passThroughReport>> {
    const answer = await this.#query({ site, ask: 'pass-through', ...asked });
    const report: ReturnType<typeof passThroughReport> = Object(answer);
    return report;
  }

  async previewTopUp(site: string, topUp: PlannedTopUp): Promise<ReturnType<typeof previewTopUp>> {
    const answer = await this.#query({ site, ask: 'top-up-preview', ...topUp });
    const preview: ReturnType<typeof previewTopUp> = Object(answer);
    return preview;
  }
}
