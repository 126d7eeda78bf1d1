/** Answers of the writer's memory, as the rest of a process sees them. */

export interface AccountView {
  readonly account: string;
  readonly wallets: readonly { readonly wallet: string; readonly balance: string }[];
  readonly meters: readonly string[];
  readonly n: number;
}

export interface BookView {
  readonly book: string;
  readonly currency: string;
  readonly balance: string;
}

export interface MeterView {
  readonly meter: string;
  readonly account: string;
  readonly [member: string]: unknown;
}

/** Names are display data: an event has none. */
export function named<T extends object>(view: T, name: string | undefined): T & { name?: string } {
  return name === undefined ? view : { ...view, name };
}
