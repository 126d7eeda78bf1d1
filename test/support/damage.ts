import fc from 'fast-check';

/** Bytes with a few bits flipped, or with some cut off, put in or taken out. */
export function damageOf(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const place = fc.nat({ max: bytes.length - 1 });
  const flips = fc
    .array(fc.tuple(place, fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 3 })
    .map((list) => {
      const changed = Uint8Array.from(bytes);
      for (const [at, mask] of list) changed[at] = (changed[at] ?? 0) ^ mask;
      return changed;
    });
  const cuts = fc
    .tuple(place, fc.nat({ max: 40 }), fc.uint8Array({ maxLength: 40 }))
    .map(([at, count, put]) =>
      Uint8Array.from([...bytes.subarray(0, at), ...put, ...bytes.subarray(at + count)]),
    );
  const ends = place.map((at) => bytes.slice(0, at));
  return fc.oneof(flips, cuts, ends);
}
