/*
 * The constants of SHA-512 (FIPS 180-4, 4.2.3 and 5.3.5), worked out from the primes as the standard
 * does. SHA-256 has the upper 32 bits of the same ones (4.2.2 and 5.3.3).
 */

const PRIMES = firstPrimes(80);

/** The first 64 bits behind the point of the square roots of the first 8 primes. */
export const SHA_INITIAL: readonly bigint[] = PRIMES.slice(0, 8).map((p) => rootFraction(p, 2n));
/** Likewise of the cube roots of the first 80. */
export const SHA_ROUND: readonly bigint[] = PRIMES.map((prime) => rootFraction(prime, 3n));

function firstPrimes(count: number): bigint[] {
  const primes: bigint[] = [];
  for (let candidate = 2n; primes.length < count; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0n)) primes.push(candidate);
  }
  return primes;
}

/** Newton's method from above, on integers: exact, for a prime below 512. */
function rootFraction(prime: bigint, degree: bigint): bigint {
  const power = prime << (64n * degree);
  let root = 1n << 70n;
  for (;;) {
    const next = ((degree - 1n) * root + power / root ** (degree - 1n)) / degree;
    if (next >= root) return BigInt.asUintN(64, root);
    root = next;
  }
}
