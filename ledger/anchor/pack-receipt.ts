import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { assert } from '../core/assert.ts';

/** A receipt as it is kept: packed, with the long texts in it as parts that other receipts share. */
export interface PackedReceipt {
  readonly bytes: Uint8Array;
  /** By SHA-256, hex. */
  readonly parts: ReadonlyMap<string, Uint8Array>;
}

/** Long texts of a receipt repeat from one to the next (a channel's configuration): kept once. */
export function packReceipt(receipt: string): PackedReceipt {
  const parts = new Map<string, Uint8Array>();
  const shared = receipt.replace(LONG_TEXT, (_, text: string) => {
    const hash = createHash('sha256').update(text).digest('hex');
    parts.set(hash, deflateRawSync(text));
    return `"#${hash}"`;
  });
  return { bytes: deflateRawSync(shared), parts };
}

/** Which parts a packed receipt needs. */
export function partsOf(bytes: Uint8Array): string[] {
  return Array.from(inflateRawSync(bytes).toString().matchAll(PART), ([, hash = '']) => hash);
}

/** The text that was packed. Asserts that all its parts are given. */
export function unpackReceipt(bytes: Uint8Array, parts: PackedReceipt['parts']): string {
  return inflateRawSync(bytes)
    .toString()
    .replace(PART, (_, hash: string) => {
      const part = parts.get(hash);
      assert(part !== undefined, 'a part is kept as long as the receipts that name it');
      return `"${inflateRawSync(part).toString()}"`;
    });
}

/** Base64 has no quotes, backslashes or number signs, so such a text is a whole member, and no part. */
const LONG_TEXT = /"([A-Za-z0-9+/=]{12000,})"/g;
const PART = /"#([0-9a-f]{64})"/g;
