/**
 * The members of a JSON object as texts, byte by byte as they came: Alipay signs the text of one of
 * them, so what is verified has to be the very text that is read. Undefined where it is no such object
 * or a member comes twice.
 */
export function membersOf(json: string): ReadonlyMap<string, string> | undefined {
  const members = new Map<string, string>();
  const outer = /^\s*\{(.*)\}\s*$/s.exec(json)?.[1];
  if (outer === undefined) return undefined;
  for (const member of splitAtTop(outer)) {
    const parts = /^\s*"(\w+)"\s*:\s*(\S.*)$/s.exec(member);
    const [, name = '', text = ''] = parts ?? [];
    if (parts === null || members.has(name)) return undefined;
    members.set(name, text.trimEnd());
  }
  return members;
}

/** At the commas that stand in no string, object or list. */
function splitAtTop(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],]/gs)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (token === ',' && depth === 0) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
