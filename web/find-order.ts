import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildScript, gzipSize, pageOf } from './build.ts';
import { inOrder, type Piece, scriptOf } from './order-statements.ts';

/*
 * Looks for an order of functions in which the page packs better, and writes it to function-order.txt.
 * To be run after many functions have come or gone; an old list does no harm, it only helps less.
 */

const root = join(import.meta.dirname, '..');
const list = join(root, 'web', 'function-order.txt');
const { values } = parseArgs({ options: { tries: { type: 'string', default: '20000' } } });

const known = readFileSync(list, 'utf8').trim().split(/\s+/);
const start = inOrder(await buildScript(root), known);
const { html } = await pageOf(root, start);
const [before = '', after = ''] = html.split(scriptOf(start));
const sizeOf = (pieces: readonly Piece[]) => gzipSize({ html: before + scriptOf(pieces) + after });

let [best, size] = [start, sizeOf(start)];
console.log(`${size} bytes`);
const random = randomNumbers(size);
for (let tries = Number(values.tries); tries > 0; tries -= 1) {
  const tried = withMove(best, random);
  const found = sizeOf(tried);
  if (found <= size) [best, size] = [tried, found];
}
console.log(`${size} bytes`);
writeFileSync(list, linesOf(best.map(({ name }) => name).filter((name) => name !== '')));

/** Some functions that stand together, moved to another place. */
function withMove(pieces: readonly Piece[], next: (below: number) => number): readonly Piece[] {
  const from = next(pieces.length);
  const most = next(3) === 0 ? 1 + next(5) : 1;
  const stop = pieces.findIndex(
    ({ isFunction }, i) => i >= from && (!isFunction || i >= from + most),
  );
  const moved = pieces.slice(from, stop);
  const others = [...pieces.slice(0, from), ...pieces.slice(stop)];
  const to = next(others.length + 1);
  return stop < 0 ? pieces : [...others.slice(0, to), ...moved, ...others.slice(to)];
}

/** Always the same ones (Park and Miller 1988), so that the same page gives the same list. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

function linesOf(names: readonly string[]): string {
  const lines = [''];
  for (const name of names) {
    const line = `${lines.at(-1)} ${name}`.trim();
    if (line.length > 100) lines.push(name);
    else lines[lines.length - 1] = line;
  }
  return `${lines.join('\n')}\n`;
}
