import { isWellFormed } from './bytes.ts';
import { Refusal } from './refusal.ts';

/** What a hashed object may hold (docs/formats.md, "Canonical bytes"). */
export type Json = string | boolean | number | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Nesting allowed in a hashed object. */
export const MAX_DEPTH = 32;

/**
 * RFC 8785 text of a value. Refuses what a hashed object must not hold: null, undefined, fractions,
 * unsafe integers, -0, lone surrogates, anything nested deeper than `MAX_DEPTH`.
 */
export function canonicalize(value: unknown): string {
  inspect(value, 0);
  return write(value);
}

/**
 * The value of a text that must already be canonical: any other spelling of the same value (space,
 * key order, duplicate key, `1e2`, `\u0041`) is refused, so that one value has one hash. `plain` is
 * the answer of `isPlain`, where the caller has asked before.
 */
export function parseCanonical(text: string, plain = isPlain(text, MAX_DEPTH)): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal('json-syntax', 'This is not JSON text; send canonical JSON (RFC 8785).');
  }
  if (plain) return value as Json;
  inspect(value, 0);
  if (write(value) === text) return value as Json;
  throw new Refusal('json-not-canonical', 'The JSON text is not in its canonical form (RFC 8785).');
}

/** As `parseCanonical`, for a text whose value must be an object. */
export function parseCanonicalObject(text: string): JsonObject {
  const value = parseCanonical(text);
  if (!isObject(value)) throw new Refusal('json-not-object', 'The JSON text must be an object.');
  return value;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Whether a text, if it is JSON, is certainly canonical and nested no deeper than `limit`: it has no
 * space, no escape but `\"` and `\n`, no word but whole numbers of up to 15 digits, `true` and `false`,
 * and its keys ascend. False says nothing. One pass, where writing the value again takes several.
 */
export function isPlain(text: string, limit: number): boolean {
  const lastKeys: string[] = [];
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      PLAIN_END.lastIndex = i;
      const end = PLAIN_END.test(text) ? PLAIN_END.lastIndex - 1 : i;
      if (end === i || text.charCodeAt(end) !== QUOTE) return false;
      // In JSON, a text before a colon is a key.
      if (text.charCodeAt(end + 1) === COLON) {
        const key = text.slice(i, end);
        if (key <= (lastKeys[depth] ?? '') || key.includes('\\')) return false;
        lastKeys[depth] = key;
      }
      i = end;
    } else if (c === 0x7b || c === 0x5b) {
      depth += 1;
      if (depth > limit) return false;
      lastKeys[depth] = '';
    } else if (c === 0x7d || c === 0x5d) {
      depth -= 1;
    } else if (c !== 0x2c && c !== COLON) {
      PLAIN_WORD.lastIndex = i;
      if (!PLAIN_WORD.test(text)) return false;
      i = PLAIN_WORD.lastIndex - 1;
    }
  }
  return isWellFormed(text);
}

const QUOTE = 0x22;
const COLON = 0x3a;
/** From a text's first quote: its last one, or, before that, an escape that is not plain. */
const PLAIN_END = /[^\\]"|\\[^"n]/g;
const PLAIN_WORD = /(?:true|false|0|-?[1-9][0-9]{0,14})(?=[,\]}])/y;

/**
 * Refuses a text nested deeper than `limit` before any parser sees it. Brackets inside strings do not
 * count. One pass, no allocation.
 */
export function refuseDeepText(text: string, limit: number): void {
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      i = endOfString(text, i);
    } else if (c === 0x7b || c === 0x5b) {
      depth += 1;
      if (depth > limit) {
        throw new Refusal('json-depth', `The JSON is nested deeper than ${limit} levels.`, {
          limit,
        });
      }
    } else if (c === 0x7d || c === 0x5d) {
      depth -= 1;
    }
  }
}

/** Index of the quote that ends the string opened at `start`, found by native search. */
function endOfString(text: string, start: number): number {
  let end = start;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
}

/** Refuses what may not be hashed. */
function inspect(value: unknown, depth: number): void {
  if (depth > MAX_DEPTH) {
    throw new Refusal('json-depth', `The JSON is nested deeper than ${MAX_DEPTH} levels.`, {
      limit: MAX_DEPTH,
    });
  }
  switch (typeof value) {
    case 'string':
      if (isWellFormed(value)) return;
      throw new Refusal('json-lone-surrogate', 'A text holds half a surrogate pair.');
    case 'boolean':
      return;
    case 'number':
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) return;
      throw new Refusal('json-number', 'Numbers must be safe integers; write others as text.');
    case 'object':
      if (value === null) break;
      if (Array.isArray(value)) {
        for (let i = 0; i < value.length; i += 1) inspect(value[i], depth + 1);
        return;
      }
      for (const [key, member] of Object.entries(value)) {
        inspect(key, depth + 1);
        inspect(member, depth + 1);
      }
      return;
  }
  throw new Refusal('json-type', 'null and undefined have no place in a hashed object.');
}

function write(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const keys = Object.keys(value).sort(byCodeUnits);
  return `{${keys.map((key) => `${JSON.stringify(key)}:${write(value[key])}`).join(',')}}`;
}

/** RFC 8785 3.2.3: keys are compared as arrays of UTF-16 code units. */
function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
