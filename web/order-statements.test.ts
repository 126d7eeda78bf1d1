import { expect, test } from 'vitest';
import { inOrder, piecesOf, scriptOf } from './order-statements.ts';

const SCRIPT = 'var a=b(),c=1;function b(){return 2}function d(){return c}var e=d();log(a,e)';
const SHORT = new Map([
  ['first', 'a'],
  ['two', 'b'],
  ['one', 'd'],
  ['second', 'e'],
]);
const pieces = piecesOf(SCRIPT, SHORT);
const namesOf = (list: readonly string[]) => inOrder(pieces, list).map(({ name }) => name);

test('a script falls into its statements, named as in the source', () => {
  expect(pieces).toEqual([
    { name: 'first', isFunction: false, text: 'var a=b(),c=1;' },
    { name: 'two', isFunction: true, text: 'function b(){return 2}' },
    { name: 'one', isFunction: true, text: 'function d(){return c}' },
    { name: 'second', isFunction: false, text: 'var e=d();' },
    { name: '', isFunction: false, text: 'log(a,e);' },
  ]);
  expect(scriptOf(pieces)).toBe(
    '(()=>{var a=b(),c=1;function b(){return 2}function d(){return c}var e=d();log(a,e);})();',
  );
});

test.each([
  ['without a list, of the source', [], ['first', 'two', 'one', 'second', '']],
  ['of the list', ['one', 'first', 'second', 'two'], ['one', 'first', 'second', '', 'two']],
  [
    'with what is new behind its neighbour',
    ['first', 'one'],
    ['first', 'two', 'second', '', 'one'],
  ],
  ['without what is gone', ['old', 'two', 'first'], ['two', 'one', 'first', 'second', '']],
  [
    'with variables as they stood',
    ['second', 'one', 'first'],
    ['first', 'second', 'one', '', 'two'],
  ],
])('the order is that %s', (_, list, expected) => {
  expect(namesOf(list)).toEqual(expected);
});
