import { readFile } from 'node:fs/promises';
import { type Plugin, transform } from 'esbuild';

/**
 * Leaves out of a bundle the English sentences that errors carry for programmers and logs: 3 kB of the
 * page, which shows the words of an error's code and never these. Everything else stays as it is, and
 * a test compares verdicts of page and command line member by member.
 */
export const dropMessages: Plugin = {
  name: 'drop-messages',
  setup(build) {
    build.onLoad(
      { filter: /[\\/](@noble[\\/].*\.js|ledger[\\/]core[\\/].*\.ts)$/ },
      async (file) => {
        const loader = file.path.endsWith('.ts') ? 'ts' : 'js';
        const source = await readFile(file.path, 'utf8');
        // Without comments and types, what looks like a call is one.
        const { code } = await transform(source, { loader, target: 'esnext', tsconfigRaw: {} });
        return { contents: SHOWN.test(file.path) ? code : withoutMessages(code), loader: 'js' };
      },
    );
  },
};

/** Files whose messages become a parameter of a finding, which page and command line show. */
const SHOWN = /[\\/](reading|canonical-json)\.ts$/;

/** Which argument of a call is the message. */
const MESSAGES: readonly (readonly [call: RegExp, argument: number])[] = [
  [/\bnew (?:Range|Type)?Error\(/g, 0],
  [/\bnew Refusal\(/g, 1],
  [/(?<!function )\bfailure\(/g, 1],
  [/(?<!function )\bassert\(/g, 1],
];

/** The code with the message of each error replaced by an empty text. */
export function withoutMessages(code: string): string {
  return MESSAGES.reduce((text, [call, argument]) => replaceArgument(text, call, argument), code);
}

function replaceArgument(code: string, call: RegExp, argument: number): string {
  const parts: string[] = [];
  let copied = 0;
  for (const match of code.matchAll(call)) {
    const start = match.index + match[0].length;
    if (start < copied) continue;
    const range = argumentsFrom(code, start)[argument];
    if (range === undefined || code.slice(...range).trim() === '') continue;
    parts.push(code.slice(copied, range[0]), '""');
    copied = range[1];
  }
  return parts.join('') + code.slice(copied);
}

/** Where each argument of a call begins and ends; `start` is just behind its opening bracket. */
function argumentsFrom(code: string, start: number): [number, number][] {
  const ranges: [number, number][] = [];
  let [from, depth] = [start, 0];
  for (let at = start; at < code.length; at += 1) {
    const letter = code[at] ?? '';
    if ('"\'`'.includes(letter)) at = endOfText(code, at);
    else if ('([{'.includes(letter)) depth += 1;
    else if (depth === 0 && ',)'.includes(letter)) {
      ranges.push([from, at]);
      if (letter === ')') return ranges;
      from = at + 1;
    } else if (')]}'.includes(letter)) depth -= 1;
  }
  throw new Error('A call does not end: this is not the code of a module.');
}

/** Index of the quote that closes the one at `start`; templates may hold code with texts of its own. */
function endOfText(code: string, start: number): number {
  const quote = code[start];
  for (let at = start + 1; at < code.length; at += 1) {
    if (code[at] === '\\') at += 1;
    else if (code[at] === quote) return at;
    else if (quote === '`' && code.startsWith('${', at)) {
      at = argumentsEnd(code, at + 2);
    }
  }
  throw new Error('A text does not end: this is not the code of a module.');
}

/** Index of the brace that closes a `${` of a template. */
function argumentsEnd(code: string, start: number): number {
  let depth = 0;
  for (let at = start; at < code.length; at += 1) {
    const letter = code[at] ?? '';
    if ('"\'`'.includes(letter)) at = endOfText(code, at);
    else if (letter === '{') depth += 1;
    else if (letter === '}' && depth === 0) return at;
    else if (letter === '}') depth -= 1;
  }
  throw new Error('A template does not end: this is not the code of a module.');
}
