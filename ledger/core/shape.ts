import { fromBase64 } from './bytes.ts';
import { isObject } from './canonical-json.ts';
import { attempt, Refusal } from './refusal.ts';

/** Turns an unknown value into a `T` or refuses (`bad-shape`), naming the place by RFC 6901 pointer. */
export type Reader<T> = (value: unknown, pointer: string) => T;
export type Read<R> = R extends Reader<infer T> ? T : never;
type Readers = Readonly<Record<string, Reader<unknown>>>;
type Members<S extends Readers> = { readonly [K in keyof S]: Read<S[K]> };

export const HASH = /^[0-9a-f]{64}$/;
export const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
export const MICROS = /^(?!-0\.0{6}$)-?(0|[1-9][0-9]{0,14})\.[0-9]{6}$/;
export const PERIOD = /^[0-9]{4}-(0[1-9]|1[0-2])$/;
export const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;

/** A string that matches; without a pattern, any string of at most 1,024 characters. */
export function text(pattern?: RegExp): Reader<string> {
  return (value, pointer) => {
    if (typeof value !== 'string' || (pattern ? !pattern.test(value) : value.length > 1024)) {
      throw badShape(pointer, pattern ? `text that matches ${pattern.source}` : 'a text');
    }
    return value;
  };
}

/**
 * A text that people are shown: no code point that is invisible, turns around what stands beside it or
 * has no meaning of its own. The list is fixed, so that no reader's version of Unicode decides.
 */
export function shown(min: number, max: number, refused = HIDDEN): Reader<string> {
  const pattern = new RegExp(`^[^${refused}]{${min},${max}}$`, 'u');
  return (value, pointer) => {
    if (typeof value !== 'string' || !pattern.test(value)) {
      throw badShape(pointer, `${min} to ${max} characters that can be seen`);
    }
    return value;
  };
}

/** Controls, format characters, separators of lines, halves of pairs, private use, tags. */
const HIDDEN = codePoints(
  '0-1f 7f-9f ad 600-605 61c 6dd 70f 890 891 8e2 180e 200b-200f 2028-202e 2060-206f d800-f8ff feff ' +
    'fff9-fffb fffe ffff 110bd 110cd 13430-1343f 1bca0-1bca3 1d173-1d17a e0000-10ffff',
);
/** `HIDDEN` and every kind of space. */
export const HIDDEN_OR_SPACE = `${HIDDEN} ${codePoints('a0 1680 2000-200a 202f 205f 3000')}`;

/** For a class of a pattern: hexadecimal code points and ranges of them. */
function codePoints(listed: string): string {
  return listed.replace(/\w+/g, '\\u{$&}').replaceAll(' ', '');
}

/** 1 to `maxBytes` bytes, as base64 in its one spelling. */
export function encodedBytes(maxBytes: number): Reader<Uint8Array> {
  const maxChars = Math.ceil(maxBytes / 3) * 4;
  return (value, pointer) => {
    const isShort = typeof value === 'string' && value.length <= maxChars;
    const read = isShort ? attempt(() => fromBase64(value)) : undefined;
    if (read === undefined || read.length < 1 || read.length > maxBytes) {
      throw badShape(pointer, `base64 of 1 to ${maxBytes} bytes`);
    }
    return read;
  };
}

/** One of the given strings. */
export function oneOf<const T extends string>(...options: readonly T[]): Reader<T> {
  return (value, pointer) => {
    const found = options.find((option) => option === value);
    if (found === undefined) throw badShape(pointer, `one of ${options.join(', ')}`);
    return found;
  };
}

/** A safe integer of at least `min`. */
export function integer(min = 0): Reader<number> {
  return (value, pointer) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min) {
      throw badShape(pointer, `an integer of at least ${min}`);
    }
    return value;
  };
}

export const bool: Reader<boolean> = (value, pointer) => {
  if (typeof value !== 'boolean') throw badShape(pointer, 'true or false');
  return value;
};

export function list<T>(item: Reader<T>, max = Number.MAX_SAFE_INTEGER): Reader<readonly T[]> {
  return (value, pointer) => {
    if (!Array.isArray(value) || value.length > max) throw badShape(pointer, 'a list');
    return value.map((member: unknown, i) => item(member, `${pointer}/${i}`));
  };
}

/** Exactly the members of `required`, and no others than those of `optional` beside them. */
export function object<S extends Readers, O extends Readers = Record<never, never>>(
  required: S,
  optional?: O,
): Reader<Members<S> & Partial<Members<O>>> {
  return (value, pointer) => {
    if (!isObject(value)) throw badShape(pointer, 'an object');
    const result: Record<string, unknown> = {};
    for (const [key, reader] of Object.entries(required)) {
      if (!Object.hasOwn(value, key)) throw badShape(`${pointer}/${key}`, 'present');
      result[key] = reader(value[key], `${pointer}/${key}`);
    }
    for (const key of Object.keys(value)) {
      if (Object.hasOwn(required, key)) continue;
      const reader = optional && Object.hasOwn(optional, key) ? optional[key] : undefined;
      if (reader === undefined)
        throw badShape(`${pointer}/${key}`, 'absent: no such member is defined');
      result[key] = reader(value[key], `${pointer}/${key}`);
    }
    return result as Members<S> & Partial<Members<O>>;
  };
}

/** An object whose keys match `key` and whose members are all read alike. */
export function map<T>(key: RegExp, member: Reader<T>): Reader<Readonly<Record<string, T>>> {
  return (value, pointer) => {
    if (!isObject(value)) throw badShape(pointer, 'an object');
    const result: Record<string, T> = {};
    for (const [name, item] of Object.entries(value)) {
      if (!key.test(name)) throw badShape(`${pointer}/${name}`, `named like ${key.source}`);
      result[name] = member(item, `${pointer}/${name}`);
    }
    return result;
  };
}

/** The value as it is: for members that another parser reads. */
export const anything: Reader<unknown> = (value) => value;

export function badShape(pointer: string, expected: string): Refusal {
  return new Refusal('bad-shape', `${pointer || '/'} must be ${expected}.`, { pointer, expected });
}
