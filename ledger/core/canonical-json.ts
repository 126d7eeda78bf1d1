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
 * key order, duplicate key, `1e2`, `\u0041`) is refused, so that one value has one hash.
 */
export function parseCanonical(text: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal('json-syntax', 'This is not JSON text; send canonical JSON (RFC 8785).');
  }
  // The native writer is the RFC 8785 writer as long as keys come sorted, which `inspect` tells.
  const sorted = inspect(value, 0);
  if (JSON.stringify(value) === text && sorted) return value as Json;
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
 * Refuses a text nested deeper than `limit` before any parser sees it. Brackets inside strings do not
 * count. One pass, no allocation.
 */
export function refuseDeepText(text: string, limit: number): void {
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c === 0x22) {
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

/** Refuses what may not be hashed; answers whether all keys stand in RFC 8785 order already. */
function inspect(value: unknown, depth: number): boolean {
  if (depth > MAX_DEPTH) {
    throw new Refusal('json-depth', `The JSON is nested deeper than ${MAX_DEPTH} levels.`, {
      limit: MAX_DEPTH,
    });
  }
  switch (typeof value) {
    case 'string':
      if (!isWellFormed(value)) {
        throw new Refusal('json-lone-surrogate', 'A text holds half a surrogate pair.');
      }
      return true;
    case 'boolean':
      return true;
    case 'number':
      if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
        throw new Refusal('json-number', 'Numbers must be safe integers; write others as text.');
      }
      return true;
    case 'object':
      if (value !== null) {
        return Array.isArray(value) ? inspectArray(value, depth) : inspectObject(value, depth);
      }
  }
  throw new Refusal('json-type', 'null and undefined have no place in a hashed object.');
}

function inspectArray(values: readonly unknown[], depth: number): boolean {
  let sorted = true;
  for (let i = 0; i < values.length; i += 1) {
    if (!inspect(values[i], depth + 1)) sorted = false;
  }
  return sorted;
}

function inspectObject(value: object, depth: number): boolean {
  let sorted = true;
  let last: string | undefined;
  for (const [key, member] of Object.entries(value)) {
    if (last !== undefined && key <= last) sorted = false;
    last = key;
    inspect(key, depth + 1);
    if (!inspect(member, depth + 1)) sorted = false;
  }
  return sorted;
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
