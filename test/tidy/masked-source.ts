/** Two views of a source, both as long as it and with its line breaks. */
export interface MaskedSource {
  /** Code alone: comments, the inside of strings and of regular expressions are spaces. */
  readonly code: string;
  /** Comments alone. */
  readonly comments: string;
}

/**
 * Splits TypeScript, JavaScript or Solidity into code and comments. A slash opens a regular
 * expression where no value precedes it, which is right for all formatted code.
 */
export function maskSource(text: string): MaskedSource {
  const code = [...blank(text)];
  const comments = [...code];
  // Each open `${` of a template, with the depth of braces inside it.
  const templates: number[] = [];
  let at = 0;
  while (at < text.length) {
    const end = tokenEnd(text, at, code, templates);
    const isComment = text.startsWith('//', at) || text.startsWith('/*', at);
    if (isComment) copy(text, comments, at, end);
    else if (isLiteral(text, at, end)) copyDelimiters(text, code, at, end);
    else copy(text, code, at, end);
    at = end;
  }
  return { code: code.join(''), comments: comments.join('') };
}

/** The line, from 1, on which an offset lies. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line += 1;
  }
  return line;
}

function tokenEnd(text: string, at: number, code: string[], templates: number[]): number {
  const char = text[at];
  if (text.startsWith('//', at)) return until(text, '\n', at, 0);
  if (text.startsWith('/*', at)) return until(text, '*/', at + 2, 2);
  if (char === "'" || char === '"') return quoteEnd(text, at);
  if (char === '`') return templateEnd(text, at + 1, templates);
  if (char === '/' && opensRegExp(code, at)) return regExpEnd(text, at);
  const depth = templates.at(-1);
  if (depth === undefined) return at + 1;
  if (char === '{') templates[templates.length - 1] = depth + 1;
  if (char === '}' && depth > 0) templates[templates.length - 1] = depth - 1;
  if (char === '}' && depth === 0) {
    templates.pop();
    return templateEnd(text, at + 1, templates);
  }
  return at + 1;
}

/** Whether a token longer than one character is a string, a template's part or a pattern. */
function isLiteral(text: string, at: number, end: number): boolean {
  return end > at + 1 && '\'"`/}'.includes(text.charAt(at));
}

function until(text: string, mark: string, from: number, length: number): number {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found + length;
}

function quoteEnd(text: string, start: number): number {
  const quote = text[start];
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === quote || text[at] === '\n') return at + 1;
  }
  return text.length;
}

/** The end of a template's text: after its closing mark, or after the `${` of a value. */
function templateEnd(text: string, from: number, templates: number[]): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '`') return at + 1;
    else if (text.startsWith('${', at)) {
      templates.push(0);
      return at + 2;
    }
  }
  return text.length;
}

function opensRegExp(code: string[], slash: number): boolean {
  const before = code
    .slice(Math.max(0, slash - 80), slash)
    .join('')
    .trimEnd();
  if (before === '') return true;
  return /[([{,;=:!&|?+\-*%<>~^]$/.test(before) || /\b(return|typeof|case|of|in)$/.test(before);
}

function regExpEnd(text: string, start: number): number {
  let inClass = false;
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\n') return start + 1;
    if (char === '\\') at += 1;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '/' && !inClass) return at + 1;
  }
  return start + 1;
}

function copy(text: string, into: string[], from: number, end: number): void {
  for (let at = from; at < end; at += 1) into[at] = text.charAt(at);
}

/** Keeps a literal's first and last character, so that it still reads as a value. */
function copyDelimiters(text: string, into: string[], from: number, end: number): void {
  copy(text, into, from, from + 1);
  const opensValue = text.startsWith('${', end - 2);
  copy(text, into, opensValue ? end - 2 : end - 1, end);
}

function blank(text: string): string[] {
  return Array.from({ length: text.length }, (_, at) => (text[at] === '\n' ? '\n' : ' '));
}
