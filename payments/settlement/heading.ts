import { unknownFormat } from './settlement-refusals.ts';

/** Columns by their names, in any order, with any others between them. */
export class Heading {
  readonly names: readonly string[];
  readonly #format: string;
  readonly #at = new Map<string, number>();

  constructor(format: string, names: readonly string[]) {
    this.names = names;
    this.#format = format;
    for (const [index, name] of names.entries()) {
      const key = plain(name);
      // A name that stands twice leaves open which column is meant.
      this.#at.set(key, this.#at.has(key) ? Number.NaN : index);
    }
  }

  need(name: string): number {
    const index = this.find(name);
    if (index >= 0) return index;
    throw unknownFormat(this.#format, `it has no column ${name}`);
  }

  /** -1 where there is none. */
  find(name: string): number {
    const index = this.#at.get(plain(name)) ?? -1;
    if (!Number.isNaN(index)) return index;
    throw unknownFormat(this.#format, `it has two columns ${name}`);
  }
}

/** Brackets come in both widths, and names with spaces around them. */
function plain(name: string): string {
  return name.trim().replaceAll('（', '(').replaceAll('）', ')');
}
