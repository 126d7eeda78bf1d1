import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Refusal } from '../../ledger/core/refusal.ts';
import {
  type Command,
  DONE,
  type ExitCode,
  FAILED,
  type Invocation,
  onlyOne,
  usage,
} from './command.ts';
import { harmless } from './terminal.ts';

const help = `Examples:
  billproof page-hash verify.html                      its SHA-256, compared with ours
  billproof page-hash verify.html --expect 3f9a…       compared with a printed hash
  billproof page-hash - < verify.html                  from standard input

Usage: billproof page-hash FILE [--expect SHA256]

Without --expect the page is compared with the one built here (web/dist/verify.html), if there is
one. Exit codes: 0 the same or nothing to compare with, 1 another page, 2 unusable input.`;

const options = { expect: { type: 'string' } } as const;
const builtPage = fileURLToPath(new URL('../../web/dist/verify.html', import.meta.url));

export const pageHash: Command = { help, run };

async function run({ args, terminal }: Invocation): Promise<ExitCode> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const file = onlyOne(positionals, 'a page');
  const expected = values.expect === undefined ? undefined : readHash(values.expect);
  const found = hashOf(file);
  terminal.out(`${found}  ${harmless(file)}`);
  const reference = expected ?? builtHash();
  if (reference === undefined) {
    terminal.note('No page was built here to compare with; compare with the printed hash.');
    return DONE;
  }
  const source = expected === undefined ? 'the page built here' : 'the expected hash';
  if (found === reference) {
    terminal.note(`Same as ${source}.`);
    return DONE;
  }
  terminal.note(`Differs from ${source}: ${reference}. Do not trust this copy of the page.`);
  return FAILED;
}

/** 64 hex digits however they were printed: capitals and groups are forgiven. */
function readHash(text: string): string {
  const digits = text.replace(/[\s:-]/g, '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(digits)) throw usage('--expect takes a SHA-256: 64 hex digits.');
  return digits;
}

function hashOf(file: string): string {
  try {
    return createHash('sha256')
      .update(readFileSync(file === '-' ? 0 : file))
      .digest('hex');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal('file-unreadable', `The page cannot be read: ${why}. Check its name.`);
  }
}

function builtHash(): string | undefined {
  try {
    return hashOf(builtPage);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
