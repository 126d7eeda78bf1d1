import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';

/** Told what is wrong with a file, and nothing that may be secret. */
export type Complain = (problem: string) => void;

/** A file of settings that names other files, relative to itself. */
export interface SettingsFile<T> {
  readonly settings: T;
  /** The text of a file that it names; empty, after a complaint, where it cannot be read. */
  read(name: string): string;
}

/** Reads JSON of this shape; undefined, after complaints, where it is another. */
export function readSettingsFile<T>(
  path: string,
  shape: z.ZodType<T>,
  complain: Complain,
): SettingsFile<T> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    complain('the file cannot be read as JSON');
    return undefined;
  }
  const parsed = shape.safeParse(value);
  if (!parsed.success) {
    for (const { path: at, message } of parsed.error.issues) {
      complain(`${at.join('.')}: ${message}`);
    }
    return undefined;
  }
  const read = (name: string): string => {
    try {
      return readFileSync(resolve(dirname(path), name), 'utf8');
    } catch {
      complain(`${name} cannot be read`);
      return '';
    }
  };
  return { settings: parsed.data, read };
}
