import type { KeyWrap } from './account-keys.ts';
import { Refusal } from './core/refusal.ts';
import type { StoreReader } from './store/port.ts';

/** Keys of accounts in the clear, each unwrapped once. */
export class OpenedKeys {
  readonly #store: StoreReader;
  readonly #wrap: KeyWrap;
  readonly #opened = new Map<string, Uint8Array>();

  constructor(store: StoreReader, wrap: KeyWrap) {
    this.#store = store;
    this.#wrap = wrap;
  }

  /** Key of an account and year. Refuses `key-erased`. */
  of(site: string, account: string, year: number): Uint8Array {
    const id = `${site}/${account}/${year}`;
    const known = this.#opened.get(id);
    if (known !== undefined) return known;
    const row = this.#store
      .accountKeys(site)
      .find((key) => key.account === account && key.year === year);
    if (row === undefined) {
      throw new Refusal(
        'key-erased',
        'The key of this account and year was erased; nobody can open it.',
        { account, year },
      );
    }
    const key = this.#wrap.unwrap(site, account, year, row.wrapped);
    this.#opened.set(id, key);
    return key;
  }
}
