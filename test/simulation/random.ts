/** Numbers that follow from a seed (xoshiro128**, Blackman and Vigna 2018): the whole run hangs on them. */
export class Random {
  readonly #state: Uint32Array;

  constructor(seed: number) {
    // SplitMix32 fills the state, so that neighbouring seeds have nothing in common.
    let mixed = seed >>> 0;
    this.#state = Uint32Array.from({ length: 4 }, () => {
      mixed = (mixed + 0x9e3779b9) >>> 0;
      let word = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
      word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
      return (word ^ (word >>> 15)) >>> 0;
    });
  }

  /** Uniform in [0, 1). */
  next(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state;
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const e = c ^ a;
    const f = d ^ b;
    this.#state.set([a ^ f, b ^ e, e ^ (b << 9), rotate(f, 11)]);
    return result / 2 ** 32;
  }

  /** An integer in [from, to). */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    const item = list[this.int(0, list.length)];
    if (item === undefined) throw new Error('there is nothing to pick from');
    return item;
  }

  /** Independent numbers for one part, so that its questions do not move the other parts. */
  fork(): Random {
    return new Random(this.int(0, 2 ** 32));
  }
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
