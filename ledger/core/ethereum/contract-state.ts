import { concat, u64be, utf8 } from '../bytes.ts';
import { keccak256 } from './keccak256.ts';
import { numberOf } from './rlp.ts';

/*
 * Where `contracts/src/LogAnchor.sol` keeps what it knows: the layout that Solidity gives its variables
 * ("Layout of State Variables in Storage"), which the hash of the code pins. Slots and words are 32 bytes.
 */

/** `mapping(uint64 size => Anchor) _anchors` */
const ANCHORS_SLOT = 4;
/** `string _origin` */
const ORIGIN_SLOT = 5;
const WORD_BYTES = 32;

/** The slot of an anchor's root. */
export function rootSlot(size: number): Uint8Array {
  return keccak256(concat(word(size), word(ANCHORS_SLOT)));
}

/** The next one: size, time of the block and previous size of an anchor, 8 bytes each from the right. */
export function recordSlot(size: number): Uint8Array {
  return slotAfter(rootSlot(size), 1);
}

/** The slots of a log's name of so many bytes of UTF-8. */
export function originSlots(length: number): readonly Uint8Array[] {
  const head = word(ORIGIN_SLOT);
  if (length < WORD_BYTES) return [head];
  const first = keccak256(head);
  const count = Math.ceil(length / WORD_BYTES);
  return [head, ...Array.from({ length: count }, (_, i) => slotAfter(first, i))];
}

/** What a contract that anchors the log `origin` holds in those slots, in their order. */
export function originWords(origin: string): readonly Uint8Array[] {
  const bytes = utf8(origin);
  const { length } = bytes;
  const words =
    length < WORD_BYTES
      ? concat(bytes, new Uint8Array(31 - length), Uint8Array.of(2 * length))
      : concat(word(2 * length + 1), bytes, new Uint8Array(31 - ((length + 31) % WORD_BYTES)));
  return Array.from({ length: words.length / WORD_BYTES }, (_, i) =>
    words.subarray(WORD_BYTES * i, WORD_BYTES * (i + 1)),
  );
}

/** How many bytes the name has, by the word in the first of its slots. Refusal `ethereum-format`. */
export function originLength(head: Uint8Array): number {
  const last = head[WORD_BYTES - 1] ?? 0;
  if (last % 2 === 0) return last / 2;
  return (numberOf(head.subarray(head.findIndex((byte) => byte > 0))) - 1) / 2;
}

function slotAfter(slot: Uint8Array, count: number): Uint8Array {
  const next = Uint8Array.from(slot);
  for (let i = WORD_BYTES - 1, carry = count; i >= 0 && carry > 0; i -= 1) {
    const sum = (next[i] ?? 0) + carry;
    next[i] = sum;
    carry = sum >> 8;
  }
  return next;
}

function word(n: number): Uint8Array {
  return concat(new Uint8Array(WORD_BYTES - 8), u64be(n));
}
