// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these texts are code with templates.
import { expect, test } from 'vitest';
import { withoutMessages } from './drop-messages.ts';

test.each([
  ["throw new Error('bad ' + kind);", 'throw new Error("");'],
  ['throw new RangeError(`a ${b(`c)`)} d`, { cause });', 'throw new RangeError("", { cause });'],
  ["new Refusal('code', `line ${at(')')}: ${x}`, { x })", 'new Refusal(\'code\',"", { x })'],
  ["return failure('code', 'It failed, as (expected).');", 'return failure(\'code\',"");'],
  ["assert(a < b, 'a comes first');", 'assert(a < b,"");'],
])('%s', (code, expected) => {
  expect(withoutMessages(code)).toBe(expected);
});

test.each([
  'new Error()',
  "new Refusal('code')",
  'function failure(code, detail) { return { code, detail }; }',
  'class A extends Error { constructor(message) { super(message); } }',
  "isFailure('code', 'text')",
])('%s stays', (code) => {
  expect(withoutMessages(code)).toBe(code);
});
