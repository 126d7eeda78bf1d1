import { type ModuleDeclaration, parse, type Statement } from 'acorn';

/** Short name of each function and variable outside all functions, by the name it has in the source. */
export type ShortNames = ReadonlyMap<string, string>;

/** One statement of the script. A function may stand anywhere, since it is there before all runs. */
export interface Piece {
  readonly name: string;
  readonly isFunction: boolean;
  readonly text: string;
}

/** The statements of a script, named as in the source. */
export function piecesOf(script: string, names: ShortNames): readonly Piece[] {
  const sourceNames = new Map([...names].map(([name, short]) => [short, name]));
  const { body } = parse(script, { ecmaVersion: 2022, sourceType: 'script' });
  return body.map((statement) => {
    const short = nameOf(statement);
    const isFunction = statement.type === 'FunctionDeclaration';
    const text = script.slice(statement.start, statement.end);
    // What was the last statement may have no semicolon.
    const ended = isFunction || text.endsWith(';') ? text : `${text};`;
    return { name: sourceNames.get(short) ?? short, isFunction, text: ended };
  });
}

/**
 * The pieces in the order in which `names` lists them, which packs better than that of the source. A
 * function that is not listed follows the piece before it. What is not a function runs where it
 * stands: not listed, it follows the last of its like, and all of these keep their order in any case.
 */
export function inOrder(pieces: readonly Piece[], names: readonly string[]): readonly Piece[] {
  const place = new Map(names.map((name, i) => [name, i]));
  let [last, lastFixed] = [-1, -1];
  const placed = pieces.map((piece, i) => {
    last = place.get(piece.name) ?? (piece.isFunction ? last : lastFixed);
    if (!piece.isFunction) lastFixed = last;
    return { piece, at: last, i };
  });
  placed.sort((a, b) => a.at - b.at || a.i - b.i);
  const fixed = pieces.filter(({ isFunction }) => !isFunction).values();
  return placed.map(({ piece }) => (piece.isFunction ? piece : (fixed.next().value ?? piece)));
}

export function scriptOf(pieces: readonly Piece[]): string {
  return `(()=>{${pieces.map(({ text }) => text).join('')}})();`;
}

/** Of several variables the first; of other statements none. */
function nameOf(statement: Statement | ModuleDeclaration): string {
  if (statement.type === 'FunctionDeclaration') return statement.id.name;
  if (statement.type !== 'VariableDeclaration') return '';
  const [first] = statement.declarations;
  return first?.id.type === 'Identifier' ? first.id.name : '';
}
