import type { Fields } from './message-signature.ts';

/** A request's body: URL-encoded, in the order of the fields. */
export function formText(fields: Fields): string {
  return new URLSearchParams(fields).toString();
}

/** A notification's body, URL-encoded. Undefined where a name comes twice: one of them was signed. */
export function readForm(text: string): Fields | undefined {
  const pairs = [...new URLSearchParams(text)];
  const fields = Object.fromEntries(pairs);
  return Object.keys(fields).length === pairs.length ? fields : undefined;
}

/**
 * An answer's body: `k=v&k=v` as it is, not URL-encoded, though values hold `=` and, within braces, `&`
 * (as gateways of UnionPay write it). Undefined where it is something else.
 */
export function readAnswerText(text: string): Fields | undefined {
  const fields = new Map<string, string>();
  for (const part of splitOutsideBraces(text)) {
    const at = part.indexOf('=');
    const name = part.slice(0, at);
    if (at < 1 || !/^\w+$/.test(name) || fields.has(name)) return undefined;
    fields.set(name, part.slice(at + 1));
  }
  return Object.fromEntries(fields);
}

function splitOutsideBraces(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    if (text[at] !== '&' || depth > 0) continue;
    parts.push(text.slice(start, at));
    start = at + 1;
  }
  parts.push(text.slice(start));
  return parts;
}
