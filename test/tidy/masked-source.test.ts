import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lineAt, maskSource } from './masked-source.ts';

describe('a masked source', () => {
  test('keeps code and blanks comments', () => {
    const masked = maskSource('a(); // b\n/* c\n d */ e();');
    expect(masked.code).toBe('a();     \n    \n      e();');
    expect(masked.comments).toBe('     // b\n/* c\n d */     ');
  });

  test('blanks the inside of strings, and what looks like a comment in them', () => {
    expect(maskSource(`f('it\\'s // x', "/* y")`).code).toBe(`f('          ', "    ")`);
  });

  test('keeps the values inside a template and blanks its text', () => {
    const value = '$' + '{g({ a: 1 })}';
    const inner = '$' + '{g({ a: 1 })}';
    expect(maskSource(`h(\`text ${value} { more\`)`).code).toBe(`h(\`     ${inner}       \`)`);
  });

  test('reads a template inside a template', () => {
    const source = 'a(`x $' + '{b(`y $' + '{c} }`)} z`); d();';
    expect(maskSource(source).code).toMatch(/ d\(\);$/);
  });

  test('tells a regular expression from a division', () => {
    expect(maskSource('x = /[/"]{/g; y = a / b / c;').code).toBe('x = /     /g; y = a / b / c;');
  });

  test('has the length and the line breaks of its source, whatever that is', () => {
    const piece = fc.constantFrom(
      '`',
      '$' + '{',
      '}',
      "'",
      '"',
      '/',
      '*',
      '\\',
      '\n',
      '[',
      'a',
      ' ',
    );
    const sources = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(sources, (source) => {
        const breaks = (text: string) => [...text].map((char) => char === '\n');
        const { code, comments } = maskSource(source);
        expect(breaks(comments)).toEqual(breaks(source));
        expect(breaks(code)).toEqual(breaks(source));
      }),
    );
  });
});

test('a line is counted from one, and a break belongs to the line it ends', () => {
  expect([0, 1, 2, 3].map((offset) => lineAt('a\n\nb', offset))).toEqual([1, 1, 2, 3]);
});
