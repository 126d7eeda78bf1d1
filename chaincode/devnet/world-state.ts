/** Block and place in it of the transaction that wrote a value. */
export interface Version {
  readonly block: number;
  readonly transaction: number;
}

export interface StateValue {
  readonly value: Buffer;
  readonly version: Version;
}

export interface StateEntry extends StateValue {
  readonly key: string;
}

/** What a chaincode can read: the newest committed value of each key, with its version. */
export class WorldState {
  readonly #values = new Map<string, StateValue>();

  get(key: string): StateValue | undefined {
    return this.#values.get(key);
  }

  /**
   * The entries from `start` to before `end`, in the order of the keys' bytes; no end means all.
   */
  range(start: string, end: string): StateEntry[] {
    const [from, to] = [Buffer.from(start), Buffer.from(end)];
    return [...this.#values]
      .map(([key, { value, version }]) => ({ key, bytes: Buffer.from(key), value, version }))
      .filter(({ bytes }) => bytes.compare(from) >= 0 && (end === '' || bytes.compare(to) < 0))
      .sort((a, b) => a.bytes.compare(b.bytes));
  }

  put(key: string, value: Buffer, version: Version): void {
    this.#values.set(key, { value, version });
  }

  delete(key: string): void {
    this.#values.delete(key);
  }
}

export function isSameVersion(a: Version | undefined, b: Version | undefined): boolean {
  return a?.block === b?.block && a?.transaction === b?.transaction;
}
